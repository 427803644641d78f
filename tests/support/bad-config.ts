// For the test of bad settings: stack files that are wrong in as many ways at once as they can be, and what `up` said of them.
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  type Case,
  checkStaging,
  isFix,
  productionSource,
  stagingSource,
} from "../../infra/check/testing.ts";
import { configCommandFor } from "../../ops/engine/config-command.ts";
import { docker } from "./docker.ts";
import type { Outcome, TestProject } from "./project.ts";

/** A problem as it was printed. */
export interface Printed {
  key: string;
  reason: string;
  /** File and line. */
  place: string;
  fix: string;
}

/** A stack file of staging in the project's own words: the cases speak of `oracle`. */
export function inWordsOf(project: TestProject, source: string): string {
  return source.replace(/\boracle:/g, `${project.name}:`);
}

/** The stack files as they are tracked, for cases to spoil. */
export const sources = { staging: stagingSource, production: productionSource };

/** The problems in the output of a command on The Oracle, back in the words of the cases. */
export function printedProblems(project: TestProject, { output }: Outcome): Printed[] {
  return problemsIn(project.folder, output.replaceAll(`${project.name}:`, "oracle:"));
}

/** The problems in the output of a command; what fixes them as `pulumi config …`. */
export function problemsIn(folder: string, output: string): Printed[] {
  const words = output.replaceAll(configCommandFor({ directory: folder }), "pulumi config");
  const blocks = words.matchAll(/^[✗!] (\S+) (.*(?:\n(?! {4}).*)*)\n {4}(\S+)\n {4}(.+)$/gm);
  return [...blocks].map(([, key = "", reason = "", place = "", fix = ""]) => ({ key, reason, place, fix }));
}

/** Does a printed problem say what a case expects: its key or file, its reason, the command that fixes it? */
export function says(problem: Printed, [, , , key, reason, fix]: Case): boolean {
  const where = key === "" ? problem.place.startsWith(problem.key) : problem.key === key;
  return where && reason.test(problem.reason) && isFix(problem.fix, fix);
}

/** The cases in as few files as can hold them side by side: one that hides another's problem begins the next file. */
export async function together(cases: readonly Case[]): Promise<Case[][]> {
  const groups: Case[][] = [];
  for (const one of cases) {
    let home: Case[] | undefined;
    for (const group of groups) {
      if (await standTogether([...group, one])) {
        home = group;
        break;
      }
    }
    if (home === undefined) groups.push([one]);
    else home.push(one);
  }
  return groups;
}

async function standTogether(cases: readonly Case[]): Promise<boolean> {
  const problems = await checkStaging(cases.flatMap(([, edits]) => edits));
  return cases.every(([, , kind, key, reason, fix]) =>
    problems.some(
      (problem) =>
        problem.kind === kind &&
        problem.key === key &&
        reason.test(problem.reason) &&
        isFix(problem.fix, fix),
    ),
  );
}

/** Every file below a folder, with what it holds. */
export function filesBelow(folder: string): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return Object.fromEntries(
    names
      .filter((name) => !name.startsWith("node_modules"))
      .map((name) => join(folder, name))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
      .map((path) => [path, readFileSync(path, "utf8")]),
  );
}

/** What Docker did about a system since it was asked: `Action name`. */
export async function dockerActions(system: string, since: number): Promise<string[]> {
  const until = Math.ceil(Date.now() / 1000);
  const stream = await docker.getEvents({ since: Math.floor(since / 1000), until });
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as Uint8Array));
  const lines = Buffer.concat(parts).toString("utf8").split("\n").filter(Boolean);
  return lines.flatMap((line) => {
    const { Action, Actor } = JSON.parse(line) as {
      Action: string;
      Actor: { Attributes: Record<string, string> };
    };
    const { name = "", "tandem.system": owner } = Actor.Attributes;
    return owner === system || name.startsWith(system) ? [`${Action} ${name}`] : [];
  });
}
