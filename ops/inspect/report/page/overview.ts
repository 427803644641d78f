// The top of the report's page: the whole in one sentence, what wants attention, and each environment at a glance.
import { launcher } from "../../../../lib/launcher.ts";
import { formatSeconds } from "../../../../setup/durations.ts";
import { money } from "../../cost/cost.ts";
import { type Html, html } from "../../html/page.ts";
import type { EnvironmentReport, Problem, Report } from "../model.ts";
import { count } from "../problems.ts";
import type { Source } from "../source.ts";
import { conditionMark, fixOf, mark, pair, tag, when } from "./parts.ts";

const VERDICTS = { good: "All well", warn: "Wants attention", bad: "Broken" } as const;
const WORDS = { bad: "Broken", warn: "Look at it", note: "Good to know" } as const;

/** Heading of the page. */
export function header({ project, sentence, verdict, madeAt, seconds, environments }: Report): Html {
  const tone = verdict === "note" ? "good" : verdict;
  const names = environments.map(({ name }) => name).join(" and ");
  return html`<header class="top"><p class="eyebrow">${project} · ${names}</p>
<p class="badge ${tone}" style="display:inline-block;margin:0">${mark(tone, VERDICTS[tone])}</p>
<h1>${sentence}</h1>
<p class="meta">As of ${when(madeAt)}. Made by <code>${launcher()} report</code> in ${formatSeconds(seconds)}.</p></header>`;
}

function item({ level, environment, text, fix }: Problem, names: readonly string[]): Html {
  const who = environment === undefined ? "" : html`${tag(environment, names.indexOf(environment))} `;
  return html`<li class="${level}-item">${mark(level, WORDS[level])}<p>${who}${text}</p><p class="fix">${fixOf(fix)}</p></li>`;
}

/** What wants attention; what is only good to know is folded away beneath it. */
export function attention({ problems, environments }: Report): Html {
  const names = environments.map(({ name }) => name);
  const grave = problems.filter(({ level }) => level !== "note");
  const notes = problems.filter(({ level }) => level === "note");
  const list = (some: readonly Problem[]) =>
    html`<ol class="problems">${some.map((problem) => item(problem, names))}</ol>`;
  const told = grave.length === 0 ? html`<p>${mark("good", "Nothing wants attention.")}</p>` : list(grave);
  const folded =
    notes.length === 0
      ? ""
      : html`<details><summary>${count(notes.length, grave.length === 0 ? "thing" : "more thing")} that ${notes.length === 1 ? "is" : "are"} good to know</summary>${list(notes)}</details>`;
  return html`${told}${folded}`;
}

function short<T>(source: Source<T>, render: (value: T) => Html): Html {
  return source.ok ? render(source.value) : mark("off", "not available");
}

function healthOf({ containers, condition }: EnvironmentReport): Html {
  return short(containers, ({ services, missing }) => {
    const all = services.length + missing.length;
    if (all === 0) return mark("off", condition === "never" ? "none yet" : "none runs");
    const well = services.filter(({ state, health }) => state === "running" && health !== "unhealthy").length;
    return mark(well === all ? "good" : "bad", `${well} of ${all} well`);
  });
}

function glance(environment: EnvironmentReport): Html {
  const { address, condition, deploys, plan, policies, drift, cost } = environment;
  const latest = deploys.ok ? deploys.value.findLast(({ kind }) => kind === "update") : undefined;
  const rows: [string, Html][] = [
    ["State", conditionMark(condition)],
    [
      "Answers at",
      short(address, ({ hostname, urls, gateway }) => {
        const where = urls.length > 0 ? urls.join(" ") : (gateway ?? "nowhere");
        return html`${where}${hostname === undefined ? "" : html` as <strong>${hostname}</strong>`}`;
      }),
    ],
    ["Containers", healthOf(environment)],
    [
      "Serves",
      latest === undefined
        ? html`nothing yet`
        : html`version ${latest.number}, ${[...new Set(Object.values(latest.names))].join(", ") || latest.kind}, since ${when(latest.endedAt ?? latest.startedAt)}`,
    ],
    [
      "Next update",
      short(plan, ({ changes }) =>
        changes === 0 ? mark("good", "changes nothing") : mark("note", count(changes, "change")),
      ),
    ],
    [
      "Policies",
      short(policies, ({ violations }) => {
        const broken = violations.filter(({ mandatory }) => mandatory).length;
        if (broken > 0) return mark("bad", `${count(broken, "violation")} of mandatory ones`);
        return violations.length === 0
          ? mark("good", "none broken")
          : mark("good", `none broken, ${count(violations.length, "advisory finding")}`);
      }),
    ],
    [
      "Drift",
      short(drift, ({ lookedAt, drifts }) => {
        if (lookedAt === undefined) return mark("off", "nobody has looked yet");
        return drifts.length === 0 ? mark("good", "none") : mark("warn", count(drifts.length, "thing"));
      }),
    ],
    [
      "Cost a month",
      short(cost, (value) =>
        value === undefined ? html`no price table` : html`${money(value, value.currency)}`,
      ),
    ],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** Both environments at a glance. */
export function glances({ environments }: Report): Html {
  return pair(environments, glance);
}
