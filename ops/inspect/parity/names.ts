// Takes out of a text what belongs to one environment: its name, and the values of settings that may differ.
import { literally } from "../../../lib/literally.ts";
import type { ResolvedStack } from "./resolved.ts";

/** Numbers below this mean too many things to stand for one setting. */
const LEAST_NUMBER = 1_000;

type Replacement = readonly [text: string, by: string];

/** Letters of an abbreviation of an environment's name, such as `prod`. */
const LEAST_LETTERS = 3;

/** What stands in the place of a setting's value; one that is or abbreviates the environment's name counts as that name. */
function placeholder(key: string, value: string, stack: string): string {
  return value.length >= LEAST_LETTERS && stack.startsWith(value) ? "<environment>" : `<${key}>`;
}

/** Names of images, each with what it stands for: the same image under a tag and, promoted, by its id is the same. */
export function imageNames({ resources }: ResolvedStack): Replacement[] {
  return resources.flatMap(({ inputs: { reference, imageId } }): Replacement[] =>
    typeof reference === "string" && typeof imageId === "string" && imageId !== ""
      ? [[reference, imageId]]
      : [],
  );
}

/** What is this environment's alone: nobody else would have it by chance. */
function ownNames({ system, stack, settings, parity }: ResolvedStack): Replacement[] {
  const values = Object.keys(parity.settings).flatMap((key): Replacement[] => {
    const value = settings[key];
    return typeof value === "string" && /\w[._-]\w/.test(value) ? [[value, `<${key}>`]] : [];
  });
  const names = [`${system}_${stack}`, `${system.replaceAll("-", "_")}_${stack}`];
  return [...values, ...names.map((name): Replacement => [name, "<environment>"])];
}

/** What may be this environment's, or a word or number that others use as well. */
function commonNames({ stack, settings, parity }: ResolvedStack): Replacement[] {
  const values = Object.keys(parity.settings).flatMap((key): Replacement[] => {
    const value = settings[key];
    const usable = (typeof value === "string" && value !== "") || Number(value) >= LEAST_NUMBER;
    if (!usable || typeof value === "boolean") return [];
    return [[String(value), placeholder(key, String(value), stack)]];
  });
  return [...values, [stack, "<environment>"]];
}

function replacing(replacements: Replacement[]): (text: string) => string {
  // The longest first: a hostname may hold the environment's name.
  const all = replacements.toSorted(([one], [other]) => other.length - one.length);
  const table = new Map(all.toReversed());
  const either = all.map(([text]) => literally(text)).join("|");
  const pattern = new RegExp(`(?<![A-Za-z0-9])(?:${either})(?![A-Za-z0-9])`, "g");
  return (text) =>
    text
      .replaceAll(pattern, (found) => table.get(found) ?? found)
      // What the engine adds to the name of a container that may run beside its successor.
      .replaceAll(/(<\w+>[\w-]*)-[0-9a-f]{7}\b/g, "$1-<suffix>");
}

/** Puts `<environment>` and `<setting>` in the place of the names and values that can be the environment's own only. */
export function withoutOwnNames(stack: ResolvedStack): (text: string) => string {
  return replacing(ownNames(stack));
}

/** The same, and for words, numbers and names of images that may be the environment's own. */
export function neutral(stack: ResolvedStack): (text: string) => string {
  return replacing([...ownNames(stack), ...commonNames(stack), ...imageNames(stack)]);
}

/** The same for a resource's logical name, which is better to read without its environment. */
export function neutralName(stack: ResolvedStack): (name: string) => string {
  const all = neutral(stack);
  return (name) => all(name).replace(/^<environment>[_-](?=.*-\d)/, "");
}
