// `env` of Kamal: what is clear stands in the file, what is secret is named there and has its value from `.kamal/secrets`.
import { isMap } from "../../../infra/settings/structures.ts";
import { unknownValue } from "../compose/interpolate.ts";
import { mapOf } from "../compose/load.ts";
import { ENV_KEYS } from "./form.ts";
import type { Tree } from "./read.ts";
import type { KamalSecrets } from "./secrets.ts";

/** Variables with their values. */
export interface Variables {
  environment: Record<string, string>;
  /** Those that are secret. */
  secretNames: string[];
}

/** The later tables over the earlier ones. @param missing gets why a value isn't known */
export function variablesIn(
  tables: readonly unknown[],
  secrets: KamalSecrets,
  missing: Map<string, string>,
): Variables {
  const clear = new Map<string, string>();
  const secret = new Map<string, string>();
  for (const table of tables.filter(isMap)) {
    for (const [name, value] of Object.entries(clearOf(table))) clear.set(name, textOf(value, missing));
    for (const entry of Array.isArray(table.secret) ? table.secret.map(String) : []) {
      // NAME:SECRET is a secret of another name.
      const [name = "", source = name] = entry.split(":", 2);
      secret.set(name, secrets.valueFor(source));
    }
  }
  // Docker takes the values of the command line before those of a file.
  return {
    environment: Object.fromEntries([...secret, ...clear]),
    secretNames: [...secret.keys()].filter((name) => !clear.has(name)),
  };
}

/** The values that stand in a table. */
function clearOf(table: Tree): Tree {
  const isPlain = !ENV_KEYS.some((key) => Object.hasOwn(table, key));
  return isPlain ? table : mapOf(table.clear);
}

/** A value as the container gets it: what the host's shell would fill in isn't known. */
function textOf(value: unknown, missing: Map<string, string>): string {
  return String(value ?? "").replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    if (!missing.has(name)) missing.set(name, "the shell of the Docker host fills it in");
    return unknownValue(name);
  });
}
