// Compares secrets that each stack must have for itself: a bot's token in two environments would make one bot of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import {
  type Setting,
  type Settings,
  type StackSettings,
  type SystemSettings,
  settingsOf,
} from "../settings/define.ts";
import { type Issue, setSecret } from "../settings/issue.ts";
import { metaOf } from "../settings/kind.ts";
import { isMap } from "../settings/structures.ts";
import type { Project } from "./project-file.ts";
import { decrypt, keyOf, passphrase } from "./pulumi-cipher.ts";
import { stacksIn } from "./stack-file.ts";
import { isSecure, ownKey } from "./stack-keys.ts";

/** The encrypted values of a stack file, by key. */
interface Sealed {
  stack: string;
  salt: string | undefined;
  values: Map<string, string>;
}

/**
 * Secrets marked `unique` that another stack has as well, also under another key. Both are decrypted with the passphrase
 * of this machine, and only if both have one; where that can't be done, a warning says so.
 */
export async function sameSecrets(
  folder: string,
  project: Project,
  stack: string,
  settings: StackSettings,
): Promise<Issue[]> {
  const system = settingsOf(settings, stack);
  const keys = secrets(system);
  const clashes = (key: string, other: string) => isUnique(system, key) || isUnique(system, other);
  const own = sealed(folder, project, stack, keys);
  const others = stacksIn(join(folder, project.stackConfigDir))
    .filter((other) => other !== stack && settingsOf(settings, other) === system)
    .map((other) => sealed(folder, project, other, keys))
    .filter((other) =>
      [...own.values.keys()].some((key) => [...other.values.keys()].some((theirs) => clashes(key, theirs))),
    );
  if (others.length === 0) return [];
  const mine = await opened(own);
  const issues = await Promise.all(
    others.map(async (other) => {
      const theirs = await opened(other);
      return mine === undefined || theirs === undefined
        ? notCompared(system, own, other)
        : compare(mine, theirs, other.stack, clashes);
    }),
  );
  return issues.flat();
}

function secrets({ keys }: SystemSettings<Settings>): string[] {
  return Object.keys(keys).filter((key) => metaOf((keys[key] as Setting).schema).secret);
}

function isUnique({ keys }: SystemSettings<Settings>, key: string): boolean {
  return keys[key]?.unique === true;
}

/** The secrets that can't be compared here. */
function notCompared(system: SystemSettings<Settings>, own: Sealed, other: Sealed): Issue[] {
  const common = [...own.values.keys()].filter((key) => isUnique(system, key) && other.values.has(key));
  return common.map((key): Issue => {
    const reason = `can't be compared with that of ${other.stack}: another passphrase encrypted one of them`;
    return { problem: "not-compared", path: [key], reason, mend: [setSecret([key])], severity: "warning" };
  });
}

function compare(
  mine: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
  stack: string,
  clashes: (key: string, other: string) => boolean,
): Issue[] {
  return [...mine].flatMap(([key, value]): Issue[] => {
    const [other] = [...theirs].find(([name, text]) => text === value && clashes(key, name)) ?? [];
    if (other === undefined) return [];
    const which = other === key ? "the same secret as in" : `the same secret as ${other} in`;
    const reason = `is ${which} ${stack}: each stack needs its own`;
    return [{ problem: "same-as-other-stack", path: [key], reason, mend: [setSecret([key])] }];
  });
}

function sealed(folder: string, project: Project, stack: string, keys: string[]): Sealed {
  const values = new Map<string, string>();
  const empty: Sealed = { stack, salt: undefined, values };
  let data: unknown;
  try {
    data = parse(readFileSync(join(folder, project.stackConfigDir, `Pulumi.${stack}.yaml`), "utf8"));
  } catch {
    // What is wrong with a file is said where it is checked.
    return empty;
  }
  if (!isMap(data) || !isMap(data.config)) return empty;
  for (const [name, value] of Object.entries(data.config)) {
    const key = ownKey(name, project.name);
    if (key !== undefined && keys.includes(key) && isSecure(value)) values.set(key, value.secure);
  }
  return { stack, salt: typeof data.encryptionsalt === "string" ? data.encryptionsalt : undefined, values };
}

/** The values in plain text; undefined where they can't be read here. */
async function opened({ salt, values }: Sealed): Promise<Map<string, string> | undefined> {
  const phrase = passphrase();
  if (salt === undefined || phrase === undefined) return undefined;
  const key = await keyOf(salt, phrase);
  try {
    return new Map([...values].map(([name, value]) => [name, decrypt(value, key)]));
  } catch {
    return undefined;
  }
}
