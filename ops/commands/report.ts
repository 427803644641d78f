// `tandem report`: one page on a pair of environments.
import { renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { StackOptions } from "../deploy/open-stack.ts";
import { UserError } from "../engine/errors.ts";
import { say } from "../engine/say.ts";
import type { Report } from "../inspect/report/model.ts";
import { renderReport } from "../inspect/report/page/page.ts";
import { makeReport } from "../inspect/report/report.ts";
import { type AddCommand, giveWayUnasked, waitOption } from "./command-line.ts";

/** Options of the command. */
export interface ReportOptions extends StackOptions {
  /** File to write; `-` is standard output. @default `report-<project>.html` here; with `json`, standard output */
  out?: string;
  /** Print the document that the page is made from. */
  json?: boolean;
}

function write(file: string, text: string): void {
  const next = `${file}.${process.pid}`;
  try {
    // In one step: whoever has the page open never sees half of it.
    writeFileSync(next, text);
    renameSync(next, file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${file} can't be written: ${reason}`, "name another file: --out <file>");
  }
}

/**
 * Runs the command. That something is wrong with the pair stands in the report and is no failure of it.
 *
 * @throws UserError when there is no such pair, or the file can't be written.
 */
export async function report(one: string, other: string, options: ReportOptions): Promise<void> {
  if (one === other) {
    throw new UserError(`${one} and ${other} are no pair`, "name two environments", 2);
  }
  const document: Report = await makeReport([one, other], options);
  const text = options.json === true ? `${JSON.stringify(document, null, 2)}\n` : renderReport(document);
  const out = options.out ?? (options.json === true ? "-" : `report-${document.project}.html`);
  if (out === "-") {
    process.stdout.write(text);
    return;
  }
  const file = resolve(out);
  write(file, text);
  say(document.sentence);
  process.stdout.write(`${file}\n`);
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("report")
    .hook("preAction", giveWayUnasked)
    .description("write one page on two environments: how they are, what differs, what wants attention")
    .argument("[one]", "environment", "staging")
    .argument("[other]", "environment", "production")
    .option("--out <file>", "file to write, - for standard output (default: report-<project>.html here)")
    .option("--json", "as a JSON document, on standard output unless --out is given")
    .option(...waitOption)
    .action((one: string, other: string, options: { wait: number }) => report(one, other, merged(options)));
