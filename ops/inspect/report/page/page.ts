// The report on a pair as one page: it needs no script, asks nobody for anything, and reads well without a mouse.
import { launcher } from "../../../../lib/launcher.ts";
import { html, page } from "../../html/page.ts";
import type { Report } from "../model.ts";
import { attention, glances, header } from "./overview.ts";
import { section } from "./parts.ts";
import { containers, limits } from "./running.ts";
import { STYLE } from "./style.ts";
import { topologies } from "./topology.ts";
import { cost, deploys, differences, drift, policies, restorePoints } from "./upkeep.ts";

type Part = [
  id: string,
  short: string,
  title: string,
  lead: string,
  render: (report: Report) => ReturnType<typeof html>,
];

const PARTS: readonly Part[] = [
  ["attention", "Attention", "What wants attention", "", attention],
  ["environments", "At a glance", "At a glance", "", glances],
  [
    "topology",
    "Topology",
    "Topology",
    "How requests come in, what serves them, and where data lies. Both stand in one layout: what is at the same place is the same thing.",
    topologies,
  ],
  [
    "differences",
    "Differences",
    "What differs",
    "Both stacks as they resolve now, compared thing by thing; a difference needs a written reason.",
    differences,
  ],
  ["containers", "Containers", "Containers and versions", "As running now on the Docker host.", containers],
  [
    "limits",
    "Limits",
    "Limits and the host",
    "What all containers together may take. A limit is the most of a container, not what it uses.",
    limits,
  ],
  [
    "policies",
    "Policies",
    "Policies",
    "The rules that every preview and update checks, and what the preview of just now found.",
    policies,
  ],
  ["drift", "Drift", "Drift", "What was changed by hand, as the last look saw it.", drift],
  ["deploys", "Deploys", "Last deploys", "", deploys],
  [
    "restore-points",
    "Restore points",
    "Restore points",
    "Dumps of the database from before its migrations.",
    restorePoints,
  ],
  ["cost", "Cost", "Cost a month", "Prices of the system's own table, times what runs.", cost],
];

/** Renders the page. */
export function renderReport(report: Report): string {
  const names = report.environments.map(({ name }) => name).join(" and ");
  const links = PARTS.map(([id, short]) => html`<li><a href="#${id}">${short}</a></li>`);
  const before = html`<a class="skip" href="#main">Skip to the report</a>
${header(report)}<nav aria-label="On this page"><ul>${links}</ul></nav>`;
  const body = html`${PARTS.map(([id, , title, lead, render]) => section(id, title, lead, render(report)))}`;
  const after = html`<footer><p>${report.project}: ${names}. This page is a picture of one moment; make a new one with <code>${launcher()} report</code>.</p></footer>`;
  return page(`${report.project}: ${names}`, body, { style: STYLE, before, after });
}
