// The providers and the policy pack that `./tandem` starts once for both runs of an engine: whom they serve, and their end.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SOAK } from "../support/long-form.ts";
import { processes } from "../support/processes.ts";
import { type RunningCommand, TestProject } from "../support/project.ts";
import { listeningPorts, Stranger } from "../support/stranger.ts";

let project: TestProject;

beforeAll(async () => {
  project = await TestProject.create();
});
afterAll(() => project.remove());

/** Command lines of what runs for this project, by process. */
function running(): Map<number, string> {
  const own = processes().filter(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`TANDEM_HOME=${project.home}`);
    } catch {
      return false;
    }
  });
  return new Map(own.map(({ pid, args }) => [pid, args.join(" ")]));
}

function pidOf(pattern: RegExp): number {
  const [pid] = [...running()].find(([, line]) => pattern.test(line)) ?? [];
  if (pid === undefined)
    throw new Error(`nothing runs that is ${pattern}:\n${[...running().values()].join("\n")}`);
  return pid;
}

/** Waits until nothing of the project runs, but for what matches. @throws with what still does */
async function untilNothingRuns(seconds: number, but?: RegExp): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const left = [...running().values()].filter((line) => but?.test(line) !== true);
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new Error(`still running: ${left.join("\n")}`);
    await sleep(100);
  }
}

/** Resolves with what the command has printed so far, once the pattern is in it. */
async function printed(command: RunningCommand, pattern: RegExp): Promise<string> {
  let output = "";
  return await new Promise((resolve, reject) => {
    command.all?.on("data", (data: Buffer) => {
      output += String(data);
      if (pattern.test(output)) resolve(output);
    });
    void command.then(() => reject(new Error(`it ended without ${pattern}:\n${output}`)));
  });
}

const ENGINE = /\/pulumi (.* )?up --yes/;
const TOGETHER = /\/tandem-plugins policies tandem/;

/** An `up` whose command is killed as soon as the engine has printed this; over when the engine has come to its end. */
async function upWithoutCommand(pattern: RegExp): Promise<void> {
  const up = project.start(["up", "staging", "--yes"]);
  await printed(up, pattern);
  const engine = pidOf(ENGINE);
  pidOf(TOGETHER);
  up.kill("SIGKILL");
  while (running().has(engine)) await sleep(100);
  await untilNothingRuns(3);
}

/** What listens of ours during a run, by what is found in its command line; the others are Pulumi's own matter. */
const OURS: Readonly<Record<string, RegExp>> = {
  plugins: TOGETHER,
  "language host": /node.*pulumi-language-nodejs/,
  command: /ops\/cli\.ts (.* )?up staging/,
};

it("one process serves the preview and the update, and no stranger; none of them is left", async () => {
  const seen = new Set<string>();
  const asRoot = process.getuid?.() === 0;
  const strangers = { "same user": new Stranger(), ...(asRoot ? { nobody: new Stranger(65_534) } : {}) };
  const knocks = new Map<string, Promise<string>>();
  let knocked = 0;
  const knockAtAll = () => {
    knocked = Date.now();
    for (const [pid, line] of running()) {
      const [part] = Object.entries(OURS).find(([, pattern]) => pattern.test(line)) ?? [];
      if (part === undefined) continue;
      for (const port of listeningPorts(pid)) {
        for (const [who, stranger] of Object.entries(strangers)) {
          const key = `${who} at ${part} ${port}`;
          if (!knocks.has(key)) knocks.set(key, stranger.knock(port));
        }
      }
    }
  };
  const up = project.start(["up", "staging", "--yes"]);
  let over = false;
  const watch = (async () => {
    while (!over) {
      for (const [pid, line] of running()) seen.add(`${pid} ${line}`);
      // Looking for ports takes a while, which the run should have.
      if (Date.now() - knocked > 250) knockAtAll();
      await sleep(20);
    }
  })();
  const { exitCode, all } = await up;
  over = true;
  await watch;
  expect(exitCode, all).toBe(0);
  const answers = await Promise.all([...knocks].map(async ([key, answer]) => `${key}: ${await answer}`));
  for (const stranger of Object.values(strangers)) stranger.stop();
  // Policies, tandem, random and postgresql; one language host each for preview and update at most; the events.
  for (const who of Object.keys(strangers)) {
    expect(answers.filter((answer) => answer.startsWith(`${who} at plugins`))).toHaveLength(4);
    for (const part of Object.keys(OURS)) {
      expect(answers, answers.join("\n")).toContainEqual(expect.stringContaining(`${who} at ${part} `));
    }
  }
  expect(answers.filter((answer) => !answer.endsWith(": refused"))).toEqual([]);
  const lines = [...seen];
  expect(lines.filter((line) => TOGETHER.test(line))).toHaveLength(1);
  // Twice, for the preview and for the update: what is not ours is started as ever, the pack by what stands for it.
  expect(lines.filter((line) => /pulumi-resource-docker/.test(line)).length).toBeGreaterThanOrEqual(2);
  expect(lines.filter((line) => /node.*(pulumi-resource-tandem|pulumi-analyzer-tandem)/.test(line))).toEqual(
    [],
  );
  await untilNothingRuns(3);
});

it("what the policy pack forbids stops the run, and leaves nothing either", async () => {
  project.configure("staging", { bindAddress: "0.0.0.0" });
  const { exitCode, output } = await project.tandem(["preview", "staging"]);
  project.configure("staging", { bindAddress: undefined });
  expect(exitCode, output).not.toBe(0);
  expect(output).toContain("[mandatory]");
  await untilNothingRuns(3);
});

const kills = [
  { when: "at its update", pattern: /app-1 creat(ing|ed) replacement/, banner: "KILLED LATE" },
  ...(SOAK ? [{ when: "at its preview", pattern: /Previewing update/, banner: "KILLED EARLY" }] : []),
];

it.each(kills)("an engine whose command was killed $when goes on to its end with them", async ({
  pattern,
  banner,
}) => {
  project.configure("staging", { banner });
  await upWithoutCommand(pattern);
  const preview = await project.tandem(["preview", "staging", "--expect-no-changes"]);
  expect(preview.exitCode, preview.output).toBe(0);
});

it("they end when the engine is killed, and the next run goes on", async () => {
  project.configure("staging", { banner: "KILLED ENGINE" });
  const up = project.start(["up", "staging", "--yes"]);
  await printed(up, /app-1-start creating replacement/);
  process.kill(pidOf(ENGINE), "SIGKILL");
  expect((await up).exitCode).not.toBe(0);
  // What is written in Go looks every five minutes; the next run ends it.
  await untilNothingRuns(3, /pulumi-resource-docker/);
  const again = await project.tandem(["up", "staging", "--yes"]);
  expect(again.exitCode, again.output).toBe(0);
});

it("whoever attaches providers of their own gets no others", async () => {
  const preview = project.start(["preview", "staging"], { PULUMI_DEBUG_PROVIDERS: "" });
  let seen = false;
  let over = false;
  void preview.then(() => {
    over = true;
  });
  while (!over) {
    seen ||= [...running().values()].some((line) => TOGETHER.test(line));
    await sleep(20);
  }
  const { exitCode, all } = await preview;
  expect(exitCode, all).toBe(0);
  expect(seen).toBe(false);
});
