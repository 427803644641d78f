// Compose's `secrets` and `configs`: a secret becomes a setting that is encrypted, a config a file of the repository.
import { readFileSync, statSync } from "node:fs";
import type { Commands } from "./commands.ts";
import { unknownIn } from "./compose/interpolate.ts";
import { mapOf } from "./compose/load.ts";
import { beside } from "./literal.ts";
import type { Notes } from "./notes.ts";
import { type Pair, type PairedService, type PerStack, STACKS, variableFor } from "./pair.ts";

/** A secret that a service reads as a file. */
export interface FileSecret {
  /** Key of the setting. */
  key: string;
  path: string;
  values: PerStack<string>;
}

/** Those of a service. */
export function fileSecrets(
  service: PairedService,
  { projects }: Pair,
  notes: Notes,
  commands: Commands,
): FileSecret[] {
  const { main, role } = service;
  return main.files.flatMap(({ kind, name, path }): FileSecret[] => {
    if (kind === "config") {
      notes.decide(
        role,
        `the config ${name} at ${path}: name its file`,
        `files: { ${JSON.stringify(path)}: readFileSync(${beside("your-file")}, "utf8") }`,
      );
      return [];
    }
    const key = keyOf(
      name,
      STACKS.flatMap((stack) => Object.keys(projects[stack].secrets)),
    );
    const values: PerStack<string> = {};
    for (const stack of STACKS) {
      const value = textOf(mapOf(projects[stack].secrets[name]), projects[stack].variables);
      if (value !== undefined && value !== "") values[stack] = value;
    }
    if (values.staging !== undefined && values.staging === values.production) {
      delete values.staging;
      notes.decide(
        role,
        `the secret ${name} is the same in both environments, and was written for production only: issue staging one of its own`,
      );
    }
    for (const stack of STACKS.filter((one) => values[one] === undefined && service.by[one] !== undefined)) {
      notes.decide(role, `the secret ${name} has no value for ${stack}`, commands.setSecret(stack, [key]));
    }
    return [{ key, path, values }];
  });
}

/** The setting of a secret: `api-key` and `api_key` are two, and have one each; `key-1` and `key1` too. */
function keyOf(name: string, all: readonly string[]): string {
  const plain = (one: string) =>
    variableFor(
      one
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^[^a-z]+|-+$/g, "") || "file",
    );
  const alike = [...new Set(all)].filter((one) => plain(one) === plain(name)).toSorted();
  const place = alike.indexOf(name);
  // No other name ends in a number after this word.
  return `${plain(name)}Secret${place > 0 ? place + 1 : ""}`;
}

function textOf(
  { file, environment }: Record<string, unknown>,
  variables: ReadonlyMap<string, string>,
): string | undefined {
  if (typeof environment === "string") return variables.get(environment);
  if (typeof file !== "string" || unknownIn(file).length > 0) return undefined;
  try {
    // A folder, a pipe or what may not be read has no value here: the page asks for it.
    return statSync(file).isFile() ? readFileSync(file, "utf8").replace(/\r?\n$/, "") : undefined;
  } catch {
    return undefined;
  }
}
