// What `tandem` does around the engine: locks, interrupts, killed runs, guards, deletion of data, status and logs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { constants, getPriority } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientCases } from "../support/client-cases.ts";
import { open, untilOneOff } from "../support/console.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { execCases } from "../support/exec-cases.ts";
import { long } from "../support/long-form.ts";
import { ROOT, TestProject } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import { runCases } from "../support/run-cases.ts";
import { ServerImages } from "../support/server-images.ts";
import { snapshot } from "../support/snapshot.ts";

let project: TestProject;

beforeAll(async () => {
  project = await TestProject.create();
});

afterAll(() => project.remove());

const locks = () => join(project.home, "state/.pulumi/locks/organization", project.name, "staging");
const lockFiles = () =>
  existsSync(locks()) ? readdirSync(locks()).filter((name) => name.endsWith(".json")) : [];

/** The engine that holds the stack for this command; other commands of its own hold it for a moment as well. */
function holder(command: string): number | undefined {
  for (const file of lockFiles()) {
    try {
      const { pid } = JSON.parse(readFileSync(join(locks(), file), "utf8")) as { pid: number };
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(command)) return pid;
    } catch {
      // It was let go of in between.
    }
  }
  return undefined;
}

/** Waits until the engine holds the stack for this command. */
async function untilLocked(command: "up" | "destroy"): Promise<number> {
  for (let waited = 0; waited < 60_000; waited += 20) {
    const pid = holder(command);
    if (pid !== undefined) return pid;
    await sleep(20);
  }
  throw new Error(`the engine's ${command} does not hold the stack`);
}

/** What `down` keeps of the state until it has come to its end. */
const kept = () => join(project.home, "kept", project.name, "staging.json");

function deletionBegun(): boolean {
  try {
    return "deleting" in JSON.parse(readFileSync(kept(), "utf8"));
  } catch {
    return false;
  }
}

/** Starts `tandem` with all that it starts in one process group; returns what kills them all, and whether they ended. */
async function startInGroup(args: string[]): Promise<{ kill: () => Promise<void>; over: () => boolean }> {
  const script = 'setsid "$0" "$@" & echo $!; wait';
  const run = execa("sh", ["-c", script, join(ROOT, "tandem"), "--project", project.folder, ...args], {
    env: project.environment(),
    reject: false,
    stdin: "ignore",
    all: true,
  });
  const group = await new Promise<number>((resolve) => {
    run.stdout.once("data", (text) => resolve(Number.parseInt(String(text), 10)));
  });
  let ended = false;
  const end = run.finally(() => {
    ended = true;
  });
  return {
    kill: async () => {
      if (!ended) process.kill(-group, "SIGKILL");
      await end;
    },
    over: () => ended,
  };
}

/** Kills a deletion of data in its midst. It takes moments, so a busy machine may see its end first: then once more. */
async function killWhileDeleting(): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const deletion = ["down", "staging", "--yes", "--delete-data", "--yes-delete-data-of", "staging"];
    const { kill, over } = await startInGroup(deletion);
    while (!deletionBegun() && !over()) await sleep(1);
    await kill();
    if (deletionBegun()) return;
    const up = await project.tandem(["up", "staging"]);
    expect(up.exitCode, up.output).toBe(0);
  }
  throw new Error("it was killed too late each time: all was deleted");
}

/** App containers have a suffix that differs each time. */
const withoutSuffix = (name: string) => name.replace(/-[0-9a-f]{7}$/, "");

const names = async () => Object.keys(await snapshot(project.name, "staging")).sort();

describe("two runs at once", () => {
  it("the second is refused, naming the first, or waits for it", async () => {
    const first = project.start(["up", "staging"]);
    // It gives way to what is served on the same cores.
    expect(getPriority(await untilLocked("up"))).toBe(constants.priority.PRIORITY_BELOW_NORMAL);
    const refused = await project.tandem(["up", "staging"]);
    const waiting = await project.tandem(["up", "staging", "--wait", "120"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toMatch(/staging is held by another run \(.*process \d+, since 20/);
    expect((await first).exitCode).toBe(0);
    expect(waiting.exitCode, waiting.output).toBe(0);
    expect(waiting.output).toContain("nothing was made or removed");
  });
});

describe("status and logs", () => {
  it("tell what runs, as a table and as a document", async () => {
    const table = await project.tandem(["status"]);
    expect(table.output).toMatch(/staging up .*127\.0\.0\.1:/);
    expect(table.output).toMatch(/production down/);
    const { environments } = JSON.parse((await project.tandem(["status", "--json"])).output);
    expect(environments[0]).toMatchObject({ environment: "staging", state: "up" });
    const components = environments[0].services.map(({ component }: { component: string }) => component);
    expect(components).toEqual(["app", "gateway", "postgres", "redis"]);
  });

  it("show what one service wrote, and name the services there are", async () => {
    const app = await project.tandem(["logs", "staging", "app", "--tail", "5"]);
    expect(app.output).toMatch(/_app-1-\w+ \| \{/);
    const unknown = await project.tandem(["logs", "staging", "ap"]);
    expect(unknown.exitCode).toBe(1);
    expect(unknown.output).toContain("app, gateway, postgres, redis");
  });
});

// On the environment that is up by now.
execCases(() => project);
runCases(() => project);
clientCases(() => project);

describe("a server image that can't read what is in the volume", () => {
  it("is refused before anything is touched, as an older Redis is", async () => {
    const images = new ServerImages(project.name);
    const before = await snapshot(project.name, "staging");
    const { redisImage } = project.config("staging");
    try {
      project.configure("staging", { redisImage: await images.make("older redis") });
      for (const command of ["preview", "up"]) {
        const { exitCode, output } = await project.tandem([command, "staging"]);
        expect(exitCode, output).not.toBe(0);
        expect(output).toMatch(
          /redisdata can't be given to .*was written by Redis \S+, and the image is Redis 6.2.14/,
        );
      }
      expect(await snapshot(project.name, "staging")).toEqual(before);
    } finally {
      project.configure("staging", { redisImage });
      await images.remove();
    }
  });
});

describe("what somebody removed by hand", () => {
  it("is made again by the next up, and what it held is there", async () => {
    const { hostPort, hostname } = project.config("staging");
    const notes = async () => (await ask(Number(hostPort), String(hostname), "/api/notes")).text;
    await ask(Number(hostPort), String(hostname), "/api/notes", { text: "a row that must stay" });
    const rows = await notes();
    expect(rows).toContain("a row that must stay");
    const containers = (await names()).flatMap((name) => /^container (.+)$/.exec(name)?.[1] ?? []);
    const redis = containers.filter((name) => name.endsWith("_redis"));
    // All kinds; one of them only stands still, on a network that is gone.
    await dockerOk(["stop", ...redis]);
    await dockerOk(["rm", "-f", ...containers.filter((name) => !redis.includes(name))]);
    await dockerOk(["network", "rm", `${project.name}_staging_network`]);
    const preview = await project.tandem(["preview", "staging"]);
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).toMatch(/gone from the host, so that an up makes it again: .*_staging_postgres/);
    const up = await project.tandem(["up", "staging"]);
    expect(up.exitCode, up.output).toBe(0);
    expect(up.output).toMatch(/container \S+_staging_gateway is gone from the host: it is made again/);
    expect(await notes()).toBe(rows);
    const again = await project.tandem(["preview", "staging", "--expect-no-changes"]);
    expect(again.exitCode, again.output).toBe(0);
  });
});

describe("down", () => {
  it("asks, and does nothing where nobody can answer", async () => {
    const before = await names();
    const staging = await project.tandem(["down", "staging"]);
    expect(staging).toMatchObject({ exitCode: 2, output: expect.stringContaining("add --yes") });
    const data = await project.tandem(["down", "staging", "--yes", "--delete-data"]);
    expect(data).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining("--yes-delete-data-of staging"),
    });
    const wrong = await project.tandem([
      ...["down", "staging", "--yes", "--delete-data", "--yes-delete-data-of", "production"],
    ]);
    expect(wrong.exitCode).toBe(2);
    const production = await project.tandem(["down", "production", "--yes"]);
    expect(production).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining("--confirm production"),
    });
    expect(await names()).toEqual(before);
  });

  it("removes the data only when told so by name", async () => {
    const console = open(project, ["run", "staging", "app", "--entrypoint", "sleep", "--", "1000"]);
    await untilOneOff(project);
    const first = await project.tandem(["down", "staging", "--yes"]);
    expect(first.output).toMatch(/_run-app_\w+ \(run app\) is ended, since staging goes down/);
    expect((await console).exitCode).toBe(137);
    expect((await names()).every((name) => name.startsWith("volume "))).toBe(true);
    const down = await project.tandem([
      ...["down", "staging", "--yes", "--delete-data", "--yes-delete-data-of", "staging"],
    ]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await names()).toEqual([]);
  });
});

describe("a run that does not come to its end", () => {
  it("interrupted, it stops in order, says so, and the next one goes on", async () => {
    const run = project.start(["up", "staging"]);
    await untilLocked("up");
    await sleep(1500);
    run.kill("SIGINT");
    const { exitCode, all } = await run;
    expect(exitCode, all).toBe(130);
    expect(lockFiles()).toEqual([]);
    const next = await project.tandem(["up", "staging"]);
    expect(next.exitCode, next.output).toBe(0);
  });

  it("killed while it takes an environment down, its data finds its way back", async () => {
    const before = (await names()).filter((name) => name.startsWith("volume ") && !name.endsWith("config"));
    const { kill } = await startInGroup(["down", "staging", "--yes"]);
    await untilLocked("destroy");
    await kill();
    const look = await project.tandem(["preview", "staging"]);
    expect(look).toMatchObject({ exitCode: 1, output: expect.stringContaining("did not come to its end") });
    expect(lockFiles()).toHaveLength(1);
    const next = await project.tandem(["up", "staging"]);
    expect(next.exitCode, next.output).toBe(0);
    expect(next.output).toContain("did not come to its end");
    expect(await names()).toEqual(expect.arrayContaining(before));
    const preview = await project.tandem(["preview", "staging", "--expect-no-changes"]);
    expect(preview.exitCode, preview.output).toBe(0);
  });

  long("killed while it deletes data, the rest of it goes, and a new environment can be made", async () => {
    const before = await names();
    await killWhileDeleting();
    const look = await project.tandem(["preview", "staging"]);
    expect(look).toMatchObject({ exitCode: 1, output: expect.stringContaining("--delete-data") });
    const next = await project.tandem(["up", "staging"]);
    expect(next.exitCode, next.output).toBe(0);
    expect(next.output).toContain("the rest of the data that it was to delete is deleted");
    expect((await names()).map(withoutSuffix)).toEqual(before.map(withoutSuffix));
    const preview = await project.tandem(["preview", "staging", "--expect-no-changes"]);
    expect(preview.exitCode, preview.output).toBe(0);
  });
});
