// Variables that the stack gives a service besides those that the topology sets: no topology names them.
import * as pulumi from "@pulumi/pulumi";
import type { AppServiceArgs } from "./app-service.ts";

/** What of a component's arguments holds variables. */
export type VariableArgs = Pick<AppServiceArgs, "environment" | "secrets" | "migration" | "secretsAs">;

/** Values by name. */
type Table<T> = Readonly<Record<string, T>>;

/** Variables by service and name, as the environment carries them. */
export interface GivenVariables {
  /** Plain ones. @default none */
  environment?: Table<Table<pulumi.Input<string>> | undefined> | undefined;
  /** Secret ones. @default none */
  secrets?: Table<Table<pulumi.Input<string>> | undefined> | undefined;
  /** Command that takes one out again, for error messages. */
  removeCommand?: (kind: "environment" | "secrets", service: string, name: string) => string;
}

/** What there is for each service, and which services took theirs. */
export class ServiceVariables {
  readonly #given: GivenVariables;
  readonly #taken = new Set<string>();

  constructor(given: GivenVariables = {}) {
    this.#given = given;
  }

  /**
   * The arguments of a service with what the stack gives it.
   *
   * @throws pulumi.RunError for a variable that the topology sets itself: which of the two is meant is nobody's guess.
   */
  addTo<T extends VariableArgs>(service: string, args: T, kind = "AppService"): T {
    this.#taken.add(service);
    const environment = this.#given.environment?.[service] ?? {};
    const secrets = this.#given.secrets?.[service] ?? {};
    if (Object.keys({ ...environment, ...secrets }).length === 0) return args;
    const lines = (["environment", "secrets"] as const).flatMap((kind) =>
      Object.keys(this.#given[kind]?.[service] ?? {}).flatMap((name) => {
        const setBy = setIn(name, args);
        if (setBy === undefined) return [];
        const remove = this.#given.removeCommand?.(kind, service, name);
        const fix = remove === undefined ? "" : `; take it out: ${remove}`;
        return [`${name} of the stack's ${kind} is set by the topology as well, in ${setBy}${fix}`];
      }),
    );
    if (lines.length > 0) throw new pulumi.RunError(`${kind} '${service}': ${lines.join("\n  ")}`);
    return {
      ...args,
      environment: { ...args.environment, ...environment },
      secrets: { ...args.secrets, ...secrets },
    };
  }

  /** Services that the stack names and the topology doesn't have: their variables would arrive nowhere. */
  untaken(): string[] {
    const { environment = {}, secrets = {} } = this.#given;
    const named = [environment, secrets].flatMap((table) =>
      Object.keys(table).filter((service) => Object.keys(table[service] ?? {}).length > 0),
    );
    return [...new Set(named)].filter((service) => !this.#taken.has(service));
  }
}

/** Where the topology sets a variable, if it does. */
function setIn(
  name: string,
  { environment, secrets, migration, secretsAs }: VariableArgs,
): string | undefined {
  if (Object.hasOwn(environment ?? {}, name)) return "environment";
  if (Object.hasOwn(secrets ?? {}, name)) return "secrets";
  if (Object.hasOwn(migration?.secrets ?? {}, name)) return "migration.secrets";
  const file = secretsAs === "files" && name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : undefined;
  const named = file !== undefined && Object.hasOwn({ ...secrets, ...migration?.secrets }, file);
  return named ? `secrets, as the file of ${file}` : undefined;
}
