// Small parts of the report's page: marks of a status, commands, tables that fold on a phone, what is not available.
import { formatSeconds } from "../../../../setup/durations.ts";
import { type Html, html, type Part } from "../../html/page.ts";
import type { Condition, Level } from "../model.ts";
import type { Source, Unavailable } from "../source.ts";

/** What a mark says: the levels of problems, what is well, and what is not there. */
export type Tone = Level | "good" | "off";

/** Paths in a box of 16 by 16: each status has a shape of its own, besides its colour. */
const SHAPES: Readonly<Record<Tone, Html>> = {
  good: html`<circle cx="8" cy="8" r="7"/><path class="cut" d="M4.6 8.3l2.3 2.3 4.4-4.8"/>`,
  warn: html`<path d="M8 1.2L15.4 14.4H.6z"/><path class="cut" d="M8 6v4M8 12v.4"/>`,
  bad: html`<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z"/><path class="cut" d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4"/>`,
  note: html`<rect x="1" y="1" width="14" height="14" rx="3"/><path class="cut" d="M8 7.4v4M8 4.4v.4"/>`,
  off: html`<circle class="hollow" cx="8" cy="8" r="6.2"/>`,
};

/** The shape alone, for a drawing. */
export function shape(tone: Tone): Html {
  return SHAPES[tone];
}

/** A shape and a word. */
export function mark(tone: Tone, word: Part): Html {
  return html`<span class="mark ${tone}"><svg class="shape" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[tone]}</svg><span>${word}</span></span>`;
}

/** How an environment is, as a mark. */
export function conditionMark(condition: Condition): Html {
  const told: Readonly<Record<Condition, [Tone, string]>> = {
    up: ["good", "up"],
    degraded: ["bad", "degraded"],
    down: ["off", "down"],
    never: ["off", "never brought up"],
    unknown: ["bad", "not known"],
  };
  return mark(...told[condition]);
}

/** An environment's name, with the sign that it has all over the page. */
export function tag(name: string, index: number): Html {
  return html`<span class="tag env${index}">${name}</span>`;
}

/** What to do: a command as one, words as words. */
export function fixOf(fix: string): Html {
  if (fix === "") return html``;
  return fix.startsWith("./")
    ? html`<code class="cmd">${fix}</code>`
    : html`<span class="todo">${fix}</span>`;
}

/** Stands where a source said nothing. */
export function missing({ problem, fix }: Unavailable): Html {
  return html`<p class="missing">${mark("off", "Not available")} <span class="said">${problem}</span> ${fixOf(fix)}</p>`;
}

/** What a source said, or why it said nothing. */
export function told<T>(source: Source<T>, render: (value: T) => Html): Html {
  return source.ok ? render(source.value) : missing(source);
}

/** A column: its name, and whether it holds numbers. */
export type Column = string | { name: string; number: true };

/** A table whose rows become small lists where there is no room; it says so to a screen reader in both forms. */
export function grid(caption: string, columns: readonly Column[], rows: readonly (readonly Part[])[]): Html {
  const names = columns.map((column) => (typeof column === "string" ? column : column.name));
  const kind = (index: number) => (typeof columns[index] === "object" ? "number" : "");
  const cell = (part: Part, index: number) =>
    index === 0
      ? html`<th scope="row" role="rowheader">${part}</th>`
      : html`<td role="cell" class="${kind(index)}" data-name="${names[index]}">${part}</td>`;
  return html`<table class="grid" role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${names.map((name, index) => html`<th scope="col" role="columnheader" class="${kind(index)}">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => html`<tr role="row">${row.map(cell)}</tr>`)}</tbody></table>`;
}

/** A section with its heading; `id` is what the navigation leads to. */
export function section(id: string, title: string, lead: Part, body: Part): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${lead === "" ? "" : html`<p class="lead">${lead}</p>`}
${body}</section>`;
}

/** One card for each environment, side by side where there is room. */
export function pair<T extends { name: string }>(
  environments: readonly T[],
  render: (one: T, index: number) => Html,
): Html {
  return html`<div class="pair">${environments.map(
    (one, index) => html`<article class="card env${index}"><h3>${tag(one.name, index)}</h3>
${render(one, index)}</article>`,
  )}</div>`;
}

/** `21 November 2026, 14:46 UTC`, readable by machines as well. */
export function when(iso: string): Html {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return html`${iso}`;
  const day = time.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  return html`<time datetime="${iso}">${day}, ${time.toISOString().slice(11, 16)} UTC</time>`;
}

/** A name such as an image's id, cut; the whole of it where somebody points at it. */
export function cut(text: string, length: number): Html {
  return text.length <= length
    ? html`<code>${text}</code>`
    : html`<code title="${text}">${text.slice(0, length)}…</code>`;
}

/** Words that stay on one line. */
export function kept(text: string): Html {
  return html`<span class="keep">${text}</span>`;
}

const HOUR = 3600;

/** How long something has lasted: the longer, the coarser. */
export function lasting(seconds: number): string {
  if (seconds < 2 * HOUR) return formatSeconds(seconds);
  return seconds < 48 * HOUR ? `${Math.round(seconds / HOUR)} h` : `${Math.round(seconds / HOUR / 24)} days`;
}
