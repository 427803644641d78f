// Keeps one issue per stack about its drift: opened when there is some, updated while it lasts, closed when it is gone.
import { type DriftReport, driftMarker, renderDriftMarkdown } from "../drift/render.ts";
import type { GitHub, Issue } from "./client.ts";

/** Label of the issues. */
const LABEL = "drift";

/** Brings a stack's issue in line with its report. */
export async function settleIssue(github: GitHub, report: DriftReport): Promise<void> {
  const mark = driftMarker(report.project, report.stack);
  const issues = await github.all<Issue>(`/issues?state=open&labels=${LABEL}`);
  const open = issues.find(({ body, pull_request }) => pull_request === undefined && body?.startsWith(mark));
  const body = renderDriftMarkdown(report);
  const title = `Drift: ${report.stack} of ${report.project}`;
  if (report.drifts.length > 0) {
    if (open === undefined) await github.call("POST", "/issues", { title, body, labels: [LABEL] });
    else await github.call("PATCH", `/issues/${open.number}`, { title, body });
  } else if (open !== undefined) {
    await github.call("POST", `/issues/${open.number}/comments`, {
      body: `No drift any more, as of ${report.at}.`,
    });
    await github.call("PATCH", `/issues/${open.number}`, { state: "closed", state_reason: "completed" });
  }
}
