// Shows problems to people and to programs.
import pc from "picocolors";
import type { Problem } from "./problem.ts";

/** How problems are shown. */
export interface RenderOptions {
  /** @default whether the terminal shows colours */
  color?: boolean;
}

/** The problems as text, one block each: what and where, why, and the command that fixes it. */
export function renderProblems(problems: readonly Problem[], options: RenderOptions = {}): string {
  if (problems.length === 0) return "";
  const paint = pc.createColors(options.color ?? pc.isColorSupported);
  const blocks = problems.map((problem) => {
    const mark = problem.severity === "error" ? paint.red("✗") : paint.yellow("!");
    const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
    const what = problem.key === "" ? problem.file : problem.key;
    return `${mark} ${paint.bold(what)} ${problem.reason}\n    ${paint.dim(place)}\n    ${paint.cyan(problem.fix)}`;
  });
  return `${blocks.join("\n")}\n\n${summary(problems)}\n`;
}

/** The problems as a JSON document. */
export function problemsAsJson(problems: readonly Problem[]): string {
  return JSON.stringify({ problems }, null, 2);
}

/** Whether one of them stops the run. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}

function summary(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const warnings = problems.length - errors;
  const parts = [
    ...(errors > 0 ? [count(errors, "error")] : []),
    ...(warnings > 0 ? [count(warnings, "warning")] : []),
  ];
  return `${parts.join(", ")}${errors > 0 ? "; nothing was touched" : ""}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
