// Reads a YAML file as the engine would, and says where it is not what it looks like.
import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import type { Path } from "../settings/issue.ts";
import { fileProblem, type Problem } from "./problem.ts";

/** A parsed file. */
export interface YamlFile {
  /** Its content as plain values; undefined if it can't be read. */
  data: unknown;
  problems: Problem[];
  /** Scalars that the engine reads as something else than what they look like. */
  surprises: { path: Path; reason: string; value: string | undefined }[];
  /** Line of the name that a path leads to, or of the nearest name above it. */
  lineOf(path: Path): number | undefined;
}

/** A stack file beyond this is a mistake, and would take long to check. */
const MAX_LENGTH = 1_000_000;

/** What the engine's parser refuses anywhere, even in a comment. */
const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Parses a file. Messages never repeat its content, since that may be a secret. */
export function parseYaml(source: string, file: string): YamlFile {
  if (source.length > MAX_LENGTH) {
    const problem = fileProblem(
      "yaml-syntax",
      { file },
      `has ${source.length} characters: no settings file is so long`,
    );
    return { data: undefined, problems: [problem], surprises: [], lineOf: () => undefined };
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(source, {
    lineCounter,
    merge: true,
    stringKeys: true,
    prettyErrors: false,
    logLevel: "error",
  });
  const line = (offset: number) => Math.max(1, lineCounter.linePos(offset).line);
  const problems = [...document.errors, ...document.warnings].map((error) => {
    const [kind, reason] = explain(error.code, source.slice(error.pos[0], error.pos[0] + 100));
    return fileProblem(kind, { file, line: line(error.pos[0]) }, reason);
  });
  const control = source.search(UNPRINTABLE);
  if (control >= 0) {
    problems.push(
      fileProblem("yaml-syntax", { file, line: line(control) }, "holds an invisible control character"),
    );
  }
  const root = document.contents as Node | null;
  const lineOf = (path: Path) => {
    const offset = offsetOf(root, path);
    return offset === undefined ? undefined : line(offset);
  };
  if (problems.length > 0) return { data: undefined, problems, surprises: [], lineOf };
  try {
    return { data: document.toJS(), problems, surprises: surprisesIn(root), lineOf };
  } catch {
    // Aliases are resolved last: one that leads nowhere, or that multiplies without end.
    const position = { file, line: line(firstAlias(root)) };
    const problem = fileProblem("yaml-alias", position, "has aliases (*name) that can't be resolved");
    return { data: undefined, problems: [problem], surprises: [], lineOf };
  }
}

/** What an error code of the parser means to someone who edits settings. */
export function explain(code: string, at: string): [kind: string, reason: string] {
  switch (code) {
    case "DUPLICATE_KEY": {
      const name = /^["']?([\w.-]+(?::[\w.-]+)*)/.exec(at)?.[1];
      return [
        "duplicate-key",
        `has ${name === undefined ? "a name" : name} twice; one of them would be lost`,
      ];
    }
    case "TAB_AS_INDENT":
      return ["yaml-syntax", "is indented with a tab: YAML wants spaces"];
    case "BAD_INDENT":
      return ["yaml-syntax", "is indented unlike the lines around it"];
    case "BAD_ALIAS":
      return ["yaml-alias", "has an alias (*name) that can't be resolved"];
    case "MULTIPLE_DOCS":
      return ["yaml-syntax", "has several documents (---); only the first would be read"];
    case "NON_STRING_KEY":
      return ["yaml-syntax", "has a name that is no text"];
    case "MISSING_CHAR":
      return [
        "yaml-syntax",
        "lacks a character here: a closing quote or bracket, a comma, or a colon with a space behind it",
      ];
    case "MULTILINE_IMPLICIT_KEY":
    case "BLOCK_AS_IMPLICIT_KEY":
      return [
        "yaml-syntax",
        "is no 'name: value': a colon is missing, doubled, or needs quotes around the value",
      ];
    case "TAG_RESOLVE_FAILED":
      return ["yaml-syntax", "has a tag (!name) that means nothing here"];
    default:
      return ["yaml-syntax", `is no valid YAML here (${code.toLowerCase().replaceAll("_", " ")})`];
  }
}

/** Where the name that a path leads to begins, or the nearest name above it. */
export function offsetOf(root: Node | null, path: Path): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const part of path) {
    if (!isCollection(node)) break;
    const item: unknown = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(part))
      : node.items[Number(part)];
    if (item === undefined) break;
    const named = isPair(item) ? item.key : item;
    offset = (named as Node).range?.[0] ?? offset;
    node = isPair(item) ? item.value : item;
  }
  return offset;
}

/** Where the first alias stands. */
function firstAlias(root: Node | null): number {
  let offset = 0;
  visit(root, {
    Alias(_, node) {
      offset = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

/** Plain scalars that the engine's YAML 1.1 ways turn into something else. */
function surprisesIn(root: Node | null): YamlFile["surprises"] {
  const found: YamlFile["surprises"] = [];
  visit(root, {
    Scalar(key, node, ancestors) {
      if (key === "key" || node.type !== "PLAIN") return;
      const source = node.source ?? "";
      const surprise = surpriseOf(source, node.value);
      if (surprise !== undefined) found.push({ path: pathOf([...ancestors, node]), ...surprise });
    },
  });
  return found;
}

function surpriseOf(
  source: string,
  value: unknown,
): { reason: string; value: string | undefined } | undefined {
  if (/^\d{4}-\d\d?-\d\d?([Tt\s].*)?$/.test(source)) {
    return { reason: `${source} is read as a date: put it in quotes`, value: source };
  }
  const odd = /^[-+]?(0[0-9_]+|0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|\d[\d_]*_[\d_]*|\d*\.?\d+e[-+]?\d+)$/i.test(
    source,
  );
  const plus = typeof value === "number" && source.startsWith("+");
  const endless = typeof value === "number" && !Number.isFinite(value);
  if (!odd && !plus && !endless) return undefined;
  // 0100 may be meant as 100, and is read as 64: no guess is better than the user's own.
  return {
    reason: `${source} is read as another number than it looks: write it in plain decimals`,
    value: undefined,
  };
}

function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): Path => {
    if (isPair(node)) return [isScalar(node.key) ? String(node.key.value) : ""];
    const parent = nodes[index - 1];
    const inList = isCollection(parent) && !isMap(parent) && !isPair(node) && !isAlias(parent);
    return inList ? [(parent.items as unknown[]).indexOf(node)] : [];
  });
}
