// One more environment variable of a service is one line in a stack file: plain under `environment`, encrypted under
// `secrets`, both by the service's role. Two settings and not one: to the engine a map is secret as a whole as soon as one
// value in it is, so plain ones beside it could neither be shown nor compared.
import { z } from "zod";
import { word } from "../../lib/docker/values.ts";
import { closest } from "./closest.ts";
import { credentialIn } from "./credential.ts";
import { setting } from "./define.ts";
import { describe, type Issue, remove, type Step, setSecret, UP, Wrong } from "./issue.ts";
import { described, report } from "./kind.ts";
import { Secret } from "./secret.ts";
import { isMap } from "./structures.ts";

/** Keys of the two settings. */
export type VariablesKey = "environment" | "secrets";

/** Variables of services, by role and name. */
export type Variables<R extends string = string, T = string> = Partial<Record<R, Record<string, T>>>;

/** Longest name of a variable; no system has a longer one that somebody typed. */
const LONGEST_NAME = 200;

/**
 * Variables that a stack gives its services besides those that the topology sets. AppService takes them from the
 * Environment by its name, so no topology names them.
 *
 * @param roles names of the system's AppServices
 */
export function variableSettings<R extends string>(...roles: [R, ...R[]]) {
  const by = `by role and name; roles: ${roles.join(", ")}.`;
  return {
    environment: setting(variables<R, string>(roles, "environment", plainValue), {
      description: `Further environment variables of a service, ${by}`,
      default: {},
    }),
    secrets: setting(variables<R, Secret>(roles, "secrets", secretValue), {
      description: `The same for secret ones, each value encrypted, ${by}`,
      default: {},
    }),
  };
}

/** What is wrong with the name of a variable, if anything. */
export function variableNameProblem(name: string): string | undefined {
  if (!/^[A-Za-z_][\w.-]*$/.test(name)) {
    return "is no name of a variable: letters, digits, _ . and -, and no digit at the beginning";
  }
  return name.length > LONGEST_NAME ? `has a name of more than ${LONGEST_NAME} characters` : undefined;
}

/** Variables that stand in both: which of them would count is nobody's guess. */
export function variableRules(values: {
  environment?: Variables | undefined;
  secrets?: Variables<string, unknown> | undefined;
}): Issue[] {
  const { environment = {}, secrets = {} } = values;
  return Object.entries(secrets).flatMap(([role, named]) =>
    Object.keys(named ?? {}).flatMap((name): Issue[] => {
      if (!Object.hasOwn(environment[role] ?? {}, name)) return [];
      const path = ["environment", role, name];
      return [
        { problem: "duplicate-key", path, reason: "stands under secrets as well", fix: [remove(path)] },
      ];
    }),
  );
}

type Read<T> = (value: unknown, encrypt: Step[]) => T | Wrong;

function variables<R extends string, T>(
  roles: readonly R[],
  key: VariablesKey,
  read: Read<T>,
): z.ZodType<Variables<R, T>> {
  const schema = z.unknown().transform((value, context): Variables<R, T> => {
    if (!isMap(value)) {
      report(context, [], notA("map of roles", value, [remove()]));
      return z.NEVER;
    }
    const byRole = Object.entries(value).flatMap(([role, named]) => {
      const wrong = roleProblem(role, named, roles);
      if (wrong !== undefined) {
        report(context, [role], wrong);
        return [];
      }
      const entries = Object.entries(named as Record<string, unknown>).flatMap(([name, entry]) => {
        const result = readOne(name, entry, read, [remove(), setSecret([UP, UP, UP, "secrets", role, name])]);
        if (!(result instanceof Wrong)) return [[name, result] as const];
        report(context, [role, name], result);
        return [];
      });
      return [[role, Object.fromEntries(entries)] as const];
    });
    return Object.fromEntries(byRole) as Variables<R, T>;
  });
  return described(schema, {
    kind: "variables",
    type: "object",
    variables: { roles, secret: key === "secrets" },
  });
}

function roleProblem(role: string, named: unknown, roles: readonly string[]): Wrong | undefined {
  if (!roles.includes(role)) {
    const near = closest(role, roles);
    const hint = near === undefined ? `it has ${roles.join(", ")}` : `did you mean ${near}?`;
    return new Wrong("unknown-role", `is no service of this system; ${hint}`, [remove()]);
  }
  if (named instanceof Secret) {
    return new Wrong("wrong-type", "is encrypted as a whole: encrypt each variable by itself", [remove()]);
  }
  return isMap(named) ? undefined : notA("map of variables", named, [remove()]);
}

function readOne<T>(name: string, value: unknown, read: Read<T>, encrypt: Step[]): T | Wrong {
  const problem = variableNameProblem(name);
  return problem === undefined ? read(value, encrypt) : new Wrong("invalid-name", problem, [remove()]);
}

/** Text; also whole numbers and true or false, which `pulumi config set --path` makes of such text. */
function plainValue(value: unknown, encrypt: Step[]): string | Wrong {
  if (value instanceof Secret) {
    const reason = "is encrypted, and stands where plain values do: secret variables stand under secrets";
    return new Wrong("needless-secret", reason, encrypt);
  }
  if (value === null || value === undefined) {
    return new Wrong("empty", 'has no value; an empty text is ""', [remove()]);
  }
  if (typeof value === "boolean" || Number.isSafeInteger(value)) return String(value);
  if (typeof value === "number") {
    return new Wrong("notation", "is a number that may not arrive as it is written: put it in quotes");
  }
  if (typeof value !== "string") return notA("text", value, [remove()]);
  const problem = word(value);
  if (problem !== undefined) return new Wrong("malformed", problem, [remove()]);
  const credential = credentialIn(value);
  if (credential === undefined) return value;
  const reason =
    `holds ${credential}, and a plain variable is shown in previews, reports and comments: set it under secrets, and ` +
    "issue a new one where this one was seen or committed";
  return new Wrong("plain-credential", reason, encrypt);
}

function secretValue(value: unknown): Secret | Wrong {
  if (!(value instanceof Secret)) {
    const reason =
      "is a secret in plain text: encrypt it, and issue a new one where the old one was seen or committed";
    return new Wrong("plain-secret", reason, [setSecret()]);
  }
  const empty = value.known && value.reveal() === "";
  return empty ? new Wrong("empty", "is an empty secret", [setSecret()]) : value;
}

function notA(what: string, value: unknown, fix: Step[]): Wrong {
  return new Wrong("wrong-type", `is ${describe(value)} where a ${what} is expected`, fix);
}
