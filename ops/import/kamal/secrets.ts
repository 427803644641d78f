// What `.kamal/secrets` gives: values that stand there, or in a variable of this shell. A command in it is never run, since it may be
// anything, and may ask a password manager for what nobody is to see.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { readDotenv } from "../compose/dotenv.ts";
import { unknownIn, unknownValue } from "../compose/interpolate.ts";
import { wrongFile } from "../compose/problem.ts";
import { isWithin } from "../within.ts";
import { textWithin } from "./read.ts";

/** The secrets of a destination. */
export interface KamalSecrets {
  /** The value of a secret; a mark where there is none. */
  valueFor(name: string): string;
  /** Why one has no value, by its name. */
  missing: Map<string, string>;
  /** Variables of the shell that gave a value, by the secret's name. */
  fromShell: Map<string, string>;
  /** Files that were read. */
  files: string[];
}

/** What to read. */
export interface SecretsSource {
  root: string;
  /** `secrets_path`; from the root. */
  path: string;
  destination: string | undefined;
  /** Gives a variable of the shell. */
  shell: (name: string) => string | undefined;
}

/** Reads them, the destination's over the common ones. */
export function secretsOf({ root, path, destination, shell }: SecretsSource): KamalSecrets {
  const names = [`${path}-common`, `${path}${destination === undefined ? "" : `.${destination}`}`];
  const inside = (file: string) => isWithin(root, resolve(root, file));
  const files = names.filter((file) => inside(file) && existsSync(resolve(root, file)));
  const values = new Map<string, string>();
  const missing = new Map<string, string>();
  const fromShell = new Map<string, string>();
  for (const file of files) {
    const used = new Set<string>();
    const command = (name: string, line: number) => {
      missing.set(name, `${file}:${line} runs a command for it, which an import never does`);
      return unknownValue(name);
    };
    const lookup = (name: string) => {
      used.add(name);
      return shell(name);
    };
    let read: Map<string, string>;
    try {
      read = readDotenv(textWithin(root, resolve(root, file)), lookup, command);
    } catch (error) {
      throw error instanceof RangeError ? wrongFile(file, undefined, error.message) : error;
    }
    for (const [name, value] of read) {
      values.set(name, value);
      fromShell.delete(name);
      for (const other of used) {
        const given = shell(other) ?? "";
        if (given !== "" && value.includes(given)) fromShell.set(name, other);
      }
      for (const other of unknownIn(value)) {
        if (!missing.has(other))
          missing.set(other, `${file} takes it from the shell's variable ${other}, which isn't set here`);
      }
    }
  }
  const value = (name: string) => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const listed = names.map((file) => (inside(file) ? file : `${file}, which lies outside,`)).join(" and ");
    if (!missing.has(name)) missing.set(name, `neither ${listed} gives it one`.replace(" and ", " nor "));
    return unknownValue(name);
  };
  return { valueFor: value, missing, fromShell, files };
}
