// Sections of the report's page on what runs now: containers with their versions, and limits against the host.

import { lastRun } from "../../../engine/job-words.ts";
import type { Service } from "../../../engine/services.ts";
import { type Html, html } from "../../html/page.ts";
import { sumOf } from "../limits.ts";
import type { Amounts, EnvironmentReport, Limits, Report } from "../model.ts";
import { cut, grid, kept, lasting, mark, tag, told, when } from "./parts.ts";

/** Letters of a hash that people compare. */
const HASH = 12;
const MIB_IN_GIB = 1024;

function healthOf({ state, health }: Service): Html {
  if (state !== "running") return mark("bad", state);
  if (health === "unhealthy") return mark("bad", "unhealthy");
  return health === "starting" ? mark("note", "starting") : mark("good", health ?? "running");
}

function imageOf({ image, version, standInNote, standIn }: Service): Html {
  const note = standIn
    ? html`<br><span class="todo">stand-in: ${standInNote ?? "built by the set-up"}</span>`
    : "";
  return html`<code>${image}</code>${version === undefined ? "" : html`, version ${version}`}${note}`;
}

function identity({ imageId, digest, commit }: Service): Html {
  const hash = (text: string) => cut(text.replace(/^.*sha256:/, ""), HASH);
  return html`${digest === undefined ? html`id ${hash(imageId)}` : html`digest ${hash(digest)}`}${commit === undefined ? "" : html`, commit ${cut(commit, 8)}`}`;
}

function containersOf({ containers, name }: EnvironmentReport): Html {
  return told(containers, ({ services, missing }) => {
    if (services.length + missing.length === 0) return html`<p>${mark("off", "None.")}</p>`;
    const rows = services.map((service) => [
      html`${service.component}<br><span class="name">${service.name}</span>`,
      healthOf(service),
      service.uptimeSeconds === undefined ? "" : kept(lasting(service.uptimeSeconds)),
      imageOf(service),
      identity(service),
    ]);
    const gone = missing.map((one) => [one, mark("bad", "gone"), "", "", ""]);
    const table = grid(
      `Containers of ${name}`,
      ["container", "health", "up for", "image", "built as"],
      [...rows, ...gone],
    );
    return html`${table}${jobsOf(name, services)}`;
  });
}

/** What the schedulers ran last and run next. */
function jobsOf(name: string, services: readonly Service[]): Html | "" {
  const rows = services.flatMap(({ component, jobs = [] }) =>
    jobs.map((state) => {
      const last = lastRun(state);
      return [
        html`${state.job}<br><span class="name">${component}</span>`,
        last === undefined ? "" : when(last.startedAt),
        last === undefined ? mark("off", "not yet") : mark(last.failed ? "warn" : "good", last.words),
        state.next === undefined ? "" : when(state.next),
      ];
    }),
  );
  return rows.length === 0 ? "" : grid(`Jobs of ${name}`, ["job", "last run", "ended", "next"], rows);
}

/** Containers of both, as running now. */
export function containers({ environments }: Report): Html {
  return html`${environments.map((one, index) => html`<div class="box" style="margin-top:1rem"><h3>${tag(one.name, index)}</h3>${containersOf(one)}</div>`)}`;
}

const KEYS = ["memoryMb", "cpus", "pids"] as const;
const TITLES: Readonly<Record<keyof Amounts, string>> = {
  memoryMb: "Memory",
  cpus: "CPU",
  pids: "Processes",
};

/** An amount as people say it. */
function shown(key: keyof Amounts, amount: number): string {
  if (key === "cpus") return `${Number(amount.toFixed(2))} ${amount === 1 ? "CPU" : "CPUs"}`;
  if (key === "pids") return amount.toLocaleString("en-GB");
  return amount < MIB_IN_GIB
    ? `${Math.round(amount)} MiB`
    : `${Number((amount / MIB_IN_GIB).toFixed(1))} GiB`;
}

interface Part {
  name: string;
  index: number;
  limits: Limits;
}

/** One bar: what both may take of what there is. Beyond it the bar is longer than the host, whose end is marked. */
function bar(key: keyof Amounts, parts: readonly Part[], most: number | undefined): Html {
  const used = sumOf(parts.map(({ limits }) => limits.used))[key];
  const whole = Math.max(most ?? used, used, Number.MIN_VALUE);
  const percent = (amount: number) => `${Math.round((amount / whole) * 1000) / 10}%`;
  const over = most !== undefined && used > most;
  const verdict =
    most === undefined
      ? "the host doesn't say how many it has"
      : over
        ? mark("note", `${shown(key, used - most)} more than the host's ${shown(key, most)}`)
        : html`${shown(key, most - used)} free of ${shown(key, most)}`;
  return html`<div><div class="amount"><strong>${TITLES[key]}</strong><span>${verdict}</span></div>
<div class="bar" aria-hidden="true">${parts.map(({ index, limits }) => html`<i class="env${index}" style="width:${percent(limits.used[key])}"></i>`)}${over ? html`<b style="left:${percent(most)}"></b>` : ""}</div>
<ul class="key">${parts.map(({ name, index, limits }) => html`<li><i class="env${index}"></i>${name} may take ${shown(key, limits.used[key])}</li>`)}${over ? html`<li><b></b>the line: the end of what the host has</li>` : ""}</ul></div>`;
}

function shares({ limits, name }: EnvironmentReport): Html {
  return told(limits, ({ used, budget, components }) => {
    const set = KEYS.filter((key) => budget[key] !== undefined);
    const lines = set.map((key) => {
      const most = budget[key] ?? 0;
      const text = `${shown(key, used[key])} of its share of ${shown(key, most)}`;
      return html`<li>${TITLES[key]}: ${used[key] > most ? mark("warn", text) : mark("good", text)}</li>`;
    });
    const share =
      set.length === 0
        ? html`<p class="todo">No share of the host is set: <code>tandem:policies.budget</code> in its stack file makes one that each update keeps to.</p>`
        : html`<ul>${lines}</ul>`;
    const rows = components.map((one) => [
      one.containers === 1 ? one.component : `${one.component} × ${one.containers}`,
      ...KEYS.map((key) => (one[key] === 0 ? "no limit" : shown(key, one[key]))),
    ]);
    const columns = [
      "component",
      ...KEYS.map((key) => ({ name: TITLES[key].toLowerCase(), number: true as const })),
    ];
    return html`${share}<details><summary>Limits by component</summary>${grid(`Limits of ${name}`, columns, rows)}</details>`;
  });
}

/** Limits of both against their hosts. */
export function limits({ environments }: Report): Html {
  const parts = environments.flatMap((one, index): Part[] =>
    one.limits.ok ? [{ name: one.name, index, limits: one.limits.value }] : [],
  );
  const hosts = Map.groupBy(parts, ({ limits: own }) => own.host.id);
  const bars = [...hosts.values()].map((own) => {
    const host = own[0]?.limits.host;
    if (host === undefined) return "";
    return html`<div class="box"><h3>Host ${host.name}</h3><div class="bars">${KEYS.map((key) => bar(key, own, host[key]))}</div></div>`;
  });
  return html`${bars}<div class="pair" style="margin-top:1.25rem">${environments.map((one, index) => html`<div class="card env${index}"><h3>${tag(one.name, index)}</h3>${shares(one)}</div>`)}</div>`;
}
