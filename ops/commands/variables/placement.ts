// Which variables of a file go where: plain, encrypted, or nowhere since they are there already.
import { credentialIn, isCredentialName } from "../../../infra/settings/credential.ts";
import type { VariablesKey } from "../../../infra/settings/variables.ts";
import type { EnvEntry } from "./env-file.ts";

/** A variable as it stands in the stack file. */
export interface Existing {
  under: VariablesKey;
  /** Its value; undefined where it is encrypted and can't be read here. */
  value: string | undefined;
}

/** What the command was told of single variables. */
export interface Told {
  /** Encrypt these. */
  secret: readonly string[];
  /** Leave these plain. */
  plain: readonly string[];
  /** Give those that have another value the new one. */
  overwrite: boolean;
}

/** A variable and where it goes. */
export interface Placed extends EnvEntry {
  under: VariablesKey;
  /** Why it is encrypted. */
  because?: string;
  /** It is there already, just so. */
  unchanged: boolean;
}

/**
 * Sorts the variables of a file.
 *
 * @param existing those that the stack gives the service already, by name
 * @returns each with its place, and all that speaks against it, by name and never by value
 */
export function placeVariables(
  entries: readonly EnvEntry[],
  existing: ReadonlyMap<string, Existing>,
  told: Told,
): { placed: Placed[]; problems: string[] } {
  const names = entries.map(({ name }) => name);
  const placed = entries.map((entry) => place(entry, existing.get(entry.name), told));
  const missing = [...told.secret, ...told.plain].filter((name) => !names.includes(name));
  const both = told.secret.filter((name) => told.plain.includes(name));
  return {
    placed,
    problems: [
      ...missing.map((name) => `${name}: --secret or --plain names it, and the file doesn't have it`),
      ...both.map((name) => `${name}: stands after --secret and after --plain`),
      ...placed.flatMap((one) => problemOf(one, existing.get(one.name), told)),
    ],
  };
}

function place(entry: EnvEntry, before: Existing | undefined, { secret, plain }: Told): Placed {
  // What somebody encrypted stays so, unless the command says otherwise.
  const kept = before?.under === "secrets" && entry.value !== "" ? "as it is there" : undefined;
  const because = plain.includes(entry.name) ? undefined : (whySecret(entry, secret) ?? kept);
  const under = because === undefined ? "environment" : "secrets";
  const unchanged = before?.under === under && before.value === entry.value;
  return { ...entry, under, unchanged, ...(because === undefined ? {} : { because }) };
}

function whySecret({ name, value }: EnvEntry, secret: readonly string[]): string | undefined {
  if (secret.includes(name)) return "as told";
  if (value === "") return undefined;
  return credentialIn(value) ?? (isCredentialName(name) ? "by its name" : undefined);
}

function problemOf(
  { name, line, value, under, unchanged }: Placed,
  before: Existing | undefined,
  told: Told,
): string[] {
  const where = `line ${line}: ${name}`;
  const credential = under === "environment" ? credentialIn(value) : undefined;
  if (credential !== undefined) return [`${where} holds ${credential}, and can't be plain`];
  if (under === "secrets" && value === "") return [`${where} is empty, and no secret is`];
  if (before === undefined || unchanged || told.overwrite) return [];
  if (before.under !== under) {
    return [
      `${where} stands under ${before.under} already, and would go under ${under}; --overwrite moves it`,
    ];
  }
  const known =
    before.value === undefined
      ? "already, with a value that can't be read here"
      : "already, with another value";
  return [`${where} stands under ${under} ${known}; --overwrite gives it this one`];
}
