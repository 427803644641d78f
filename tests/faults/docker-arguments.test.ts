// Generated arguments of every component against Docker daemons of the test's own: what the checks let through, Docker
// takes; no daemon dies, nothing throws a stack trace, no container is left over. In CI a few against this machine's
// version; `./tandem test soak` hands 1,000 sets per component to each version that can be had.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import type { Registered } from "../../components/testing/mocks.ts";
import { catalog } from "../../toolchain/images/catalog.ts";
import { type ArgumentSet, argumentSet, COMPONENTS } from "../support/argument-sets.ts";
import { DockerHands, type Refusal } from "../support/docker-bodies.ts";
import { DOCKER_RELEASES, dockerRoot, type OtherDocker } from "../support/docker-versions.ts";
import { OwnDocker } from "../support/own-docker.ts";
import { render } from "../support/rendered-arguments.ts";

const soak = process.env.TANDEM_SOAK !== undefined;
/** Sets per component. */
const SETS = Number(process.env.TANDEM_ARGUMENT_SETS ?? (soak ? 1000 : 12));
/** One in so many is started: that takes ten times as long as making it. */
const STARTED = soak ? 10 : 5;
const VERSIONS: (OtherDocker | undefined)[] = soak
  ? [undefined, ...(Object.keys(DOCKER_RELEASES) as OtherDocker[])]
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
];
const image = catalog.find(({ reference }) => reference.startsWith("redis:"))?.reference ?? "";
const obstacle = await OwnDocker.obstacle();
const accepted: { set: ArgumentSet; resources: Registered[] }[] = [];
const threw: string[] = [];
let refused = 0;

const nameOf = ({ component, seed }: ArgumentSet) => `${component} ${seed}`;

async function look(set: ArgumentSet): Promise<void> {
  try {
    const rendered = await render(set);
    if ("refused" in rendered) {
      refused++;
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
    for (const component of COMPONENTS) {
      for (let seed = 0; seed < SETS; seed++) await look(argumentSet(component, seed));
    }
  }, 7_200_000);

  afterAll(() => {
    if (!soak) return;
    const what = `${SETS} generated sets of arguments for each of ${COMPONENTS.length} components, against each version of Docker`;
    recordSoak("Arguments that reach Docker", { what, passed, findings });
  });

  it("throws no stack trace, refuses some and takes some", () => {
    passed &&= threw.length === 0;
    findings["refused before Docker was asked"] = `${refused}; with a stack trace: ${threw.length}`;
    expect(threw).toEqual([]);
    expect(refused).toBeGreaterThan(COMPONENTS.length);
    expect(new Set(accepted.map(({ set }) => set.component)).size).toBe(COMPONENTS.length);
  });

  it.each(
    VERSIONS,
  )("handed to Docker %s, are taken, and leave a daemon that lives and has no container", async (version) => {
    const own = await OwnDocker.start(
      [image],
      version === undefined ? {} : { root: await dockerRoot(version) },
    );
    try {
      const daemon = own.daemonPid;
      const hands = new DockerHands(own.client, image);
      const refusals: (Refusal & { set: string })[] = [];
      for (const [index, { set, resources }] of accepted.entries()) {
        const found = await hands.hand(resources, index % STARTED === 0);
        refusals.push(...found.map((each) => ({ set: nameOf(set), ...each })));
      }
      const left = await hands.finish();
      const { Version } = await own.client.version();
      const lives = own.daemonPid === daemon;
      findings[`Docker ${Version}`] =
        `${accepted.length} sets, ${hands.made} containers made, ${hands.started} started; refused by Docker: ` +
        `${refusals.length}; containers left: ${left.length}; the daemon ${lives ? "lived" : "DIED"}`;
      passed &&= refusals.length === 0 && left.length === 0 && lives;
      expect(refusals).toEqual([]);
      expect(left).toEqual([]);
      expect(lives).toBe(true);
    } finally {
      await own.remove();
    }
  }, 7_200_000);
});
