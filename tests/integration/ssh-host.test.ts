// A Docker host elsewhere: staging and production on an `ssh://` host, which is this machine's loopback here.
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whoListens } from "../../infra/check/local-port.ts";
import { sharedConnection } from "../../lib/ssh.ts";
import { oneOffsOf, open, piped, untilOneOff } from "../support/console.ts";
import { until } from "../support/docker-cli.ts";
import { long } from "../support/long-form.ts";
import { processes } from "../support/processes.ts";
import { freePort, type Outcome, type RunningCommand, TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";
import { snapshot } from "../support/snapshot.ts";
import { TestSshd } from "../support/sshd.ts";

let sshd: TestSshd;
let project: TestProject;
/** Variables of every command: the test's ssh, and a folder of its own for temporary files. */
let env: { PATH: string; TMPDIR: string };

beforeAll(async () => {
  sshd = await TestSshd.start();
  env = { ...sshd.environment, TMPDIR: join(sshd.folder, "tmp") };
  mkdirSync(env.TMPDIR);
  const { dockerHost } = sshd;
  project = await TestProject.create({
    staging: { dockerHost, postgresForwardPort: await freePort() },
    production: { dockerHost, postgresForwardPort: await freePort() },
  });
});

afterAll(async () => {
  await project?.remove();
  await sshd?.remove();
});

const run = (...args: string[]) => project.tandem(args, env);

const setting = (stack: string, key: string) => Number(project.config(stack)[key]);

/** Is the forward to a stack's Postgres open? Looked up and not tried: to bind the port would be in ssh's way. */
function isForwarded(stack: string): boolean {
  return whoListens(setting(stack, "postgresForwardPort"))?.startsWith("ssh ") === true;
}

/** Socket of the connection that runs share; ssh takes the home folder from the user database, as os.homedir may not. */
const sharedSocket = () => sharedConnection(sshd.dockerHost).replace("~", homedir());

/**
 * Makes sure that a run that has ended left nothing on this machine. The connection that runs share goes by itself a
 * moment after the last of them, since ssh is told to go and not waited for.
 */
async function expectNothingLeft(): Promise<void> {
  const forwards = ["staging", "production"].filter(isForwarded);
  expect([...forwards, ...readdirSync(env.TMPDIR)]).toEqual([]);
  await eventually(
    async () => [...[sharedSocket()].filter(existsSync), ...sshd.clients()],
    (left) => left.length === 0,
    5,
  );
}

/** Runs a command and looks all the while whether the stack's forward is open. */
async function watched(stack: string, ...args: string[]): Promise<Outcome & { seenOpen: boolean }> {
  let ended = false;
  let seenOpen = false;
  const watch = async () => {
    for (; !ended; await sleep(25)) seenOpen ||= isForwarded(stack);
  };
  const watching = watch();
  const outcome = await run(...args);
  ended = true;
  await watching;
  return { ...outcome, seenOpen };
}

describe("two commands", () => {
  it("bring staging up through the host, with a forward that is open only meanwhile", async () => {
    expect(isForwarded("staging")).toBe(false);
    const before = sshd.counts();
    const up = await watched("staging", "up", "staging", "--yes");
    expect(up.exitCode, up.output).toBe(0);
    expect(up.seenOpen).toBe(true);
    await expectNothingLeft();
    expect(up.output).toContain(sshd.dockerHost);

    const after = sshd.counts();
    expect(after.dropped).toBe(0);
    // Docker's CLI, the shared one, the forward, the tandem provider, one to ask first, and one to look at the host's
    // firewall; sshd's limit is 10 at once.
    expect(after.connections - before.connections).toBeLessThanOrEqual(9);
    const { json } = await ask(setting("staging", "hostPort"), "staging-oracle.localhost", "/version");
    expect(json).toMatchObject({ environment: "staging" });
  });

  it("bring production up beside it, and staging stays as it was", async () => {
    const port = setting("staging", "hostPort");
    await ask(port, "staging-oracle.localhost", "/api/notes", { text: "kept" });
    const before = await snapshot(project.name, "staging");
    const up = await run("up", "production", "--yes");
    expect(up.exitCode, up.output).toBe(0);
    expect(await snapshot(project.name, "staging")).toEqual(before);
    const notes = await ask(setting("production", "hostPort"), "theoracle.localhost", "/api/notes");
    expect(notes.json).toEqual([]);
    await expectNothingLeft();
  });
});

describe("afterwards", () => {
  long("another up and a preview change nothing", async () => {
    const before = await snapshot(project.name, "staging");
    const up = await run("up", "staging", "--yes");
    expect(up.exitCode, up.output).toBe(0);
    expect(await snapshot(project.name, "staging")).toEqual(before);
    const preview = await watched("staging", "preview", "staging", "--expect-no-changes");
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.seenOpen).toBe(true);
    await expectNothingLeft();
  });

  it("status and logs come through the host", async () => {
    const status = await run("status", "--json");
    const { environments } = JSON.parse(status.output) as {
      environments: { environment: string; state: string }[];
    };
    const up = environments.filter(({ state }) => state === "up");
    expect(up.map(({ environment }) => environment).toSorted()).toEqual(["production", "staging"]);
    const logs = await run("logs", "staging", "app");
    expect(logs.output).toContain("/api/notes");
    await expectNothingLeft();
  });

  it("exec, run and psql come through the host, with every byte and the exit code", async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
    const script = "cat; echo warning >&2; exit 7";
    for (const command of [
      ["exec", "staging", "app", "--", "sh"],
      ["run", "staging", "app", "--entrypoint", "sh", "--"],
    ]) {
      const { exitCode, stdout, stderr } = await piped(project, [...command, "-c", script], bytes, env);
      expect([exitCode, stderr], command[0]).toEqual([7, "warning\n"]);
      expect(stdout.equals(bytes)).toBe(true);
    }
    const sql = await piped(project, ["psql", "staging", "--", "-qXAt"], "select text from notes", env);
    expect(sql.stdout.toString(), sql.stderr).toBe("kept\n");
    const running = open(project, ["run", "staging", "app", "--entrypoint", "sleep", "--", "1000"], env);
    await untilOneOff(project);
    running.kill("SIGINT");
    expect((await running).exitCode).toBe(130);
    expect(await oneOffsOf(project)).toEqual([]);
    await expectNothingLeft();
  });

  it("plain pulumi finds its way while `connect` holds it open, through an sshd that takes few at a time", async () => {
    await sshd.stop();
    // Of four that log in at the same moment, the fourth is turned away.
    await sshd.run({ MaxStartups: "3:100:3" });
    try {
      const before = sshd.counts();
      const refresh =
        "pulumi refresh -s staging --preview-only --expect-no-changes --non-interactive --parallel 64";
      const drift = await watched("staging", "connect", "staging", ...refresh.split(" "));
      expect(drift.exitCode, drift.output).toBe(0);
      expect(drift.seenOpen).toBe(true);
      expect(sshd.counts().dropped).toBe(before.dropped);
      await expectNothingLeft();
    } finally {
      await sshd.stop();
      await sshd.run();
    }
  });
});

describe("a run that doesn't come to its end", () => {
  /** Starts an update of staging and waits until its forward is open. */
  async function updateUnderWay(banner: string): Promise<{ up: RunningCommand }> {
    project.configure("staging", { banner });
    const up = project.start(["up", "staging", "--yes"], env);
    await until("forward", async () => isForwarded("staging"));
    await until("engine", async () => enginesOf(up.pid).length > 0);
    // Bare, it would be awaited.
    return { up };
  }

  const enginesOf = (command: number | undefined) =>
    processes().filter(({ parent, args }) => parent === command && args[0]?.endsWith("/pulumi"));

  async function convergedOnce(): Promise<void> {
    const again = await run("up", "staging", "--yes");
    expect(again.exitCode, again.output).toBe(0);
    await expectNothingLeft();
    const notes = await ask(setting("staging", "hostPort"), "staging-oracle.localhost", "/api/notes");
    expect(notes.text).toContain("kept");
  }

  long("because a step fails closes the forward", async () => {
    const image = project.config("staging").image;
    // An image that can't migrate.
    project.configure("staging", { image: project.config("staging").redisImage ?? "redis:7.2.11-bookworm" });
    const up = await watched("staging", "up", "staging", "--yes");
    project.configure("staging", { image });
    expect(up.exitCode).not.toBe(0);
    expect(up.seenOpen).toBe(true);
    await expectNothingLeft();
    expect((await ask(setting("staging", "hostPort"), "staging-oracle.localhost", "/version")).status).toBe(
      200,
    );
  });

  long("because of SIGINT lets the engine stop in order, and closes the forward", async () => {
    const { up } = await updateUnderWay("INTERRUPTED");
    up.kill("SIGINT");
    const { exitCode, all } = await up;
    expect(exitCode, all).not.toBe(0);
    await expectNothingLeft();
    await convergedOnce();
  });

  it("because tandem was killed closes the forward at once", async () => {
    const { up } = await updateUnderWay("KILLED");
    const engines = enginesOf(up.pid);
    up.kill("SIGKILL");
    await up;
    await until("the end of the forward", async () => !isForwarded("staging"), 5);
    // The engine is on its own now; it comes to an end, this way or that, and its ssh processes with it.
    await until(
      "the end of the engine",
      async () => !processes().some(({ pid }) => engines.some((e) => e.pid === pid)),
      120,
    );
    await eventually(
      async () =>
        expectNothingLeft().then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    await convergedOnce();
  });
});

describe("a host that can't be used", () => {
  /** Tries a command; gives what it said, after making sure that it was quick and touched nothing. */
  async function refused(...args: string[]): Promise<string> {
    const before = [await snapshot(project.name, "staging"), stateOf("staging")];
    const attempt = await run(...args);
    expect(attempt.exitCode).toBe(1);
    expect(attempt.seconds).toBeLessThan(20);
    expect([await snapshot(project.name, "staging"), stateOf("staging")]).toEqual(before);
    await expectNothingLeft();
    // A message for a person: no stack trace.
    expect(attempt.output).not.toMatch(/^\s+at /m);
    return attempt.output;
  }

  const stateOf = (stack: string) =>
    readFileSync(join(project.home, "state/.pulumi/stacks", project.name, `${stack}.json`), "utf8");

  const byHand = () => `ssh -p ${sshd.port} `;

  it.each([
    ["up", "staging", "--yes"],
    ["preview", "staging"],
    ["down", "staging", "--yes"],
    ["status"],
    ["logs"],
  ])("because its host key is unknown: %s", async (...args) => {
    sshd.trust(undefined);
    const output = await refused(...args).finally(() => sshd.trust("host_key"));
    expect(output).toContain(sshd.dockerHost);
    expect(output).toContain("Host key verification failed");
    expect(output).toContain(byHand());
  });

  it("because its host key has changed", async () => {
    sshd.trust("stranger_id");
    const output = await refused("up", "staging", "--yes").finally(() => sshd.trust("host_key"));
    expect(output).toContain("known_hosts:1");
    expect(output).toContain(byHand());
  });

  it("because it takes none of our keys", async () => {
    sshd.login("stranger_id");
    const output = await refused("up", "staging", "--yes").finally(() => sshd.login("id"));
    expect(output).toContain("Permission denied");
    expect(output).toContain(byHand());
  });

  it("because nothing listens there", async () => {
    await sshd.stop();
    const output = await refused("up", "staging", "--yes").finally(() => sshd.run());
    expect(output).toContain("Connection refused");
    expect(output).toContain(byHand());
  });

  it("because it takes the connection and says nothing", async () => {
    const silent = createServer((socket) => socket.on("error", () => undefined));
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
    project.configure("staging", { dockerHost: `ssh://root@127.0.0.1:${port}` });
    const output = await refused("up", "staging", "--yes").finally(() => {
      project.configure("staging", { dockerHost: sshd.dockerHost });
      silent.close();
    });
    expect(output).toContain("timed out");
    expect(output).toContain(`ssh -p ${port} root@127.0.0.1 docker version`);
  });

  it("because its name is unknown", async () => {
    project.configure("staging", { dockerHost: "ssh://root@no-such-host.invalid" });
    const output = await refused("up", "staging", "--yes").finally(() =>
      project.configure("staging", { dockerHost: sshd.dockerHost }),
    );
    expect(output).toContain("Could not resolve hostname");
  });

  it("because the forward's port was taken meanwhile", async () => {
    // What another process of this machine may ask of it would keep it from closing.
    const taken = createServer((socket) => socket.destroy());
    taken.listen(setting("staging", "postgresForwardPort"), "127.0.0.1");
    await once(taken, "listening");
    const attempt = await run("up", "staging", "--yes");
    await new Promise((resolve) => taken.close(resolve));
    expect(attempt.exitCode).toBe(2);
    expect(attempt.output).toContain("postgresForwardPort");
    await expectNothingLeft();
  });
});

describe("down", () => {
  it("of staging leaves production serving; of production too, and nothing is left but data", async () => {
    const before = await snapshot(project.name, "production");
    const down = await watched("staging", "down", "staging", "--yes");
    expect(down.exitCode, down.output).toBe(0);
    expect(await snapshot(project.name, "production")).toEqual(before);
    expect((await ask(setting("production", "hostPort"), "theoracle.localhost", "/version")).status).toBe(
      200,
    );
    const last = await run("down", "production", "--confirm", "production");
    expect(last.exitCode, last.output).toBe(0);
    for (const stack of ["staging", "production"]) {
      const left = Object.keys(await snapshot(project.name, stack));
      expect(left.filter((thing) => !thing.startsWith("volume "))).toEqual([]);
    }
    await expectNothingLeft();
  });
});
