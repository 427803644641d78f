// Reads one of Kamal's files: within its folder, without Ruby, as YAML 1.1 as Ruby does, held against the form that Kamal gives it.
import { relative } from "node:path";
import { isMap } from "../../../infra/settings/structures.ts";
import { wrongFile, wrongFiles } from "../compose/problem.ts";
import { type SchemaProblem, schemaProblems } from "../schema-problems.ts";
import { isWithin } from "../within.ts";
import { readDocument, readText } from "../yaml-document.ts";
import { withoutErb } from "./erb.ts";
import { kamalFile } from "./form.ts";

/** Keys by name. */
export type Tree = Record<string, unknown>;

/** One file. */
export interface KamalFile {
  tree: Tree;
  /** Why a value isn't known, by its name. */
  missing: ReadonlyMap<string, string>;
  /** What of the file isn't read, in words, with the line. */
  unread: string[];
}

/**
 * Reads it.
 *
 * @param root folder of the project, which no file may lead out of
 * @throws UserError with file and line for what is none of Kamal's files
 */
export function readKamalFile(root: string, path: string): KamalFile {
  const shown = relative(root, path) || path;
  const { text, missing, left } = withoutErb(textWithin(root, path), shown);
  const { plain, lineOf } = readDocument(text, shown, { version: "1.1" });
  if (plain === null) return { tree: {}, missing, unread: [] };
  if (!isMap(plain)) throw wrongFile(shown, 1, "is no map of keys, as Kamal's files are");
  const tree = Object.fromEntries(Object.entries(plain).filter(([key]) => !key.startsWith("x-")));
  const problems = schemaProblems(kamalFile, "Kamal", tree);
  const place = ({ path: where }: SchemaProblem) => `${shown}:${lineOf(where) ?? 1}`;
  const wrong = problems.filter(({ isUnknownKey }) => isUnknownKey !== true);
  if (wrong.length > 0) throw wrongFiles(wrong.map((one) => `${place(one)} ${one.reason}`));
  const unread = [
    ...problems.map((one) => `${place(one)} ${one.reason}: it is not taken`),
    ...left.map((line) => `${shown}:${line} runs Ruby (<% … %>), which an import never does`),
  ];
  return { tree, missing, unread };
}

/** The text of a file that lies in the project, wherever links lead. */
export function textWithin(root: string, path: string): string {
  const shown = relative(root, path) || path;
  if (!isWithin(root, path)) {
    throw wrongFile(shown, undefined, "leads out of the folder that is imported");
  }
  return readText(path, shown);
}

/** The later file over the earlier one, as Kamal does it: maps key by key, all else as a whole. */
export function mergedOver(earlier: Tree, later: Tree): Tree {
  const result: Tree = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    const before = Object.hasOwn(result, key) ? result[key] : undefined;
    Object.defineProperty(result, key, {
      value: isMap(before) && isMap(value) ? mergedOver(before, value) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result;
}
