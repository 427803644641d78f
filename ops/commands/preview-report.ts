// `tandem preview --report`: every stack previewed at the same time, as one report for a reviewer.

import { openForPreview, type StackOptions } from "../deploy/open-stack.ts";
import { found, withDocker } from "../engine/docker-client.ts";
import { policyFlags, stackFlags } from "../engine/engine.ts";
import { UserError } from "../engine/errors.ts";
import { renderJson } from "../engine/json.ts";
import { loadProject, loadStackFile, stackNames } from "../engine/project.ts";
import { withRemoteHost } from "../engine/remote/remote-host.ts";
import { dockerHostOf, neededForward, type Session } from "../engine/session.ts";
import { askForEvents } from "../inspect/plan/events.ts";
import { renderHtml } from "../inspect/plan/html.ts";
import { renderMarkdown } from "../inspect/plan/markdown.ts";
import { differencesOf, type PreviewReport, stackReport } from "../inspect/plan/report.ts";
import { revealHidden } from "../inspect/plan/updates.ts";

/** Forms of the report. */
export const formats = ["md", "html", "json"] as const;
export type ReportFormat = (typeof formats)[number];

/** Exit codes of the report; a wrong usage or setting is 2, as everywhere. */
export const reportExitCodes = { ok: 0, failed: 1, policy: 5, data: 6 } as const;

export interface PreviewReportOptions extends StackOptions {
  /** Stacks to report on. @default all that have a file */
  stacks?: readonly string[];
  /** Let data at risk pass: somebody has approved it. @default false */
  approveData?: boolean;
}

/** Content address that a reference leads to on the stack's Docker host. */
async function imageIdOn({ project, file }: Session, reference: string): Promise<string | undefined> {
  return await withDocker(
    dockerHostOf(project, file),
    async (docker) => (await found(docker.getImage(reference).inspect()))?.Id,
  );
}

/** Makes the report: one stack after the other is opened, then all are previewed at once. */
export async function makeReport(options: PreviewReportOptions): Promise<PreviewReport> {
  const project = loadProject(options.project);
  const names = options.stacks?.length ? options.stacks : stackNames(project);
  if (names.length === 0)
    throw new UserError(`${project.name} has no stacks`, "add a Pulumi.<stack>.yaml", 2);
  const sessions = [];
  for (const stack of names) {
    sessions.push(await openForPreview(stack, options));
  }
  const stacks = await Promise.all(
    sessions.map(async (session) => {
      const run = await withRemoteHost(neededForward(session.project, session.file), () =>
        askForEvents(session, ["preview", ...stackFlags(session), ...policyFlags()]),
      );
      const whole = await revealHidden(run, (reference) => imageIdOn(session, reference));
      return stackReport(session.stack, whole);
    }),
  );
  const files = Object.fromEntries(names.map((stack) => [stack, loadStackFile(project, stack)]));
  return { project: project.name, stacks, differences: differencesOf(project, files) };
}

/** The exit code that a report asks for. */
export function exitCodeOf({ stacks }: PreviewReport, approveData: boolean): number {
  const kinds = stacks.flatMap(({ risks }) =>
    risks.filter(({ weight }) => weight === "stop").map(({ kind }) => kind),
  );
  if (kinds.includes("failed")) return reportExitCodes.failed;
  if (kinds.includes("policy")) return reportExitCodes.policy;
  if (stacks.some(({ ok }) => !ok)) return reportExitCodes.failed;
  return kinds.includes("data") && !approveData ? reportExitCodes.data : reportExitCodes.ok;
}

/** Runs the command: the report goes to standard output. */
export async function previewReport(format: ReportFormat, options: PreviewReportOptions): Promise<number> {
  const report = await makeReport(options);
  const render = {
    md: renderMarkdown,
    html: renderHtml,
    json: (document: PreviewReport) => renderJson(document),
  }[format];
  process.stdout.write(render(report));
  return exitCodeOf(report, options.approveData ?? false);
}
