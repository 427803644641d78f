// AppService with images that weren't made for Tandem: root that drops its rights, a writable root, files where the image
// wants them, no client for a health check, ports of its own, and what may exist only once.
import { createSocket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exec } from "../../provider/docker/containers.ts";
import { listenTo } from "../support/container-events.ts";
import { docker } from "../support/docker.ts";
import { killProgram } from "../support/processes.ts";
import { TestProgram } from "../support/program.ts";
import { freePort } from "../support/project.ts";
import { readyMadeProgram } from "../support/ready-made-program.ts";
import { eventually } from "../support/requests.ts";
import { containerOf } from "../support/snapshot.ts";

let program: TestProgram;
let ports: { tcp: number; udp: number };

const id = (service: string) => containerOf(program.system, "dev", service);
async function inside(service: string, line: string): Promise<string> {
  const { output, exitCode } = await exec(docker, await id(service), ["sh", "-c", line]);
  return exitCode === 0 ? output.trim() : `exit ${exitCode}: ${output}`;
}
/** What answers at the published port, as soon as somebody does. */
const version = () =>
  eventually(
    () =>
      fetch(`http://127.0.0.1:${ports.tcp}/`).then(
        (answer) => answer.text(),
        () => undefined,
      ),
    (text) => text !== undefined,
  );

async function up(): Promise<string> {
  const { exitCode, output } = await program.pulumi("up", "--yes", "--skip-preview");
  if (exitCode !== 0) throw new Error(output);
  return output;
}

beforeAll(async () => {
  ports = { tcp: await freePort(), udp: await freePort() };
  program = await TestProgram.create(readyMadeProgram("1", ports));
  expect(await up()).toContain("colour = blue");
});
afterAll(() => program?.remove());

describe("an image that wasn't made for Tandem", () => {
  it("C2: runs as its own user, in its folder, with the capabilities and groups that were named and no others", async () => {
    expect(await inside("opened", "id -u")).toBe("0");
    expect(await inside("opened", "id -G")).toMatch(/\b4242\b/);
    expect(await inside("opened", "pwd")).toBe("/srv");
    // Bits 0 (CHOWN) and 7 (SETUID) of capabilities(7).
    expect(await inside("opened", "grep CapBnd /proc/1/status")).toMatch(/\s0{14}81$/);
    expect(await inside("closed", "id -u; grep CapBnd /proc/1/status")).toMatch(/^1000\n.*\s0{16}$/);
  });

  it("C2: writes where it may, and nowhere else by default", async () => {
    expect(await inside("opened", "echo x > /srv/x && cat /srv/x")).toBe("x");
    expect(await inside("closed", "echo x > /srv/x")).toMatch(/Read-only file system/);
    expect(await inside("opened", "printf '#!/bin/sh\necho ran' > /tmp/x; chmod +x /tmp/x; /tmp/x")).toBe(
      "ran",
    );
    expect(await inside("closed", "printf '#!/bin/sh\necho ran' > /tmp/x; chmod +x /tmp/x; /tmp/x")).toMatch(
      /^exit 126/,
    );
    expect(await inside("opened", "df -m /tmp | tail -1")).toMatch(/\s5\s/);
  });

  it("C2: has the bounds, parameters, devices, hosts, time zone and shared memory that were named", async () => {
    const found = {
      bounds: await inside("opened", "ulimit -Sn; ulimit -Hn; ulimit -c"),
      parameter: await inside("opened", "cat /proc/sys/net/core/somaxconn"),
      device: await inside("opened", "test -c /dev/nothing && echo there"),
      host: await inside("opened", "grep printer /etc/hosts"),
      // By Node's own table of zones: whether the image has one is the image's affair.
      hour: await inside("opened", "node -p 'new Date(0).getHours()'"),
      sharedMemory: await inside("opened", "df -m /dev/shm | tail -1"),
    };
    // In one, so that what is wrong is told with all that is right.
    expect(found).toEqual({
      bounds: "512\n1024\n0",
      parameter: "333",
      device: "there",
      host: expect.stringMatching(/^192\.0\.2\.7\s+printer\.example\.com/),
      hour: "9",
      sharedMemory: expect.stringMatching(/\s8\s/),
    });
  });

  it("C4: finds files where it wants them, beside those of its image", async () => {
    expect(await inside("opened", "cat /etc/own/app.conf")).toBe("colour = blue");
    expect(await inside("closed", "cat /etc/default/app; ls /etc/default | wc -l")).not.toMatch(/\n1$/);
    expect(await inside("closed", "echo x >> /etc/default/app")).toMatch(/Permission denied/);
  });

  it("C5: is healthy by HTTP without following a redirect, by a connection, and by a line for its shell", async () => {
    for (const service of ["opened", "closed", "shell"]) {
      const status = async () =>
        (await docker.getContainer(await id(service)).inspect()).State.Health?.Status;
      await eventually(status, (said) => said === "healthy");
    }
    // The same check on a port where nobody listens.
    const { Config } = await docker.getContainer(await id("closed")).inspect();
    const test = (Config.Healthcheck?.Test ?? []).slice(1).map((word) => (word === "3000" ? "3009" : word));
    expect((await exec(docker, await id("closed"), test)).exitCode).not.toBe(0);
    const asked = await docker.getContainer(await id("opened")).inspect();
    const wrong = (asked.Config.Healthcheck?.Test ?? [])
      .slice(1)
      .map((word) => (word === "3000" ? "3001" : word));
    expect((await exec(docker, await id("opened"), wrong)).exitCode).not.toBe(0);
  });

  it("C7: publishes ports by TCP and UDP, on loopback", async () => {
    expect(await version()).toBe("1");
    expect(await udpAnswer(ports.udp, "hello")).toBe("heard hello");
    const { NetworkSettings } = await docker.getContainer(await id("opened")).inspect();
    for (const bound of Object.values(NetworkSettings.Ports))
      expect(bound?.map(({ HostIp }) => HostIp)).toEqual(["127.0.0.1"]);
  });

  it("shows no change at the next preview, also after a refresh", async () => {
    const { exitCode, output } = await program.pulumi("preview", "--refresh", "--expect-no-changes");
    expect(exitCode, output).toBe(0);
  });

  it("C3: is found by its name by the others, where it runs once", async () => {
    const ask = `fetch("http://opened:3000/").then((answer) => answer.text()).then(console.log)`;
    expect(await inside("closed", `node -e '${ask}'`)).toBe("1");
  });

  it("B4, C3: has the old one end before the new one starts, while one that is reached by its name through a gateway is always there", async () => {
    const before = await id("opened");
    const heard = await listenTo(`${program.system}_dev_opened-1`);
    program.write(readyMadeProgram("2", ports));
    const [asked] = await Promise.all([askByName(30), up()]);
    expect(asked.failed).toEqual([]);
    expect(Object.keys(asked.versions)).toEqual(["1", "2"]);
    const after = await id("opened");
    expect(await version()).toBe("2");
    const order = heard();
    expect(order.slice(0, 2)).toEqual([
      { id: before, action: "die" },
      { id: after, action: "start" },
    ]);
  });

  it("B4: never runs twice when an up is killed between the two, and runs again with the next one", async () => {
    const before = await id("opened");
    const heard = await listenTo(`${program.system}_dev_opened-1`);
    program.write(readyMadeProgram("3", ports));
    const killed = up().catch(() => undefined);
    const runs = async () => (await docker.getContainer(before).inspect()).State.Running;
    await eventually(runs, (running) => !running, 60);
    killProgram(program.folder);
    await killed;
    await program.pulumi("cancel", "--yes");
    await up();
    expect(await version()).toBe("3");
    const ran = new Set<string>();
    for (const { id: container, action } of heard()) {
      if (action === "start") ran.add(container);
      if (action === "die") ran.delete(container);
      expect(ran.size).toBeLessThanOrEqual(1);
    }
  });

  it("B4: starts the old one again when the new one fails, and says so", async () => {
    const before = await id("opened");
    program.write(readyMadeProgram("bad", ports));
    const { exitCode, output } = await program.pulumi("up", "--yes", "--skip-preview");
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/The version before, \S+, was started again\./);
    expect(await version()).toBe("3");
    expect(await id("opened")).toBe(before);
    program.write(readyMadeProgram("3", ports));
    await up();
    expect(await version()).toBe("3");
  });
});

/** Asks one service for its version from inside another one, 20 times a second, by the name that the gateway inside has. */
async function askByName(seconds: number): Promise<{ versions: Record<string, number>; failed: string[] }> {
  const script = `
    const versions = {}, failed = [], asked = [];
    const ask = () => asked.push(fetch("http://closed/").then((answer) => answer.text())
      .then((text) => { versions[text] = (versions[text] ?? 0) + 1; }, (error) => failed.push(String(error.cause ?? error))));
    const timer = setInterval(ask, 50);
    setTimeout(async () => { clearInterval(timer); await Promise.all(asked); console.log(JSON.stringify({ versions, failed })); },
      ${seconds} * 1000);`;
  const { stdout } = await exec(docker, await id("shell"), ["node", "-e", script]);
  return JSON.parse(stdout);
}

/** What a port of loopback answers to a datagram. */
function udpAnswer(port: number, text: string): Promise<string> {
  const socket = createSocket("udp4");
  const answer = new Promise<string>((resolve, reject) => {
    socket.once("message", (said) => resolve(String(said)));
    socket.once("error", reject);
    setTimeout(() => reject(new Error("no answer")), 5000).unref();
  });
  socket.send(text, port, "127.0.0.1");
  return answer.finally(() => socket.close());
}
