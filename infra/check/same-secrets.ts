// Compares secrets that each stack must have for itself: a bot's token in two environments would make one bot of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Settings, type StackSettings, type SystemSettings, settingsOf } from "../settings/define.ts";
import { type Issue, type Path, setSecret } from "../settings/issue.ts";
import { metaOf } from "../settings/kind.ts";
import { isMap } from "../settings/structures.ts";
import type { Project } from "./project-file.ts";
import { decrypt, keyOf, passphrase } from "./pulumi-cipher.ts";
import { stacksIn } from "./stack-file.ts";
import { ownKey, type Sealed, withoutCiphers } from "./stack-keys.ts";
import { SHARED_VARIABLES_KEY, sharedName, sharedVariables } from "./variable-guards.ts";

/** The encrypted values of a stack file. */
interface StackSecrets {
  stack: string;
  salt: string | undefined;
  values: Sealed[];
}

/** A secret as it can be read here. */
interface Opened {
  path: Path;
  text: string;
}

/**
 * Secrets that another stack has as well, also under another name: those marked `unique`, and variables that no stack names
 * as shared. Both are decrypted with the passphrase of this machine, and only if both have one; where that can't be done, a
 * warning says so.
 */
export async function sameSecrets(
  folder: string,
  project: Project,
  stack: string,
  settings: StackSettings,
  foreign: ReadonlyMap<string, unknown>,
): Promise<Issue[]> {
  const system = settingsOf(settings, stack);
  const shared = sharedVariables(foreign);
  // A variable that this stack says is shared may be what it wants; that of another stack is for that one's own check.
  const clashes = (mine: Path, theirs: Path) =>
    isVariable(mine)
      ? !shared.includes(sharedName(mine))
      : isUnique(system, mine) || (!isVariable(theirs) && isUnique(system, theirs));
  const own = secretsIn(folder, project, stack, system);
  const others = stacksIn(join(folder, project.stackConfigDir))
    .filter((other) => other !== stack && settingsOf(settings, other) === system)
    .map((other) => secretsIn(folder, project, other, system))
    .filter((other) =>
      own.values.some((mine) => other.values.some((theirs) => clashes(mine.path, theirs.path))),
    );
  if (others.length === 0) return [];
  const mine = await opened(own);
  const issues = await Promise.all(
    others.map(async (other) => {
      const theirs = await opened(other);
      return mine === undefined || theirs === undefined
        ? notCompared(own, other, clashes)
        : compare(mine, theirs, other.stack, clashes);
    }),
  );
  return issues.flat();
}

type Clashes = (mine: Path, theirs: Path) => boolean;

/** A secret variable of a service, and not a setting that is secret as a whole. */
const isVariable = (path: Path) => path.length > 1;

function isUnique({ keys }: SystemSettings<Settings>, [key]: Path): boolean {
  return keys[String(key)]?.unique === true;
}

/** The secrets that can't be compared here; of variables, which may be many, this is said once. */
function notCompared(own: StackSecrets, other: StackSecrets, clashes: Clashes): Issue[] {
  const name = (path: Path) => JSON.stringify(path);
  const theirs = new Set(other.values.map(({ path }) => name(path)));
  const common = own.values.filter(({ path }) => theirs.has(name(path)) && clashes(path, path));
  const variable = common.find(({ path }) => isVariable(path));
  return common
    .filter((one) => !isVariable(one.path) || one === variable)
    .map(({ path }): Issue => {
      const what = isVariable(path)
        ? "and the other secret variables can't be compared with those"
        : "can't be compared with that";
      const reason = `${what} of ${other.stack}: another passphrase encrypted one of them`;
      return { problem: "not-compared", path, reason, fix: [setSecret(path)], severity: "warning" };
    });
}

function compare(mine: Opened[], theirs: Opened[], stack: string, clashes: Clashes): Issue[] {
  return mine.flatMap(({ path, text }): Issue[] => {
    const other = theirs.find((one) => one.text === text && clashes(path, one.path));
    if (other === undefined) return [];
    const name = other.path.join(".");
    const which = name === path.join(".") ? "the same secret as in" : `the same secret as ${name} in`;
    const word = isVariable(path)
      ? `each stack needs its own; if it is meant, ${SHARED_VARIABLES_KEY} says so with ${sharedName(path)}`
      : "each stack needs its own";
    const reason = `is ${which} ${stack}: ${word}`;
    return [{ problem: "same-as-other-stack", path, reason, fix: [setSecret(path)] }];
  });
}

function secretsIn(
  folder: string,
  project: Project,
  stack: string,
  { keys }: SystemSettings<Settings>,
): StackSecrets {
  const values: Sealed[] = [];
  const empty: StackSecrets = { stack, salt: undefined, values };
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
    const schema = key !== undefined && Object.hasOwn(keys, key) ? keys[key]?.schema : undefined;
    if (key === undefined || schema === undefined) continue;
    const meta = metaOf(schema);
    const found: Sealed[] = [];
    withoutCiphers(value, [key], found);
    // Of a setting the value as a whole; of variables each by itself.
    const depth = meta.variables?.secret ? 3 : meta.secret ? 1 : 0;
    values.push(...found.filter(({ path }) => path.length === depth));
  }
  return { stack, salt: typeof data.encryptionsalt === "string" ? data.encryptionsalt : undefined, values };
}

/** The values in plain text; undefined where they can't be read here. */
async function opened({ salt, values }: StackSecrets): Promise<Opened[] | undefined> {
  const phrase = passphrase();
  if (salt === undefined || phrase === undefined) return undefined;
  const key = await keyOf(salt, phrase);
  try {
    return values.map(({ path, cipher }) => ({ path, text: decrypt(cipher, key) }));
  } catch {
    return undefined;
  }
}
