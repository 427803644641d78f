// The report on a change as an HTML page.
import { type Html, html, page, table } from "../html/page.ts";
import { isQuiet } from "./markdown.ts";
import type { PreviewReport, ResourceChange, StackReport } from "./report.ts";

const CLASSES = { stop: "bad", warn: "warn", note: "soft" } as const;
const WORDS = { stop: "Stop", warn: "Look", note: "Note" } as const;

function changeRow({ op, type, name, properties }: ResourceChange) {
  const lines = properties.map(
    ({ path, before, after }) => html`<li><code>${path}: ${before} → ${after}</code></li>`,
  );
  return [op, name, type, lines.length > 0 ? html`<ul>${lines}</ul>` : ""];
}

function stackCard({ stack, changes, risks, ok }: StackReport): Html {
  const quiet = isQuiet({ changes, risks });
  const said = quiet
    ? "No changes."
    : `${changes.length} resources change${ok ? "" : "; the preview failed"}.`;
  return html`<section class="card"><h2>${stack}</h2><p>${said}</p>
${risks.length > 0 ? html`<ul>${risks.map(({ weight, text }) => html`<li><strong class="${CLASSES[weight]}">${WORDS[weight]}:</strong> ${text}</li>`)}</ul>` : ""}
${changes.length > 0 ? html`<details><summary>Every change</summary>${table(`Changes of ${stack}`, ["step", "name", "type", "properties"], changes.map(changeRow))}</details>` : ""}
</section>`;
}

/** Renders the page. */
export function renderHtml({ project, stacks, differences }: PreviewReport): string {
  const names = stacks.map(({ stack }) => stack);
  const settings = table(
    "Settings that differ",
    ["setting", ...names],
    differences.map(({ key, values }) => [
      key,
      ...names.map((name) => html`<code>${values[name] ?? ""}</code>`),
    ]),
  );
  const body = html`<h1>Preview of ${project}</h1>
<div class="pair">${stacks.map(stackCard)}</div>
${differences.length > 0 && names.length > 1 ? html`<h2>What differs between them</h2>${settings}` : ""}`;
  return page(`Preview of ${project}`, body);
}
