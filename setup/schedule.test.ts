// Steps side by side: order, failures, and what is done again.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { resolvePaths } from "./paths.ts";
import { inspectSteps, installMissing, type Surroundings } from "./schedule.ts";
import type { SetupContext, Step } from "./step.ts";
import { docker } from "./steps/docker.ts";
import { providerPlugin } from "./steps/provider-plugin.ts";

let folder: string;
let surroundings: Surroundings;
let log: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-schedule-"));
  const env = { TANDEM_CACHE: join(folder, "cache"), TANDEM_OFFLINE: "1", PATH: "", HOME: folder };
  surroundings = { paths: resolvePaths(env), env, probe: "http://127.0.0.1:1/" };
  log = [];
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const step = (id: string, ready: boolean, work: (context: SetupContext) => Promise<void>): Step => ({
  id,
  title: `the ${id}`,
  inspect: async () => ({ ready, found: "" }),
  install: async (context) => {
    await work(context);
    log.push(id);
  },
});

it("does only what is missing, and lets steps wait for each other, whatever their order", async () => {
  const steps = [
    step("last", false, (context) => context.finished("middle")),
    step("middle", false, async (context) => {
      await context.finished("there");
      await context.finished("first");
    }),
    step("first", false, () => sleep(20)),
    step("there", true, () => Promise.reject(new Error("must not run"))),
  ];
  await installMissing(steps, surroundings);
  expect(log).toEqual(["first", "middle", "last"]);
});

it("goes on after a failure, and names it and what it took with it", async () => {
  const steps = [
    step("bad", false, () => Promise.reject(new Error("no disk"))),
    step("needy", false, (context) => context.finished("bad")),
    step("good", false, () => sleep(20)),
  ];
  await expect(installMissing(steps, surroundings)).rejects.toThrow(
    'the machine is not ready:\n- the bad: no disk\n- the needy: not done, because "the bad" failed',
  );
  expect(log).toEqual(["good"]);
});

it("compiles one thing at a time, also after one that failed", async () => {
  let running = 0;
  const compile = (fails: boolean) => (context: SetupContext) =>
    context.compiling(async () => {
      expect(++running).toBe(1);
      await sleep(10);
      running--;
      if (fails) throw new Error("does not compile");
    });
  const steps = [
    step("a", false, compile(true)),
    step("b", false, compile(false)),
    step("c", false, compile(false)),
  ];
  await expect(installMissing(steps, surroundings)).rejects.toThrow("- the a: does not compile");
  expect(log).toEqual(["b", "c"]);
});

it("asks once whether downloads can be reached, and not at all when told to stay offline", async () => {
  const answers: boolean[] = [];
  await installMissing(
    [step("a", false, async (context) => void answers.push(await context.online()))],
    surroundings,
  );
  expect(answers).toEqual([false]);
});

it("says what to do where Docker is elsewhere and does not answer", async () => {
  const [looked] = await inspectSteps([docker], {
    ...surroundings,
    dockerHost: `unix://${folder}/none.sock`,
  });
  expect(looked?.part).toMatchObject({
    ready: false,
    fix: expect.stringContaining("make Docker answer at"),
  });
});

it("a plugin that can't be made here says why", async () => {
  const plugin = providerPlugin("docker", {
    key: () => "key",
    make: () => Promise.reject(new Error("not here")),
    description: "made of nothing",
    obstacle: () => "Go is missing",
  });
  const [looked] = await inspectSteps([plugin], surroundings);
  expect(looked?.part).toMatchObject({ ready: false, fix: "Go is missing" });
  await expect(installMissing([plugin], surroundings)).rejects.toThrow("docker provider: not here");
});
