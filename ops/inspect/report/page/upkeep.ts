// Sections of the report's page on what was done and is to be done: differences, policies, drift, deploys, data, money.
import { formatSeconds } from "../../../../setup/durations.ts";
import { money } from "../../cost/cost.ts";
import { type Html, html } from "../../html/page.ts";
import type { Difference } from "../../parity/compare.ts";
import type { EnvironmentReport, Report } from "../model.ts";
import { count } from "../problems.ts";
import { fixOf, grid, kept, mark, missing, pair, tag, told, when } from "./parts.ts";

const KIB = 1024;

const value = (text: string | undefined) =>
  text === undefined ? html`<span class="todo">none</span>` : html`<code>${text}</code>`;

/** What differs between the two: what must not in the open, what may with its reason. */
export function differences({ parity, environments }: Report): Html {
  if (!parity.ok) return html`<div class="box">${missing(parity)}</div>`;
  const { differences: all, same, stale } = parity.value;
  const names = environments.map(({ name }) => name);
  const wrong = all.filter(({ reason }) => reason === undefined);
  const allowed = all.filter(({ reason }) => reason !== undefined);
  const rows = (some: readonly Difference[]) =>
    some.map(({ kind, path, values, reason }) => [
      path.replace(/^setting:/, ""),
      kind,
      ...values.map(value),
      ...(reason === undefined ? [] : [reason]),
    ]);
  const head = ["what", "kind", ...names];
  const first =
    wrong.length === 0
      ? html`<p>${mark("good", `${count(same, "thing")} alike, and nothing differs that must not.`)}</p>`
      : html`<p>${mark("warn", `${count(wrong.length, "thing differs", "things differ")} that must not; ${same} are alike.`)}</p>${grid("Must not differ", head, rows(wrong))}`;
  const folded =
    allowed.length === 0
      ? ""
      : html`<details><summary>${count(allowed.length, "thing differs", "things differ")} by design, each with its reason</summary>${grid("May differ", [...head, "because"], rows(allowed))}</details>`;
  const unused =
    stale.length === 0
      ? ""
      : html`<p class="under">Allowed to differ, and doesn't: ${stale.map((entry, index) => html`${index > 0 ? ", " : ""}<code>${entry}</code>`)}</p>`;
  return html`<div class="box">${first}${folded}${unused}</div>`;
}

function policiesOf({ policies, name }: EnvironmentReport): Html {
  return told(policies, ({ mandatory, advisory, disabled, violations }) => {
    const rows = violations.map((one) => [
      html`<code>${one.policy}</code>`,
      one.mandatory ? mark("bad", "mandatory") : mark("note", "advisory"),
      one.text,
      one.fix,
    ]);
    const off = disabled.length === 0 ? "" : html`, ${disabled.length} turned off (${disabled.join(", ")})`;
    const broken = violations.filter((one) => one.mandatory).length;
    return html`<p>${broken === 0 ? mark("good", "No mandatory rule is broken.") : mark("bad", `${count(broken, "violation")}.`)}</p>
<p class="todo">${mandatory} mandatory rules, ${advisory} advisory${off}.</p>
${rows.length === 0 ? "" : html`<details><summary>${count(rows.length, "finding")} of the last preview</summary>${grid(`Findings of ${name}`, ["policy", "level", "what", "fix"], rows)}</details>`}`;
  });
}

/** Policies of both. */
export function policies({ environments }: Report): Html {
  return pair(environments, policiesOf);
}

function driftOf({ drift, name, commands }: EnvironmentReport): Html {
  return told(drift, ({ lookedAt, drifts }) => {
    if (lookedAt === undefined)
      return html`<p>${mark("off", "Nobody has looked yet.")} ${fixOf(commands.drift)}</p>`;
    const looked = html`<p class="todo">Last look: ${when(lookedAt)}.</p>`;
    if (drifts.length === 0) return html`<p>${mark("good", "Nothing was changed by hand.")}</p>${looked}`;
    const rows = drifts.map(({ subject, since }) => [subject, when(since)]);
    return html`<p>${mark("warn", `${count(drifts.length, "thing was", "things were")} changed by hand.`)}</p>${looked}${grid(`Drift of ${name}`, ["what", "first seen"], rows)}`;
  });
}

/** Drift of both, as the last run saw it. */
export function drift({ environments }: Report): Html {
  return pair(environments, driftOf);
}

function deploysOf({ deploys, name }: EnvironmentReport): Html {
  return told(deploys, (versions) => {
    if (versions.length === 0) return html`<p>${mark("off", "It was never deployed.")}</p>`;
    const rows = versions
      .toReversed()
      .map((one) => [
        String(one.number),
        one.result === "succeeded"
          ? mark("good", one.result)
          : mark(one.result === "failed" ? "bad" : "note", one.result),
        one.rollbackTo === undefined ? one.kind : `rollback to ${one.rollbackTo}`,
        when(one.startedAt),
        one.by ?? "",
        html`${Object.values(one.names).map((image) => html`<code>${image}</code> `)}${one.commit === undefined ? "" : html`<code>${one.commit.slice(0, 8)}</code>`}`,
        one.durationSeconds === undefined ? "" : kept(formatSeconds(one.durationSeconds)),
        one.traffic === undefined ? "" : `${one.traffic.failed} of ${one.traffic.requests}`,
      ]);
    const columns = [
      "version",
      "result",
      "what",
      "began",
      "by",
      "image and commit",
      "took",
      "failed requests",
    ];
    return grid(`Last deploys of ${name}, newest first`, columns, rows);
  });
}

/** The last deploys of both. */
export function deploys({ environments }: Report): Html {
  return html`<div class="stack">${environments.map((one, index) => html`<div class="box" style="margin-top:1rem"><h3>${tag(one.name, index)}</h3>${deploysOf(one)}</div>`)}</div>`;
}

function restorePointsOf({ restorePoints, name, commands }: EnvironmentReport): Html {
  return told(restorePoints, ({ kept, points }) => {
    if (points.length === 0) {
      return kept === 0
        ? html`<p>${mark("off", "None is kept.")} <span class="todo">Set <code>restorePoints</code> in its stack file: one is then made before each migration.</span></p>`
        : html`<p>${mark("off", "None yet.")} <span class="todo">One is made before each migration; ${kept} are kept.</span></p>`;
    }
    const rows = points.map(({ name: point, createdAt, tables, bytes }) => [
      html`<code>${point}</code>`,
      when(createdAt),
      String(tables),
      `${Math.round(bytes / KIB).toLocaleString("en-GB")} KiB`,
    ]);
    const columns = [
      "restore point",
      "made",
      { name: "tables", number: true as const },
      { name: "size", number: true as const },
    ];
    return html`${grid(`Restore points of ${name}; ${kept} are kept`, columns, rows)}<p class="under">To go back: ${fixOf(commands.restore)}</p>`;
  });
}

/** Restore points of both. */
export function restorePoints({ environments }: Report): Html {
  return pair(environments, restorePointsOf);
}

/** What a price table looks like. */
const PRICES = `...priceSettings([
  { item: "virtual machine", per: "environment", from: 20, to: 40 },
  { item: "database plan", per: "managedDatabase", from: 25, to: 25 },
]),`;

function costOf({ cost, name }: EnvironmentReport): Html {
  return told(cost, (month) => {
    if (month === undefined) return html`<p>${mark("off", "No price table.")}</p>`;
    const { lines, currency, unpriced } = month;
    const rows = lines.map((line) => [line.item, line.quantity, money(line, currency)]);
    const without =
      unpriced.length === 0 ? "" : html`<p>${mark("note", `Without a price: ${unpriced.join(", ")}.`)}</p>`;
    return html`<p class="sum">${money(month, currency)}</p>${grid(`A month of ${name}`, ["item", "what runs", { name: "a month", number: true }], rows)}${without}`;
  });
}

/** What a month costs, or how to have it told. */
export function cost({ environments }: Report): Html {
  if (environments.some((one) => !one.cost.ok || one.cost.value !== undefined))
    return pair(environments, costOf);
  return html`<div class="box"><p>${mark("off", "No price table.")} <span class="todo">Fill <code>prices</code> in the stack files, or give the system's settings a table with <code>priceSettings</code> from <code>infra/settings/prices.ts</code>.</span></p><pre class="example">${PRICES}</pre></div>`;
}
