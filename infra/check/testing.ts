// For tests of the check: a project in a temporary folder, with stack files to spoil.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { checkStack, type Problem } from "./index.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Pulumi.yaml of this repository, for a project in another folder. */
export const projectSource = read("Pulumi.yaml").replace("./stacks/oracle", join(ROOT, "stacks/oracle"));
/** Staging's settings as they are in this repository. */
export const stagingSource = read("Pulumi.staging.yaml");
/** Production's settings as they are in this repository. */
export const productionSource = read("Pulumi.production.yaml");

/** A change of a file's text. */
export type Edit = (source: string) => string;

/** Gives a key another value, in YAML. */
export function put(key: string, value: string): Edit {
  return (source) => `${drop(key)(source).trimEnd()}\n  ${key}: ${value}\n`;
}

/** Leaves a key out. */
export function drop(key: string): Edit {
  return (source) =>
    source
      .split("\n")
      .filter((line) => !line.startsWith(`  ${key}:`))
      .join("\n");
}

/** Adds lines at the end. */
export function add(...lines: string[]): Edit {
  return (source) => `${source.trimEnd()}\n${lines.join("\n")}\n`;
}

/** Texts of a project's files; null leaves a file out. */
export type Files = Record<string, string | null>;

/** Runs something in a temporary project and removes it. */
export async function inProject<T>(files: Files, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "tandem-check-"));
  try {
    const all: Files = {
      "Pulumi.yaml": projectSource,
      "Pulumi.staging.yaml": stagingSource,
      "Pulumi.production.yaml": productionSource,
      ...files,
    };
    for (const [name, source] of Object.entries(all)) {
      if (source !== null) writeFileSync(join(folder, name), source);
    }
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Problems of staging after edits of its file. */
export function checkStaging(edits: Edit[], files: Files = {}, deep = false): Promise<Problem[]> {
  const source = edits.reduce((text, edit) => edit(text), stagingSource);
  return inProject({ "Pulumi.staging.yaml": source, ...files }, (projectDir) =>
    checkStack({ projectDir, stack: "staging", deep }),
  );
}

/** What a problem must say: kind, key (with namespace), reason, fixing command or the beginning of its words. */
export type Expected = [kind: string, key: string, reason: RegExp, fix: string | RegExp];

/** A stack file that is wrong in one way. */
export type Case = [what: string, edits: Edit[], ...expected: Expected];

/** A case of one key: what stands in the file, and what the check must say of it. */
export function bad(
  what: string,
  line: string,
  kind: string,
  reason: RegExp,
  fix: string | RegExp,
  path = "",
): Case {
  const [, name = "", value = ""] = /^([\w:-]+): ?(.*)$/s.exec(line) ?? [];
  const key = name.includes(":") ? name : `oracle:${name}`;
  return [what, [put(key, value)], kind, `${key}${path}`, reason, fix];
}

/** The command that sets a key, `hostPort 3100`, of staging. */
export function set(words: string): string {
  return `pulumi config set oracle:${words} --stack staging`;
}

/** The command that sets something inside a key. */
export function setInside(words: string): string {
  return `pulumi config set --path ${words.startsWith("'") ? "'oracle:" : "oracle:"}${words.replace(/^'/, "")} --stack staging`;
}

/** The command that asks for a secret. */
export function setSecret(key: string): string {
  return `pulumi config set --secret oracle:${key} --stack staging`;
}

/** The command that removes a key. */
export function rm(key: string): string {
  return `pulumi config rm oracle:${key} --stack staging`;
}

/** The problem of a kind at a key. @throws Error with what there is instead. */
export function find(problems: Problem[], kind: string, key: string): Problem {
  const problem = problems.find((candidate) => candidate.kind === kind && candidate.key === key);
  if (problem === undefined)
    throw new Error(`no ${kind} at ${key} among ${JSON.stringify(problems, null, 1)}`);
  return problem;
}

/** Whether a command is the one that is expected. */
export function isFix(command: string, expected: string | RegExp): boolean {
  return typeof expected === "string" ? command === expected : expected.test(command);
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}
