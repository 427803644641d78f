// The tandem provider's handlers on real containers.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containerStart } from "../../provider/container-start.ts";
import { exec, getFile, stopForGood } from "../../provider/docker/containers.ts";
import { image } from "../../provider/docker/image.ts";
import { volumeOwner } from "../../provider/docker/volume-owner.ts";
import { adminPassword } from "../../provider/postgres/admin-password.ts";
import { migration } from "../../provider/postgres/migration.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { context, createdContainer } from "../support/handlers.ts";

const run = uniqueName("tandem-test-");
const label = `tandem.test=${run}`;
const labels = { "tandem.test": run };
const POSTGRES = "pgvector/pgvector:0.8.2-pg17-trixie";
const REDIS = "redis:7.2.11-bookworm";
const created = createdContainer(run, labels);

beforeAll(async () => {
  await docker.createNetwork({ Name: run, Labels: labels });
});

afterAll(() => removeLabelled(label));

describe("ContainerStart", () => {
  it("writes files into a read-only container, limits its pids, and waits for its health", async () => {
    const target = await created({
      image: POSTGRES,
      user: "postgres",
      command: ["postgres"],
      health: ["pg_isready", "-q", "-h", "127.0.0.1"],
      volumes: ["/run/secrets", "/var/lib/postgresql/data"],
    });
    const inputs = {
      ...target,
      pids: 99,
      healthTimeoutSeconds: 90,
      running: true,
      files: { "/run/secrets/pw": "first" },
    };
    const { outputs } = await containerStart.create({ inputs }, context());
    const facts = await docker.getContainer(target.containerId).inspect();
    expect(facts.HostConfig.PidsLimit).toBe(99);
    expect(await getFile(docker, target.containerId, "/run/secrets/pw")).toBe("first");
    expect((await exec(docker, target.containerId, ["pg_isready", "-h", "127.0.0.1"])).exitCode).toBe(0);

    await stopForGood(docker, target.containerId, 10);
    const read = await containerStart.read?.({ id: target.containerId, outputs, inputs }, context());
    expect(read?.outputs.running).toBe(false);
    const diff = await containerStart.diff(
      { id: target.containerId, olds: read?.outputs ?? {}, oldInputs: inputs, news: inputs },
      context(),
    );
    expect(diff.changes).toEqual({ running: "update" });
    await containerStart.update?.(
      { id: target.containerId, olds: read?.outputs ?? {}, oldInputs: inputs, inputs },
      context(),
    );
    const again = await docker.getContainer(target.containerId).inspect();
    expect(again.State.Running).toBe(true);
    expect(again.HostConfig.RestartPolicy?.Name).toBe("always");

    await adminPassword.create(
      { inputs: { containerId: target.containerId, username: "postgres", password: "second" } },
      context(),
    );
    const login = (password: string) =>
      exec(docker, target.containerId, [
        "env",
        `PGPASSWORD=${password}`,
        "psql",
        "-h",
        "127.0.0.1",
        "-U",
        "postgres",
        "-c",
        "select 1",
      ]);
    expect((await login("second")).exitCode).toBe(0);
  });

  it("stops a container that never gets healthy and tells its last log lines without secrets", async () => {
    const target = await created({
      image: REDIS,
      user: "redis",
      command: ["sh", "-c", "echo starting with $API_TOKEN; sleep 600"],
      health: ["false"],
    });
    const inputs = { ...target, pids: 20, healthTimeoutSeconds: 2, running: true };
    const failure = await Promise.resolve(containerStart.create({ inputs }, context())).catch(
      (error: Error) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).toContain("was not healthy within 2 s");
    expect(String(failure)).toContain("starting with [secret]");
    expect(String(failure)).not.toContain("canary-in-environment");
    const facts = await docker.getContainer(target.containerId).inspect();
    expect(facts.State.Running).toBe(false);
    // Else it would be back after the next restart of the daemon.
    expect(facts.HostConfig.RestartPolicy?.Name).toBe("no");
  });
});

describe("a health check that hangs", () => {
  it("does not hold the gate open", async () => {
    const target = await created({
      image: REDIS,
      user: "redis",
      command: ["sleep", "600"],
      health: ["sleep", "60"],
    });
    const inputs = { ...target, pids: 20, healthTimeoutSeconds: 2, running: true };
    const start = performance.now();
    await expect(Promise.resolve(containerStart.create({ inputs }, context()))).rejects.toThrow(
      /took longer than/,
    );
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});

describe("Image", () => {
  it("resolves a local image at check and refuses one that can't be had, naming it", async () => {
    const request = { news: { reference: REDIS }, olds: {}, randomSeed: Buffer.alloc(0) };
    const checked = await image.check?.(request, context());
    expect(checked?.inputs.imageId).toBe((await docker.getImage(REDIS).inspect()).Id);
    const missing = { reference: "localhost:1/nothing/here:1.0" };
    await expect(Promise.resolve(image.create({ inputs: missing }, context()))).rejects.toThrow(
      /localhost:1\/nothing\/here:1.0/,
    );
  });
});

describe("VolumeOwner", () => {
  it("gives all that is in a volume to its owner, and nothing under a container that runs", async () => {
    const volume = `${run}-files`;
    await docker.createVolume({ Name: volume, Labels: labels });
    const inputs = { volume, image: REDIS, owner: "1000:1000" };
    await volumeOwner.create({ inputs }, context());
    const user = async (owner: string, script: string) => {
      const container = await docker.createContainer({
        ...{ Image: REDIS, Entrypoint: ["sh", "-c", script], User: owner, Labels: labels },
        HostConfig: { Binds: [`${volume}:/files`], NetworkMode: "none", CapDrop: ["ALL"] },
      });
      await container.start();
      return container;
    };
    const ends = async (owner: string, script: string) =>
      (await (await user(owner, script)).wait()) as { StatusCode: number };
    const make = "umask 077; mkdir -p /files/a/b && echo one > /files/a/b/c && ln -s /etc/passwd /files/link";
    expect(await ends("1000:1000", make)).toMatchObject({ StatusCode: 0 });

    const running = await user("1000:1000", "sleep 600");
    const news = { ...inputs, owner: "2000:2000" };
    const asked = { news, olds: inputs, randomSeed: Buffer.alloc(0) };
    const reason = expect.stringMatching(/belongs to 1000:1000 and .* uses it/);
    const refused = await volumeOwner.check?.(asked, context());
    expect(refused?.failures).toEqual([{ property: "owner", reason }]);
    const update = (to: typeof inputs, from: typeof inputs) =>
      Promise.resolve(
        volumeOwner.update?.({ id: volume, olds: from, oldInputs: from, inputs: to }, context()),
      );
    await expect(update(news, inputs)).rejects.toThrow(/Nothing was touched/);
    await running.remove({ force: true });

    expect((await volumeOwner.check?.(asked, context()))?.failures).toEqual([]);
    const read = "cat /files/a/b/c && echo more >> /files/a/b/c";
    for (const [to, from] of [
      [news, inputs],
      [inputs, news],
    ] as const) {
      await update(to, from);
      expect(await ends(to.owner, read)).toMatchObject({ StatusCode: 0 });
      expect((await ends(from.owner, read)).StatusCode).not.toBe(0);
    }
  });
});

describe("VolumeOwner on a host without its image", () => {
  it("asks the image's registry for it", async () => {
    const volume = `${run}-early`;
    await docker.createVolume({ Name: volume, Labels: labels });
    const inputs = { volume, image: "localhost:1/nothing/here:1.0", owner: "1000:1000" };
    await expect(Promise.resolve(volumeOwner.create({ inputs }, context()))).rejects.toThrow(
      /nothing\/here:1.0 is not on .* and can't be pulled/,
    );
  });
});

describe("Migration", () => {
  const spec = (command: string[], timeoutSeconds = 30) => ({
    containerName: `${run}_migration`,
    imageId: REDIS,
    command,
    user: "redis",
    environment: { OWNER_PASSWORD: "canary-of-migration" },
    files: { "/run/secrets/TOKEN": "from-a-file" },
    network: run,
    labels,
    timeoutSeconds,
    memoryMb: 64,
    cpus: 0.5,
    pids: 20,
  });

  it("streams what the command prints and removes its container", async () => {
    const ctx = context();
    const script = "echo one; cat /run/secrets/TOKEN; echo; echo $OWNER_PASSWORD; touch /x || true";
    const { outputs } = await migration.create({ inputs: spec(["sh", "-c", script]) }, ctx);
    const said = ctx.lines.join("\n");
    expect(said).toMatch(/one[\s\S]*from-a-file[\s\S]*\[secret\]/);
    // By its other output: which of two comes first is not known.
    expect(said).toContain("Read-only file system");
    expect(outputs.durationMs).toBeGreaterThan(0);
    await expect(docker.getContainer(`${run}_migration`).inspect()).rejects.toThrow(/no such container/i);
  });

  it("fails with exit code and last lines", async () => {
    const failing = spec(["sh", "-c", "echo column is missing >&2; exit 3"]);
    await expect(Promise.resolve(migration.create({ inputs: failing }, context()))).rejects.toThrow(
      /exit code 3[\s\S]*No container and no route was changed[\s\S]*column is missing/,
    );
  });

  it("kills a command at its time limit", async () => {
    const hanging = spec(["sleep", "60"], 1);
    await expect(Promise.resolve(migration.create({ inputs: hanging }, context()))).rejects.toThrow(
      /time limit of 1 s/,
    );
  });

  it("lets a run that was left behind finish first", async () => {
    const left = await docker.createContainer({
      name: `${run}_migration`,
      Image: REDIS,
      Cmd: ["sleep", "8"],
      Labels: labels,
      HostConfig: { NetworkMode: run },
    });
    await left.start();
    const ctx = context();
    await migration.create({ inputs: spec(["true"]) }, ctx);
    expect(ctx.lines.join("\n")).toContain("still runs; waiting for its end");
  });
});
