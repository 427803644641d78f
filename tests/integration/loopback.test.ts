// Another machine on the Docker host's network segment against ports that are published on 127.0.0.1: what the version
// says of it, what close-loopback.sh changes, and that nothing else changes. All in namespaces of the test's own.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalog } from "../../setup/images/catalog.ts";
import { opensLoopback } from "../../setup/loopback-versions.ts";
import { CLOSE_LOOPBACK } from "../../setup/loopback-warning.ts";
import { until } from "../support/docker-cli.ts";
import { DOCKER_RELEASES, dockerRoot, type OtherDocker } from "../support/docker-versions.ts";
import { inside, Neighbour, reachedLocally } from "../support/neighbour.ts";
import { OwnDocker } from "../support/own-docker.ts";
import { ROOT } from "../support/project.ts";

const image = catalog.find(({ reference }) => reference.startsWith("redis:"))?.reference ?? "";
const script = readFileSync(CLOSE_LOOPBACK, "utf8");
/** This machine's own version; in the long form also those that can be had besides. */
const VERSIONS: (OtherDocker | undefined)[] = [
  undefined,
  ...(process.env.TANDEM_SOAK === undefined ? [] : (Object.keys(DOCKER_RELEASES) as OtherDocker[])),
];
/** Published on 127.0.0.1, and on all addresses. */
const [LOCAL, PUBLIC] = [21_001, 21_002];

const obstacle = process.getuid?.() === 0 ? await OwnDocker.obstacle() : "it needs root";
if (obstacle !== undefined) process.stderr.write(`loopback.test.ts is skipped: ${obstacle}\n`);

describe.skipIf(obstacle !== undefined).each(VERSIONS)(
  "on Docker %s, another machine on the segment",
  (version) => {
    let own: OwnDocker;
    let neighbour: Neighbour;
    let opens: boolean;
    /** What the script told systemd to do at a boot. */
    let boot: string[] = [];

    const close = (...words: string[]) => inside(own, `sh -s ${words.join(" ")}`, true, script);
    /** Whether it reaches the port on 127.0.0.1, and the container by its own address. */
    const reached = async () => {
      const { NetworkSettings } = await own.client.getContainer("local").inspect();
      const address = NetworkSettings.Networks.segment?.IPAddress ?? "";
      return await Promise.all([neighbour.reaches("127.0.0.1", LOCAL), neighbour.reaches(address, 6379)]);
    };
    /** What the set-up says of the daemon's host. */
    const told = async () => {
      const [program = "", ...words] = [...own.inside, join(ROOT, "tandem"), "setup", "--check"];
      const env = { DOCKER_HOST: own.host };
      return (await execa(program, words, { reject: false, all: true, stdin: "ignore", env })).all;
    };
    const answers = () =>
      until("both ports on the host itself", async () =>
        (await Promise.all([LOCAL, PUBLIC].map((port) => reachedLocally(own, port)))).every(Boolean),
      );

    beforeAll(async () => {
      own = await OwnDocker.start([image], version === undefined ? {} : { root: await dockerRoot(version) });
      opens = opensLoopback((await own.client.version()) as never);
      await own.client.createNetwork({ Name: "segment" });
      for (const [name, HostIp, HostPort] of [
        ["local", "127.0.0.1", String(LOCAL)],
        ["public", "0.0.0.0", String(PUBLIC)],
      ] as const) {
        const container = await own.client.createContainer({
          name,
          Image: image,
          Cmd: ["redis-server", "--protected-mode", "no", "--save", ""],
          HostConfig: {
            NetworkMode: "segment",
            RestartPolicy: { Name: "always" },
            PortBindings: { "6379/tcp": [{ HostIp, HostPort }] },
          },
        });
        await container.start();
      }
      neighbour = await Neighbour.plugIn(own);
      // A systemd of the test's own, whatever runs this machine.
      await inside(
        own,
        `mkdir -p /run/systemd /etc/systemd/system && mount -t tmpfs tmpfs /run/systemd &&
       mount -t tmpfs tmpfs /etc/systemd/system && mkdir -p /run/systemd/system /run/systemd/bin &&
       printf '#!/bin/sh\\necho "$*" >>/run/systemd/calls\\n' >/run/systemd/bin/systemctl &&
       chmod +x /run/systemd/bin/systemctl`,
      );
      await answers();
    });

    afterAll(() => own?.remove());

    it("reaches what is published on 127.0.0.1 as the engine's version says, and set-up tells of it", async () => {
      expect(await reached()).toEqual([opens, opens]);
      if (version === undefined) expect((await told()).includes(CLOSE_LOOPBACK)).toBe(opens);
    });

    it("reaches it no longer with the rules, and all else goes on", async () => {
      if (opens) await expect(close("check")).rejects.toThrow();
      await inside(own, `PATH=/run/systemd/bin:$PATH sh`, true, script);
      await close("check");
      expect(await reached()).toEqual([false, false]);
      if (version === undefined) expect(await told()).not.toContain(CLOSE_LOOPBACK);
      await answers();
      expect(await neighbour.reaches(neighbour.host, PUBLIC)).toBe(true);
      const from = (host: string, port: number) =>
        inside(own, `docker --host ${own.host} exec local redis-cli -h ${host} -p ${port} ping`, false);
      expect(await from("public", 6379)).toBe("PONG");
      // Nothing listens there; that it says so is an answer from outside.
      expect(await from(neighbour.address, 7000)).toContain("refused");
    });

    it("doesn't after a restart of the daemon", async () => {
      await own.kill("SIGTERM");
      await own.run();
      await answers();
      expect(await reached()).toEqual([false, false]);
    });

    it("doesn't after a reboot, by what the script left to systemd", async () => {
      const unit = await inside(own, "cat /etc/systemd/system/tandem-close-loopback.service");
      boot = unit.split("\n").flatMap((line) => /^ExecStart=(.*)$/.exec(line)?.[1] ?? []);
      expect(await inside(own, "cat /run/systemd/calls")).toContain(
        "enable --now tandem-close-loopback.service",
      );
      await own.reboot(true);
      neighbour = await Neighbour.plugIn(own);
      await answers();
      expect(await reached()).toEqual([opens, opens]);
      await inside(own, boot.join("\n"));
      expect(await reached()).toEqual([false, false]);
    });

    it("reaches it as before when the rules are taken away", async () => {
      // There is no systemd now, and nothing of it is called.
      await inside(own, "mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd");
      await close("remove");
      expect(await reached()).toEqual([opens, opens]);
    });

    it("isn't kept away by rules that would cut off somebody else's bridge", async () => {
      await inside(own, "ip link add br-guests type bridge");
      await expect(close()).rejects.toThrow("would close them, too: br-guests");
      await expect(close("check")).rejects.toThrow();
    });
  },
);

/** A machine without an init and with no Docker that runs: namespaces, and nothing of this machine's Docker in them. */
const BARE_MACHINE = [
  "ip link set lo up",
  ...["/run", "/var/lib/docker", "/var/lib/containerd"].map(
    (path) => `mkdir -p ${path} && mount -t tmpfs tmpfs ${path}`,
  ),
];
const START = `
const { docker } = await import(${JSON.stringify(join(ROOT, "setup/steps/docker.ts"))});
const { resolvePaths } = await import(${JSON.stringify(join(ROOT, "setup/paths.ts"))});
await docker.install({ paths: resolvePaths(), env: process.env }, console.log);
console.log((await docker.inspect({ env: process.env })).found);
process.exit();`;

describe.skipIf(obstacle !== undefined)("a Docker that set-up starts itself", () => {
  it("is closed as soon as it answers", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tandem-bare-"));
    const env = { TANDEM_HOME: folder, TANDEM_CACHE: folder, DOCKER_HOST: undefined };
    const script = [...BARE_MACHINE, '"$@"', `sh '${CLOSE_LOOPBACK}' check; echo "check: $?"`].join(" && ");
    const started = await execa(
      "unshare",
      [
        ...["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
        ...["sh", "-c", script, "sh", process.execPath, "--input-type=module", "-e", START],
      ],
      { env, all: true, reject: false, stdin: "ignore" },
    );
    rmSync(folder, { recursive: true, force: true });
    expect(started.all).toMatch(/starting dockerd by itself/);
    const Version = /Docker Engine (\S+) at/.exec(started.all)?.[1] ?? "";
    expect(started.all).toContain(`check: ${opensLoopback({ Version }) ? 0 : 1}`);
    expect(started.all).not.toContain("close-loopback.sh");
  });
});
