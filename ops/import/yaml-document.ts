// Reads one YAML file of somebody's: a plain file of a bounded size, one document, aliases that end. What is wrong is told by file and
// line, and never with a value.
import { readFileSync, statSync } from "node:fs";
import { type Document, LineCounter, type Node, parseDocument, type Scalar, visit } from "yaml";
import { explain, offsetOf } from "../../infra/check/yaml-file.ts";
import type { Path } from "../../infra/settings/issue.ts";
import { wrongFile, wrongFiles } from "./compose/problem.ts";

/** Files beyond this say no system, and take long to read. */
const MAX_LENGTH = 1_000_000;
/** Most bytes that a character takes. */
const BYTES = 4;

/**
 * The text of a file.
 *
 * @param shown how messages name it
 * @throws UserError where it can't be read, is no plain file, or is too long
 */
export function readText(path: string, shown: string): string {
  let source: string;
  try {
    const stat = statSync(path);
    // A pipe has no end.
    if (!stat.isFile()) throw wrongFile(shown, undefined, "is no file");
    if (stat.size > MAX_LENGTH * BYTES) throw wrongFile(shown, undefined, `has ${stat.size} bytes`);
    source = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : wrongFile(shown, undefined, `can't be read: ${code}`);
  }
  if (source.length > MAX_LENGTH) throw wrongFile(shown, undefined, `has ${source.length} characters`);
  return source;
}

/** What is read differently from tool to tool. */
export interface DocumentOptions {
  /** Version of YAML: to 1.1 `yes` is true, and `1_000` a number. */
  version: "1.1" | "1.2";
  /** Tags that are no mistake. */
  tags?: RegExp;
  /** The plain data, where tags must go before. @default as it stands */
  plainOf?: (document: Document) => unknown;
}

/**
 * A file's document.
 *
 * @throws UserError with file and line for what is no YAML of one document
 */
export function readDocument(source: string, shown: string, { version, tags, plainOf }: DocumentOptions) {
  const counter = new LineCounter();
  const document = parseDocument(source, {
    version,
    lineCounter: counter,
    merge: true,
    stringKeys: true,
    prettyErrors: false,
    logLevel: "error",
  });
  if (version === "1.1") visit(document, { Scalar: (_, node) => void plainNumber(node) });
  const line = (offset: number) => Math.max(1, counter.linePos(offset).line);
  const wrong = [...document.errors, ...document.warnings]
    .filter(({ code, pos }) => code !== "TAG_RESOLVE_FAILED" || tags?.test(source.slice(pos[0])) !== true)
    .map(
      ({ code, pos }) => `${shown}:${line(pos[0])} ${explain(code, source.slice(pos[0], pos[0] + 100))[1]}`,
    );
  if (wrong.length > 0) throw wrongFiles(wrong);
  const root = document.contents as Node | null;
  const lineOf = (where: Path) => {
    const offset = offsetOf(root, where);
    return offset === undefined ? undefined : line(offset);
  };
  try {
    const plain: unknown = plainOf === undefined ? document.toJS() : plainOf(document);
    // An alias to what it stands in has no end.
    JSON.stringify(plain);
    return { document, plain, lineOf };
  } catch {
    throw wrongFile(shown, undefined, "has aliases (*name) that can't be resolved");
  }
}

/** A number as text where JavaScript's would read differently: `8.0` is no 8, a dot no number, and long ones keep their digits. */
function plainNumber(node: Scalar): void {
  const { value, source } = node;
  if (typeof value !== "number" || source === undefined) return;
  if (source === ".") node.value = source;
  else if (/^[-+]?\d+$/.test(source)) node.value = Number.isSafeInteger(value) ? value : source;
  else if (/^[-+]?\d+\.\d+$/.test(source))
    node.value = Number.isInteger(value) ? `${value}.0` : String(value);
}
