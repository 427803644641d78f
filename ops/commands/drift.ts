// `tandem drift`: what of the environments is not as the program made it, sorted by who may fixes it.

import { openForFix, openForLook, type StackOptions } from "../deploy/open-stack.ts";
import { UserError } from "../engine/errors.ts";
import { renderJson } from "../engine/json.ts";
import { loadProject, stackNames } from "../engine/project.ts";
import { say } from "../engine/say.ts";
import type { Session } from "../engine/session.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { stackCommand } from "../engine/systems.ts";
import { driftsOf } from "../inspect/drift/finding.ts";
import { fix } from "../inspect/drift/fix.ts";
import { addRun, readHistory, writeHistory } from "../inspect/drift/history.ts";
import { type Look, look } from "../inspect/drift/look.ts";
import { type DriftReport, renderDriftMarkdown, renderText } from "../inspect/drift/render.ts";
import { type AddCommand, giveWayUnasked, waitOption } from "./command-line.ts";

/** Exit codes: whatever goes wrong is 1, so that 2 is drift and nothing else. */
export const driftExitCodes = { none: 0, error: 1, drift: 2 } as const;

/** Options of the command. */
export interface DriftOptions extends StackOptions {
  /** Stacks to look at. @default all that have a file */
  stacks?: readonly string[];
  json?: boolean;
  markdown?: boolean;
  /** Fix what is safe. @default false */
  fix?: boolean;
}

function reportOn(session: Session, { findings }: Look, begin: number): DriftReport {
  const { paths, project, stack } = session;
  const at = new Date().toISOString();
  const seconds = (performance.now() - begin) / 1000;
  const subjects = [...new Set(findings.map(({ subject }) => subject))].sort();
  const history = addRun(readHistory(paths, project.name, stack), { at, seconds, subjects });
  writeHistory(paths, project.name, stack, history);
  return {
    project: project.name,
    stack,
    command: stackCommand(project, "drift", stack),
    at,
    seconds,
    drifts: driftsOf(findings, (subject) => history.firstSeen[subject] ?? at),
  };
}

/** Looks at a stack, and fixes and looks again where that is asked for. */
async function treat(session: Session, fixes: boolean): Promise<DriftReport> {
  const begin = performance.now();
  const seen = await look(session);
  const report = reportOn(session, seen, begin);
  if (!fixes || report.drifts.length === 0) return report;
  const { refusal, exitCode } = await fix(session, seen, report.drifts);
  if (refusal !== undefined) {
    say(`${session.stack}: nothing was fixed: ${refusal}`);
    return report;
  }
  if (exitCode !== 0) throw new UserError(`fixing ${session.stack} failed`, "see above, and look again");
  const again = performance.now();
  return reportOn(session, await look(session), again);
}

async function run(options: DriftOptions): Promise<number> {
  const project = loadProject(options.project);
  const names = options.stacks?.length ? options.stacks : stackNames(project);
  const fixes = options.fix ?? false;
  if (fixes && (options.json || options.markdown)) {
    throw new UserError(
      "--fix shows what the engine does, which is no document",
      "ask for the report in a run of its own",
    );
  }
  const open = async (stack: string): Promise<Session | undefined> => {
    const session = await (fixes ? openForFix : openForLook)(stack, options);
    const resources = (await currentDeployment(session))?.resources ?? [];
    // Who names none means those that are there.
    if (options.stacks?.length || resources.length > 0) return session;
    say(`${stack} was never brought up`);
    return undefined;
  };
  const reports: DriftReport[] = [];
  if (fixes) {
    // One after the other, since each may take its time of the host; none is touched where one can't be.
    const sessions = [];
    for (const stack of names) sessions.push(await open(stack));
    for (const session of sessions) if (session !== undefined) reports.push(await treat(session, true));
  } else {
    // Each as soon as it is open; all come to their end, also where one fails.
    const looks = names.map(async (stack) => {
      const session = await open(stack);
      return session === undefined ? [] : [await treat(session, false)];
    });
    const ends = await Promise.allSettled(looks);
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    reports.push(...(await Promise.all(looks)).flat());
  }
  const render = options.markdown ? renderDriftMarkdown : renderText;
  const text = options.json ? renderJson({ reports }) : `${reports.map(render).join("\n")}\n`;
  process.stdout.write(text);
  return reports.some(({ drifts }) => drifts.length > 0) ? driftExitCodes.drift : driftExitCodes.none;
}

/** Runs the command. */
export async function drift(options: DriftOptions): Promise<number> {
  try {
    return await run(options);
  } catch (error) {
    // A wrong setting is 2 elsewhere.
    if (error instanceof UserError) throw new UserError(error.message, error.fix, driftExitCodes.error);
    throw error;
  }
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("drift")
    .hook("preAction", giveWayUnasked)
    .description("find what was changed by hand; exits with 0 for nothing, 2 for drift, 1 for an error")
    .argument("[stacks...]", "environments (default: all)")
    .option("--json", "as a document")
    .option("--markdown", "as Markdown, for an issue")
    .option("--fix", "fix what is safe; never touches data")
    .option(...waitOption)
    .action(async (stacks: string[], options: { wait: number; fix?: boolean }) => {
      process.exitCode = await drift({ ...merged(options), stacks });
    });
