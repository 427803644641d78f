// Bad settings through the real `up`: every problem in one run with key, reason and fixing command, exit code 2, quickly,
// and nothing touched: no request to Docker but questions, no file of the state.

import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileCases, valueCases } from "../../infra/check/cases.ts";
import { ruleCases } from "../../infra/check/rule-cases.ts";
import { type Case, type Edit, put } from "../../infra/check/testing.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import {
  dockerActions,
  filesBelow,
  inWordsOf,
  type Printed,
  printedProblems,
  says,
  sources,
  together,
} from "../support/bad-config.ts";
import { docker, removeLabelled } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { type Outcome, TestProject } from "../support/project.ts";

/** Seconds in which a wrong file must be refused. */
const MOST_SECONDS = 5;
/** Files that it takes to say all that can be said side by side: each holds about a dozen problems or more. */
const MOST_FILES = 12;

let project: TestProject;
let began: number;
const seconds: number[] = [];
const kinds = new Set<string>();

beforeAll(async () => {
  project = await TestProject.create();
  began = Date.now();
});

afterAll(async () => {
  process.stdout.write(
    `bad settings: ${kinds.size} kinds, ${seconds.length} runs, slowest ${Math.max(...seconds).toFixed(1)} s\n`,
  );
  await project.remove();
});

/** Runs `up` on staging's file after edits; it must refuse, in time, and leave all files alone. */
async function refused(edits: readonly Edit[], env: Record<string, string> = {}): Promise<Printed[]> {
  const spoilt = edits.reduce((text, edit) => edit(text), sources.staging);
  writeFileSync(project.stackFile("staging"), inWordsOf(project, spoilt));
  writeFileSync(project.stackFile("production"), inWordsOf(project, sources.production));
  return printedProblems(project, await refusedUp("staging", env));
}

async function refusedUp(stack: string, env: Record<string, string> = {}): Promise<Outcome> {
  const before = { ...filesBelow(project.home), ...filesBelow(project.folder) };
  const outcome = await project.tandem(["up", stack, "--yes"], env);
  expect(outcome.exitCode, outcome.output).toBe(2);
  expect({ ...filesBelow(project.home), ...filesBelow(project.folder) }).toEqual(before);
  seconds.push(outcome.seconds);
  expect(outcome.seconds).toBeLessThan(MOST_SECONDS);
  return outcome;
}

function expectAll(problems: readonly Printed[], cases: readonly Case[]): void {
  const unsaid = cases.filter((one) => !problems.some((problem) => says(problem, one)));
  expect(
    unsaid.map(([what]) => what),
    JSON.stringify(problems, null, 1),
  ).toEqual([]);
  for (const [, , kind] of cases) kinds.add(kind);
}

describe("up refuses bad settings", () => {
  it("with every problem of a file in one run", async () => {
    const groups = await together([...valueCases, ...ruleCases]);
    expect(groups.length).toBeLessThanOrEqual(MOST_FILES);
    for (const cases of groups) {
      expectAll(await refused(cases.flatMap(([, edits]) => edits)), cases);
    }
  });

  it.each(fileCases)("where the file holds %s", async (...one) => {
    expectAll(await refused(one[1]), [one]);
  });

  it("that don't fit this machine", async () => {
    const [taken, theirs] = await Promise.all([listener(), publishedPort()]);
    const { MemTotal, NCPU } = (await docker.info()) as { MemTotal: number; NCPU: number };
    const large = `{app: {memory: ${Math.ceil(MemTotal / 1024 ** 3) + 1}g}, redis: {cpus: ${NCPU + 1}}}`;
    const unfit = [put("oracle:hostPort", String(taken.port)), put("oracle:postgresPort", String(theirs))];
    try {
      const problems = await refused([...unfit, put("oracle:limits", large)]);
      const set = (key: string) =>
        new RegExp(`^pulumi config set (--path )?oracle:${key} \\S+ --stack staging$`);
      expectAll(problems, [
        [
          "a program's port",
          [],
          "port-taken",
          "oracle:hostPort",
          new RegExp(`process ${process.pid}`),
          set("hostPort"),
        ],
        ["a container's port", [], "port-taken", "oracle:postgresPort", /the container/, set("postgresPort")],
        ["memory", [], "beyond-host", "oracle:limits.app.memory", /more than the/, set("limits.app.memory")],
        ["CPUs", [], "beyond-host", "oracle:limits.redis.cpus", /more than the/, set("limits.redis.cpus")],
      ]);
    } finally {
      taken.server.close();
      await removeLabelled(`tandem.test=${project.name}`);
    }
    const address = await refused([put("oracle:bindAddress", "203.0.113.7")]);
    const elsewhere = await refused([put("oracle:dockerHost", "unix:///nowhere/docker.sock")]);
    expectAll(
      [...address, ...elsewhere],
      [
        [
          "an address",
          [],
          "foreign-address",
          "oracle:bindAddress",
          /no address of this machine/,
          /config rm/,
        ],
        ["a socket", [], "docker-unreachable", "oracle:dockerHost", /no such socket/, /config rm/],
      ],
    );
  });

  it("of a stack that there isn't, with those there are", async () => {
    const { output } = await refusedUp("stagign");
    expect(output).toContain('no stack "stagign"');
    expect(output).toMatch(/staging, production/);
  });

  it("of 32 kinds and more", () => {
    expect(kinds.size).toBeGreaterThanOrEqual(32);
  });

  it("without a word to Docker that changes anything", async () => {
    expect(await dockerActions(project.name, began)).toEqual([]);
  });
});

/** A port that this process listens on. */
async function listener(): Promise<{ server: Server; port: number }> {
  // Who asks it is hung up on: a connection that nobody reads would keep it from closing.
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as { port: number }).port };
}

/** A port that a container of somebody else publishes. */
async function publishedPort(): Promise<number> {
  const id = await dockerOk([
    ...["run", "--detach", "--label", `tandem.test=${project.name}`, "--publish", "127.0.0.1::6379"],
    ...["--entrypoint", "sleep", referenceOf("redis"), "120"],
  ]);
  const { NetworkSettings } = await docker.getContainer(id.trim()).inspect();
  return Number(NetworkSettings.Ports["6379/tcp"]?.[0]?.HostPort);
}
