// The tests of a group of changes: a report on them, then one `up` of each stack, seen from outside and under load.
import { describe, expect, it } from "vitest";
import type { Effects } from "../../ops/inspect/plan/effects.ts";
import type { StackReport } from "../../ops/inspect/plan/report.ts";
import type { Report } from "./load.ts";
import { failuresByReason } from "./load.ts";
import { SOAK } from "./long-form.ts";
import type { Observed } from "./observed-effects.ts";
import { type Group, NO_PAIR, type PairFacts, STACKS, type Stack, type Verdict } from "./preview-change.ts";
import { type PreviewPair, partOf } from "./preview-pair.ts";

/** With `./tandem test soak` each change gets a report of its own; else a group gets one on all of its changes at once. */
const ONE_BY_ONE = SOAK;

const NOTHING: Effects = {
  ...{ restarts: [], replaces: [], updates: [], creates: [], removes: [], data: [], migrations: [] },
  ...{ opens: [], closes: [], routes: [], exposes: [], secrets: [], hidden: [], idle: [], servers: [] },
  images: [],
};

/** A verdict as the report must give it, with all that it must not say. */
function whole({ effects, risks }: Verdict): Required<Verdict> {
  return { effects: { ...NOTHING, ...effects }, risks: [...new Set(risks)].sort() };
}

/** Verdicts of several changes as that of all of them. */
function together(verdicts: readonly Verdict[]): Verdict {
  const effects: Record<string, unknown[]> = {};
  for (const verdict of verdicts) {
    for (const [key, values] of Object.entries(verdict.effects)) {
      const known = [...(effects[key] ?? []), ...values];
      const unique = new Map(known.map((value) => [JSON.stringify(value), value]));
      effects[key] = [...unique].toSorted(([a], [b]) => a.localeCompare(b)).map(([, value]) => value);
    }
  }
  return { effects, risks: verdicts.flatMap(({ risks = [] }) => risks) };
}

/** What the report says of a stack; advisory policies say the same at each preview. */
function said({ effects, risks }: StackReport): Required<Verdict> {
  const kinds = risks.map(({ kind }) => kind).filter((kind) => kind !== "advice");
  return { effects, risks: [...new Set(kinds)].sort() };
}

const sorted = (values: readonly string[]) => [...new Set(values)].sort();

/** What several reports said, in the words of what can be seen from outside. */
function foretold(parts: readonly StackReport[]): Observed {
  const all = (pick: (effects: Effects) => string[]) => sorted(parts.flatMap(({ effects }) => pick(effects)));
  return {
    restarts: all(({ restarts }) => restarts),
    replaces: all(({ replaces }) => replaces),
    updates: all(({ updates }) => updates),
    creates: all(({ creates }) => creates),
    removes: all(({ removes }) => removes),
    migrations: all(({ migrations }) => migrations),
    opens: all(({ opens }) => opens),
    closes: all(({ closes }) => closes),
    data: all(({ data }) => data.map((name) => name.replace(/^volume /, ""))),
    images: all(({ images }) => images.map(({ component }) => component)),
    routes: parts.some(({ effects }) => effects.routes.length > 0),
    exposes: parts.some(({ effects }) => effects.exposes.length > 0),
    secrets: all(({ secrets }) => secrets),
    servers: all(({ servers }) => servers.map((one) => (one.startsWith("grant ") ? "grants" : one))),
  };
}

const NOTHING_SEEN = foretold([]);

/** Containers of which the reports say "update", and which are others now. */
function replacedUnsaid(parts: readonly StackReport[], { restarts, replaces }: Observed): string[] {
  const updated = parts.flatMap(({ changes }) =>
    changes.filter(({ op, type }) => op === "update" && type.endsWith(":Container")).map(({ name }) => name),
  );
  return updated.filter((name) => [...restarts, ...replaces].includes(name.replace(/-\d+$/, "")));
}

/** Requests failed where a gap was foretold, and nowhere else. */
function expectGap(parts: readonly StackReport[], load: Report, moved: boolean): void {
  const texts = parts.flatMap(({ risks }) =>
    risks.filter(({ kind }) => kind === "restart").map(({ text }) => text),
  );
  expect.soft(load.answered).toBeGreaterThan(0);
  if (texts.some((text) => text.includes("no request is answered"))) {
    expect.soft(load.failures.length, "a gap was foretold").toBeGreaterThan(0);
  } else if (texts.length === 0) {
    // Who asks for the old hostname finds nothing there, as a changed route says.
    const failures = load.failures.filter(({ reason }) => !(moved && reason === "HTTP 404"));
    expect.soft(failuresByReason({ ...load, failures })).toEqual({});
  }
}

/**
 * Defines the tests.
 *
 * @param groupsOf the groups; asked with `NO_PAIR` for their names
 * @param current the pair, once it is there
 */
export function testGroups(groupsOf: (facts: PairFacts) => Group[], current: () => PreviewPair): void {
  const daily = groupsOf(NO_PAIR).filter(({ long = false }) => SOAK || !long);
  const groups = daily.map(({ name, changes, alone = ONE_BY_ONE }) => {
    const all = changes.map((change) => change.name);
    // The changes that a report is on, by their places.
    const reports: [string, number[]][] = alone
      ? all.map((one, place) => [one, [place]])
      : [[all.join("; "), all.map((_, place) => place)]];
    return { name, reports };
  });
  describe.each(groups)("$name", ({ name: group, reports }) => {
    const parts: Record<Stack, StackReport[]> = { staging: [], production: [] };
    const own = () => groupsOf(current().facts).find(({ name }) => name === group) as Group;

    it.each(reports)("report: %s", async (name, places) => {
      const { changes: all, refused, approved } = own();
      const changes = places.map((place) => all[place] as (typeof all)[number]);
      const { exitCode, document, text } = await current().with(changes, () => current().report());
      expect(text).not.toMatch(/canary-/);
      for (const stack of STACKS) {
        const part = partOf(document, stack);
        parts[stack].push(part);
        const expected = whole(together(changes.flatMap(({ expected }) => expected[stack] ?? [])));
        expect.soft({ name, stack, ...said(part) }).toEqual({ name, stack, ...expected });
      }
      expect.soft(exitCode).toBe(refused ?? (approved ? 6 : 0));
    });

    it("up: does what was said, and nothing else", async () => {
      const pair = current();
      const { changes: all, refused } = own();
      const before = Object.fromEntries(
        STACKS.map((stack) => [stack, String(pair.project.config(stack).hostname)]),
      );
      const bringUp = async () => {
        for (const stack of STACKS) {
          const hostname = before[stack] ?? "";
          const stopped = refused !== undefined && parts[stack].some(({ stop }) => stop);
          const { up, seen, load } = await pair.up(stack, hostname);
          expect(up.exitCode === 0, up.output).toBe(!stopped);
          expect
            .soft({ stack, ...seen })
            .toEqual({ stack, ...(stopped ? NOTHING_SEEN : foretold(parts[stack])) });
          const hidden = parts[stack].flatMap(({ effects }) => effects.hidden);
          expect.soft(replacedUnsaid(parts[stack], seen)).toEqual(hidden);
          expectGap(stopped ? [] : parts[stack], load, pair.project.config(stack).hostname !== hostname);
        }
      };
      if (refused !== undefined) return await pair.with(all, bringUp);
      for (const change of all) await pair.make(change);
      await bringUp();
    });
  });
}
