// Reads one compose file: YAML with anchors, merge keys and compose's two tags, variables filled in, held against the
// specification's own schema.
import { type Document, isNode, type parseDocument, Scalar, visit } from "yaml";
import type { Path } from "../../../infra/settings/issue.ts";
import { isMap } from "../../../infra/settings/structures.ts";
import { schemaProblems } from "../schema-problems.ts";
import { readDocument, readText } from "../yaml-document.ts";
import { composeFile } from "./form.ts";
import { interpolate, type Lookup } from "./interpolate.ts";
import { wrongFile, wrongFiles } from "./problem.ts";

/** `!reset`: what earlier files say here counts no more. */
export const RESET = Symbol("!reset");

/** `!override`: takes the place of what earlier files say, where it would be merged otherwise. */
export class Override {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/**
 * The tree of a file.
 *
 * @param shown how messages name the file
 * @throws UserError with file and line for what is no compose file
 */
export function readComposeFile(path: string, shown: string, lookup: Lookup): Record<string, unknown> {
  const { document, plain, lineOf } = readDocument(readText(path, shown), shown, {
    version: "1.2",
    tags: /^!(reset|override)\b/,
    plainOf: withoutReset,
  });
  if (plain === null) return {};
  const filled = fill(plain, [], lookup, (where, reason) => wrongFile(shown, lineOf(where), reason));
  // It means nothing any more, and many files have it as a number.
  if (isMap(filled)) delete filled.version;
  const problems = schemaProblems(composeFile, "compose", filled);
  if (problems.length > 0) {
    throw wrongFiles(problems.map((one) => `${shown}:${lineOf(one.path) ?? 1} ${one.reason}`));
  }
  markTags(document);
  return fill(withoutVersion(document.toJS()), [], lookup, (where, reason) =>
    wrongFile(shown, lineOf(where), reason),
  ) as Record<string, unknown>;
}

function withoutVersion(data: Record<string, unknown>): Record<string, unknown> {
  const { version: _, ...rest } = data;
  return rest;
}

/** The data without what `!reset` takes away, which the specification's schema doesn't hold. */
function withoutReset(document: Document): unknown {
  const copy = document.clone();
  const isReset = (node: unknown) => isNode(node) && node.tag === "!reset";
  visit(copy, {
    Pair: (_, { value }) => (isReset(value) ? visit.REMOVE : undefined),
    Node: (key, node) => (typeof key === "number" && isReset(node) ? visit.REMOVE : undefined),
  });
  return copy.toJS();
}

/** Puts marks where the two tags stand. */
function markTags(document: ReturnType<typeof parseDocument>): void {
  visit(document, {
    Node(_, node) {
      if (node.tag === "!reset") return new Scalar(RESET);
      if (node.tag !== "!override") return undefined;
      node.tag = undefined as unknown as string;
      return new Scalar(new Override(node.toJS(document)));
    },
  });
}

/** Every text of a tree with its variables filled in; names stay as they are. */
function fill(
  tree: unknown,
  path: Path,
  lookup: Lookup,
  wrong: (path: Path, reason: string) => Error,
): unknown {
  if (typeof tree === "string") {
    try {
      return interpolate(tree, lookup);
    } catch (error) {
      throw wrong(path, (error as Error).message);
    }
  }
  if (tree instanceof Override) return new Override(fill(tree.value, path, lookup, wrong));
  if (Array.isArray(tree)) return tree.map((each, index) => fill(each, [...path, index], lookup, wrong));
  if (!isMap(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, fill(value, [...path, key], lookup, wrong)]),
  );
}
