// A container that starts: its health check is run when it may be ready, not while the start takes all its CPU.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containerStart } from "../../provider/container-start.ts";
import { BootSigns } from "../../provider/docker/boot-signs.ts";
import { exec } from "../../provider/docker/containers.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { context, createdContainer } from "../support/handlers.ts";

const run = uniqueName("tandem-boot-");
const labels = { "tandem.test": run };
const created = createdContainer(run, labels);
/** Time for which a start works, and after which a busy container is asked all the same, as in container-start.ts. */
const BUSY_MS = 2_000;
const MOST_BUSY_MS = 700;
/** Each check leaves a line. */
const NOTE = "echo >> /tmp/checks";
const LISTENS = "require('node:http').createServer((_, to) => to.end()).listen(8080)";
const ASKS = "node -e \"fetch('http://127.0.0.1:8080').catch(() => process.exit(1))\"";

beforeAll(async () => {
  await docker.createNetwork({ Name: run, Labels: labels });
});

afterAll(() => removeLabelled(`tandem.test=${run}`));

/** Starts a container that works for a while and then does what `then` says. @returns its id and how often it was asked */
async function started(then: string, health: string): Promise<{ id: string; checks: number; ms: number }> {
  // What was asked before Node itself had started is none of the work.
  const script =
    "require('node:fs').rmSync('/tmp/checks', { force: true });" +
    `const end = Date.now() + ${BUSY_MS}; while (Date.now() < end); ${then}`;
  const target = await created({
    image: referenceOf("node"),
    user: "node",
    command: ["node", "-e", script],
    health: ["sh", "-c", `${NOTE}; ${health}`],
  });
  const began = performance.now();
  const inputs = { ...target, pids: 50, healthTimeoutSeconds: 60, running: true };
  await containerStart.create({ inputs }, context());
  const ms = performance.now() - began;
  const { stdout } = await exec(docker, target.containerId, ["wc", "-l", "/tmp/checks"]);
  return { id: target.containerId, checks: Number.parseInt(stdout, 10), ms };
}

describe("a start that works for two seconds", () => {
  const works = "require('node:fs').writeFileSync('/tmp/ready', ''); setInterval(() => undefined, 1000)";
  it.each([
    ["server", LISTENS, ASKS],
    ["worker", works, "test -f /tmp/ready"],
  ])("is hardly ever asked before it is over: a %s", async (_, then, health) => {
    const { checks, ms } = await started(then, health);
    expect(ms).toBeGreaterThan(BUSY_MS);
    // Once when it is over, once at a moment of rest, and in between only where it takes too long to trust the signs.
    expect(checks).toBeLessThanOrEqual(2 + Math.floor(ms / MOST_BUSY_MS));
    expect(checks).toBeGreaterThan(0);
  });
});

describe("the signs", () => {
  it("tell of a container when it began to listen", async () => {
    const { id } = await started(LISTENS, ASKS);
    const signs = BootSigns.of(await docker.getContainer(id).inspect());
    expect(signs?.look()).toMatchObject({ listening: true, opened: true });
    expect(signs?.look()).toMatchObject({ listening: true, opened: false });
    await docker.getContainer(id).stop({ t: 0 });
    expect(signs?.look()).toBeUndefined();
  });

  it("are none where the container's process is another machine's", async () => {
    const target = await created({ image: referenceOf("node"), user: "node", command: ["sleep", "60"] });
    const facts = await docker.getContainer(target.containerId).inspect();
    const elsewhere = { ...facts, State: { ...facts.State, Pid: process.pid } };
    expect(BootSigns.of(elsewhere)).toBeUndefined();
  });
});
