// Generated arguments of every component against Docker daemons of the test's own: what the checks let through, Docker
// takes; no daemon dies, nothing throws a stack trace, no container is left over. In CI a few against this machine's
// version; `./tandem test soak` hands 1,000 sets per component to each version that can be had.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import type { Registered } from "../../components/testing/mocks.ts";
import { catalog } from "../../setup/images/catalog.ts";
import { type ArgumentSet, argumentSet, COMPONENTS, NAMES } from "../support/argument-sets.ts";
import { DockerHands, type Refusal } from "../support/docker-bodies.ts";
import { DOCKER_RELEASES, dockerRoot, type OtherDocker } from "../support/docker-versions.ts";
import { ENGINE_COMPONENTS, EngineArguments, failed, isRoomy, unclear } from "../support/engine-arguments.ts";
import { reasonsOf, renderLater } from "../support/later-arguments.ts";
import { OwnDocker } from "../support/own-docker.ts";
import { render } from "../support/rendered-arguments.ts";

const soak = process.env.TANDEM_SOAK !== undefined;
/** Sets per component. */
const SETS = Number(process.env.TANDEM_ARGUMENT_SETS ?? (soak ? 1000 : 12));
/** Sets per component whose arguments come from outputs as well. */
const LATER = soak ? 100 : 3;
/** Minutes that one version may take; sets that don't fit are left out, and the record says how many were done. */
const MINUTES = Number(process.env.TANDEM_ARGUMENT_MINUTES ?? Number.POSITIVE_INFINITY);
/** One in so many is started: that takes ten times as long as making it. */
const STARTED = soak ? 10 : 5;
/** Sets of each component that go through Pulumi's engine, in one run. */
const THROUGH_ENGINE = soak ? 5 : 1;
const VERSIONS: (OtherDocker | undefined)[] = soak
  ? [...(Object.keys(DOCKER_RELEASES) as OtherDocker[]), undefined]
  : [undefined];
/** Sets that found something, by what it was; they run each time. */
const FOUND: readonly (ArgumentSet & { what: string })[] = [
  {
    what: "a health check without a command, which takes every version of Docker down",
    ...{ component: "AppService", seed: -1, name: "app" },
    args: {
      image: "app:1",
      limits: { cpus: 0.5, memoryMb: 64, pids: 50 },
      health: { command: [], intervalSeconds: 0.05 },
    },
  },
  {
    what: "a component without a name, whose message called it 'undefined'",
    ...{ component: "DataVolume", seed: -1, name: undefined },
    args: { role: "uploads", image: "..", owner: "0:0" },
  },
];
const image = catalog.find(({ reference }) => reference.startsWith("redis:"))?.reference ?? "";
const obstacle = await OwnDocker.obstacle();
const accepted: { set: ArgumentSet; resources: Registered[] }[] = [];
const threw: string[] = [];
const refused: { set: ArgumentSet; by: "component" | "provider" }[] = [];

/** Of each component that needs nothing outside of Docker, the first few. */
function some<T extends { set: ArgumentSet }>(sets: readonly T[]): T[] {
  return ENGINE_COMPONENTS.flatMap((kind) =>
    sets.filter(({ set }) => set.component === kind && set.seed >= 0).slice(0, THROUGH_ENGINE),
  );
}

const nameOf = ({ component, seed }: ArgumentSet) => `${component} ${seed}`;

async function look(set: ArgumentSet): Promise<void> {
  try {
    const rendered = await render(set);
    if ("refused" in rendered) {
      refused.push({ set, by: rendered.by });
      // An error for people is no more than lines of words.
      if (/\n\s+at |undefined/.test(rendered.refused)) threw.push(`${nameOf(set)}: ${rendered.refused}`);
    } else accepted.push({ set, resources: rendered.resources });
  } catch (error) {
    threw.push(`${nameOf(set)}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

describe.skipIf(obstacle !== undefined)("arguments of all components", () => {
  const findings: Record<string, string> = {};
  let passed = true;

  beforeAll(async () => {
    for (const set of FOUND) await look(set);
    expect(accepted, "a set that found something is let through").toEqual([]);
    // Seed by seed, so that a run that is cut short has had all components.
    for (let seed = 0; seed < SETS; seed++) {
      for (const component of COMPONENTS) await look(argumentSet(component, seed));
    }
  }, 7_200_000);

  // After each version: what was done stays known when a later one is cut off.
  afterEach(() => {
    if (!soak) return;
    const what = `${SETS} generated sets of arguments for each of ${COMPONENTS.length} components, against each version of Docker named below`;
    recordSoak("arguments that reach Docker", { what, passed, findings });
  });

  it("throws no stack trace, refuses some and takes some", () => {
    passed &&= threw.length === 0;
    findings["refused before Docker was asked"] = `${refused.length}; with a stack trace: ${threw.length}`;
    expect(threw).toEqual([]);
    expect(refused.length).toBeGreaterThan(COMPONENTS.length);
    expect(new Set(accepted.map(({ set }) => set.component)).size).toBe(COMPONENTS.length);
  });

  it("says of arguments from outputs what it says of plain ones, and makes the same of them", async () => {
    const sorted = (resources: readonly Registered[]) =>
      resources
        .map(({ type, name, inputs }) => ({ type, name, inputs }))
        .sort((a, b) => (a.type + a.name < b.type + b.name ? -1 : 1));
    for (const component of COMPONENTS) {
      for (let seed = 0; seed < LATER; seed++) {
        const set = argumentSet(component, seed);
        const now = await render(set);
        const later = await renderLater(set);
        if ("resources" in now) {
          expect({ errors: later.errors, made: sorted(later.resources) }, nameOf(set)).toEqual({
            errors: [],
            made: sorted(now.resources),
          });
        } else if (now.by === "component") {
          const reasons = reasonsOf(later.errors);
          expect(reasons.length, nameOf(set)).toBeGreaterThan(0);
          // A secret variable is one of the container's like any other by then.
          const said = now.refused.replaceAll("secrets.", "environment.");
          for (const reason of reasons) expect(said, nameOf(set)).toContain(reason);
        }
      }
    }
  });

  describe.each(VERSIONS)("on Docker %s", (version) => {
    let own: OwnDocker;
    let daemon: number | undefined;
    let name: string;

    beforeAll(async () => {
      own = await OwnDocker.start([image], version === undefined ? {} : { root: await dockerRoot(version) });
      daemon = own.daemonPid;
      name = `Docker ${(await own.client.version()).Version}`;
    });

    afterAll(() => own?.remove());

    it("are taken when they are handed to it, and leave a daemon that lives and has no container", async () => {
      const hands = new DockerHands(own.client, image);
      const refusals: (Refusal & { set: string })[] = [];
      const end = Date.now() + MINUTES * 60_000;
      let handed = 0;
      for (const [index, { set, resources }] of accepted.entries()) {
        if (Date.now() > end) break;
        handed++;
        if (soak && handed % 200 === 0) process.stderr.write(`${name}: ${handed} of ${accepted.length}\n`);
        const found = await hands.hand(resources, index % STARTED === 0);
        refusals.push(...found.map((each) => ({ set: nameOf(set), ...each })));
        if (soak && found.length > 0) process.stderr.write(`${nameOf(set)}: ${JSON.stringify(found)}\n`);
      }
      const left = await hands.finish();
      const lives = own.daemonPid === daemon;
      findings[name] =
        `${handed} of ${accepted.length} sets that passed the checks, ${hands.made} containers made, ` +
        `${hands.started} started; refused by Docker: ${refusals.length}; containers left: ${left.length}; ` +
        `the daemon ${lives ? "lived" : "DIED"}`;
      passed &&= refusals.length === 0 && left.length === 0 && lives;
      expect(refusals).toEqual([]);
      expect(left).toEqual([]);
      expect(lives).toBe(true);
    }, 7_200_000);

    it("go through Pulumi's engine: what the checks refuse stays away, the rest comes up or fails with words", async () => {
      const engine = await EngineArguments.create(own, image);
      try {
        const wrong = some(refused.filter(({ set }) => NAMES.includes(set.name)));
        const stopped = await engine.up(wrong.map(({ set }) => set));
        expect(stopped.exitCode).not.toBe(0);
        expect(unclear(stopped)).toEqual([]);
        expect(stopped.output).toContain(`refused ${wrong.filter(({ by }) => by === "component").length}\n`);
        expect(await engine.left()).toEqual([]);

        const right = some(accepted.filter(({ set }) => isRoomy(set))).map(({ set }) => set);
        let [sets, failures] = [right, 0];
        let up = await engine.up(sets);
        // Without those that failed the others come up, at last.
        while (up.exitCode !== 0) {
          expect(unclear(up)).toEqual([]);
          const gone = failed(sets, up);
          expect(gone.length, up.output).toBeGreaterThan(0);
          failures += gone.length;
          sets = sets.filter((set) => !gone.includes(set));
          up = await engine.up(sets);
        }
        expect(sets.length).toBeGreaterThan(ENGINE_COMPONENTS.length / 2);
        expect((await engine.left()).length, up.output).toBeGreaterThan(sets.length);
        const preview = await engine.preview();
        expect(preview.exitCode, preview.output).toBe(0);
        const destroyed = await engine.destroy();
        expect(destroyed.exitCode, destroyed.output).toBe(0);
        expect(await engine.left()).toEqual([]);
        expect(own.daemonPid).toBe(daemon);
        findings[`${name}, through Pulumi's engine`] =
          `of ${right.length} sets that passed the checks ${sets.length} came up and ${failures} failed with words; ` +
          `of ${wrong.length} that didn't pass none reached Docker`;
      } finally {
        await engine.remove();
      }
    });
  });
});
