// Where each variable of a service goes: what follows from a component and what both environments have in common into the
// topology, what differs into the stack files, what is secret encrypted and never into the topology.
import { variableNameProblem } from "../../infra/settings/variables.ts";
import { namesHost } from "./callers.ts";
import type { Commands } from "./commands.ts";
import { shownUnknown, unknownIn } from "./compose/interpolate.ts";
import { shownName } from "./compose/problem.ts";
import { type Expression, expressionFor, type Server, uses, withOpenQuery } from "./connections.ts";
import { isLikelySecret } from "./likely-secret.ts";
import type { Notes } from "./notes.ts";
import { type PairedService, type PerStack, STACKS, type Stack } from "./pair.ts";
import type { SecretValues } from "./secret-values.ts";

/** A service's variables, sorted. */
export interface Variables {
  /** In the topology: TypeScript by name. */
  environment: Record<string, string>;
  secrets: Record<string, string>;
  /** In the stack files: plain values, and values to encrypt. */
  plain: Record<Stack, Record<string, string>>;
  sealed: Record<Stack, Record<string, string>>;
  /** The topology needs the function that reads a URL's password. */
  needsPassword: boolean;
  /** Components that it leads to. */
  servers: Server["kind"][];
}

/** What the variables of all services are sorted with. */
export interface Surroundings {
  servers: readonly Server[];
  /** Whose login a service gets at the database. */
  login: "url" | "ownerUrl";
  /** Other applications that keep none of their names, by the names that compose gives them. */
  others: ReadonlyMap<string, string>;
  commands: Commands;
  secretValues: SecretValues;
  /** Why a variable has no value, by its name, in each environment. */
  missing: Record<Stack, ReadonlyMap<string, string>>;
}

/** Sorts the variables of a service. */
export function variablesOf(service: PairedService, around: Surroundings, notes: Notes): Variables {
  const { role, main, by } = service;
  const result: Variables = {
    environment: {},
    secrets: {},
    plain: { staging: {}, production: {} },
    sealed: { staging: {}, production: {} },
    needsPassword: false,
    servers: around.servers.filter((server) => uses(main, server)).map(({ kind }) => kind),
  };
  const names = new Set(STACKS.flatMap((stack) => Object.keys(by[stack]?.environment ?? {})));
  for (const name of [...names].sort()) {
    const values: PerStack<string> = Object.fromEntries(
      STACKS.flatMap((stack) => {
        const value = by[stack]?.environment[name];
        return value === undefined ? [] : [[stack, value]];
      }),
    );
    if (variableNameProblem(name) !== undefined) {
      notes.left(role, `the variable ${JSON.stringify(shownName(name))}: no variable can be called so`);
      continue;
    }
    const isSaid = STACKS.some((stack) => by[stack]?.secretNames?.includes(name) === true);
    const open = isSaid
      ? Object.fromEntries(Object.entries(values).map(([stack, value]) => [stack, withOpenQuery(value)]))
      : values;
    const expression = connection(name, open, service, around);
    if (expression !== undefined) {
      if (STACKS.some((stack) => open[stack] !== values[stack]))
        notes.decide(
          role,
          `${name} is secret, and has parameters behind its address that are not known here: they were left out, so that none stands in the topology. Add those that are no secret there`,
        );
      result[expression.secret ? "secrets" : "environment"][name] = expression.code;
      result.needsPassword ||= expression.needsPassword ?? false;
      continue;
    }
    place(name, values, service, around, notes, result);
  }
  return result;
}

function connection(
  name: string,
  values: PerStack<string>,
  { main }: PairedService,
  { servers, login }: Surroundings,
): Expression | undefined {
  for (const server of servers) {
    const found = uses(main, server) ? expressionFor(name, values, server, login) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A variable that follows from nothing. */
function place(
  name: string,
  values: PerStack<string>,
  { role, by }: PairedService,
  around: Surroundings,
  notes: Notes,
  result: Variables,
): void {
  const stacks = STACKS.filter((stack) => by[stack] !== undefined);
  const given = stacks.filter((stack) => values[stack] !== undefined);
  const known = given.filter((stack) => unknownIn(values[stack] ?? "").length === 0);
  const secret = given.some((stack) => {
    const value = values[stack] ?? "";
    const said = by[stack]?.secretNames?.includes(name) === true;
    return said || isLikelySecret(name, value) || around.secretValues.isIn(value);
  });
  for (const stack of given.filter((one) => !known.includes(one))) {
    const missing = missingIn(values[stack] ?? "", secret || isLikelySecret(name, "x"));
    const [why] = unknownIn(values[stack] ?? "").flatMap((one) => around.missing[stack].get(one) ?? []);
    notes.decide(
      role,
      why === undefined
        ? `${name} of ${stack} hangs on ${missing}, which no file gives a value`
        : `${name} of ${stack} has no value: ${why}`,
      secret || isLikelySecret(name, "x")
        ? around.commands.setSecret(stack, ["secrets", role, name])
        : around.commands.set(stack, ["environment", role, name], "value"),
    );
  }
  const [first] = known;
  const value = first === undefined ? undefined : values[first];
  const isSame =
    value !== undefined && known.length === stacks.length && known.every((one) => values[one] === value);
  const texts = known.map((stack) => values[stack] ?? "");
  tellOfNeighbours(name, texts, secret, role, around, notes);
  if (secret) {
    placeSecret(name, values, known, role, around, notes, result);
    return;
  }
  if (isSame) result.environment[name] = JSON.stringify(value);
  else for (const stack of known) result.plain[stack][name] = values[stack] ?? "";
}

/** What has no value, by name. In a secret a `$` may be its own, and what stands behind it a part of it. */
function missingIn(value: string, secret: boolean): string {
  const shown = unknownIn(value).map((one) =>
    secret && !/^[A-Z][A-Z0-9_]{2,}$/.test(one) ? "a variable ($ stands for itself as $$)" : `\${${one}}`,
  );
  return [...new Set(shown)].join(", ");
}

/** A secret that both environments have is production's: a guard refuses it in staging. */
function placeSecret(
  name: string,
  values: PerStack<string>,
  known: readonly Stack[],
  role: string,
  around: Surroundings,
  notes: Notes,
  result: Variables,
): void {
  const isShared =
    known.length === STACKS.length && values.staging === values.production && values.staging !== "";
  if (isShared) {
    notes.decide(
      role,
      `${name} is the same secret in both environments, and was written for production only: issue staging one of its own`,
      around.commands.setSecret("staging", ["secrets", role, name]),
    );
  }
  for (const stack of known.filter((one) => !isShared || one === "production")) {
    const value = values[stack] ?? "";
    // No secret is empty, and an empty value is none.
    if (value === "") result.plain[stack][name] = "";
    else result.sealed[stack][name] = value;
  }
}

/** A service that the gateway leads to isn't known by compose's name here. */
function tellOfNeighbours(
  name: string,
  values: readonly string[],
  secret: boolean,
  role: string,
  { others }: Surroundings,
  notes: Notes,
): void {
  for (const [host, other] of others) {
    if (other === role) continue;
    const hit = values.find((value) => namesHost(value, host));
    if (hit === undefined) continue;
    const now = secret ? "" : ` (it is ${JSON.stringify(shownUnknown(hit))} now)`;
    notes.decide(
      role,
      `${name} names the service ${other} by ${notes.origin.tool}'s name ${host}, which nothing answers to here: give it the hostname under which the gateway leads to ${other}${now}`,
    );
  }
}
