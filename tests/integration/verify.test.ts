// A running pair, attacked from inside, and `tandem verify` on it: everything holds, and each planted violation is found.
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Check } from "../../ops/inspect/verify/check.ts";
import { defaultDockerHost } from "../../setup/docker-daemon.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { loopbackWarning } from "../../setup/loopback-warning.ts";
import { docker, removeLabelled } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { isolationCases } from "../support/isolation-cases.ts";
import { freePort, TestProject } from "../support/project.ts";
import { containerOf } from "../support/snapshot.ts";

let project: TestProject;
const secrets: string[] = [];
const planted = () => `tandem.test=${project.name}`;

/** Values of an app's secret variables. */
async function secretsOf(stack: string): Promise<Record<string, string>> {
  const { Config } = await docker.getContainer(await containerOf(project.name, stack, "app")).inspect();
  const entries = Config.Env.map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]);
  return Object.fromEntries(entries.filter(([name = ""]) => /DATABASE_URL|REDIS_URL|TOKEN/.test(name)));
}

async function verify(...args: string[]): Promise<{ exitCode: number; output: string; checks: Check[] }> {
  const { exitCode, output } = await project.tandem(["verify", "--json", ...args]);
  const { checks } = JSON.parse(output) as { checks: Check[] };
  for (const secret of secrets) expect(output).not.toContain(secret);
  return { exitCode, output, checks };
}

const broken = (checks: Check[]) => checks.filter(({ result }) => result === "broken");
const told = (checks: Check[], area: Check["area"], environment: string) =>
  broken(checks)
    .filter((check) => check.area === area && check.environment === environment)
    .map(({ answer }) => answer)
    .join("\n");

/** Runs a container of nobody's own with these flags of `docker run`. */
async function plant(name: string, ...flags: string[]): Promise<void> {
  const common = ["run", "-d", "--label", planted(), "--name", `${project.name}-${name}`];
  await dockerOk([...common, ...flags, referenceOf("node"), "node", "-e", "setInterval(() => {}, 1000)"]);
}

const labelled = (stack: string) => [
  "--label",
  `tandem.system=${project.name}`,
  "--label",
  `tandem.environment=${stack}`,
];

beforeAll(async () => {
  project = await TestProject.create();
  for (const stack of ["staging", "production"]) {
    await project.setSecret(stack, "voipToken", `canary-voip-token-of-${stack}`);
  }
  const ups = await Promise.all(
    ["staging", "production"].map((stack) => project.tandem(["up", stack, "--yes"])),
  );
  const warning = await loopbackWarning(defaultDockerHost());
  for (const { exitCode, output } of ups) {
    if (exitCode !== 0) throw new Error(output);
    for (const line of warning) expect(output).toContain(line);
  }
  for (const stack of ["staging", "production"]) {
    for (const value of Object.values(await secretsOf(stack))) {
      secrets.push(URL.canParse(value) ? new URL(value).password : value);
    }
  }
});
afterEach(() => removeLabelled(planted()));
afterAll(() => project.remove());

// Before anything is planted.
isolationCases(() => project);

describe("a pair that is isolated", () => {
  it("holds in every check, each with what was tried and what came back, and ends with 0", async () => {
    const { exitCode, output, checks } = await verify();
    expect(checks.filter(({ result }) => result !== "holds")).toEqual([]);
    expect(exitCode, output).toBe(0);
    for (const environment of ["staging", "production"]) {
      const areas = new Set(
        checks.filter((check) => check.environment === environment).map(({ area }) => area),
      );
      expect([...areas].toSorted()).toEqual([
        "addresses",
        "credentials",
        "databases",
        "hostnames",
        "keys",
        "labels",
        "names",
        "networks",
        "ports",
        "rights",
        "variables",
        "volumes",
      ]);
    }
    expect(checks.every(({ tried, answer }) => tried !== "" && answer !== "")).toBe(true);
    expect(secrets.length).toBe(6);
  });

  it("is told as a table, for one environment if wanted, and shows no secret in any process's arguments", async () => {
    const running = project.start(["verify", "staging"]);
    let ended = false;
    void running.finally(() => {
      ended = true;
    });
    while (!ended) {
      for (const secret of secrets) expect(commandLines()).not.toContain(secret);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { exitCode, all = "" } = await running;
    expect(exitCode, all).toBe(0);
    expect(all).toMatch(/(\d+) of \1 checks hold, 0 broken, 0 not tried/);
    // What else there is to know of the host.
    expect(all).toContain((await loopbackWarning(defaultDockerHost())).join("\n"));
    expect(all).not.toMatch(/holds +\w+ +production/);
    for (const secret of secrets) expect(all).not.toContain(secret);
  });

  it("is tried from inside as well where no image has Node, and nothing of them is asked", async () => {
    const app = docker.getContainer(await containerOf(project.name, "staging", "app"));
    await app.stop({ t: 1 });
    const { exitCode, output, checks } = await verify("staging");
    await app.start();
    expect(exitCode, output).toBe(0);
    const areas = checks.map(({ area }) => area);
    for (const area of ["names", "addresses", "ports"]) expect(areas).toContain(area);
    const label = [`tandem.system=${project.name}`, "tandem.environment=staging"];
    const own = (await docker.listContainers({ filters: { label } })).map(({ Id }) => `container:${Id}`);
    const all = await docker.listContainers({ all: true });
    expect(all.filter(({ HostConfig }) => own.includes(HostConfig.NetworkMode))).toEqual([]);
  });

  it("is the same as parity says: nothing differs but what may", async () => {
    const { exitCode, output } = await project.tandem(["parity"]);
    expect(exitCode, output).toBe(0);
  });
});

describe("a planted violation", () => {
  it("is found: a container joined to the other environment's network", async () => {
    const network = docker.getNetwork(`${project.name}_production_network`);
    const app = await containerOf(project.name, "staging", "app");
    await network.connect({ Container: app });
    const { exitCode, checks } = await verify();
    await network.disconnect({ Container: app });
    expect(exitCode).toBe(2);
    expect(told(checks, "networks", "staging")).toContain("is in a network with");
    expect(told(checks, "networks", "production")).toContain("(staging)");
    expect(told(checks, "names", "staging")).toContain(`${project.name}_production_postgres has an address`);
    expect(told(checks, "addresses", "staging")).toMatch(/:5432 is open/);
    expect(told(checks, "addresses", "staging")).toMatch(/:33434\/udp answers that it is closed/);
    expect(told(checks, "names", "production")).toContain("_staging_app");
  });

  it("is found: a stranger with staging's labels, production's volume and token, open to the world", async () => {
    const { VOIP_TOKEN, DATABASE_URL } = await secretsOf("production");
    const port = await freePort();
    await plant(
      "stranger",
      ...labelled("staging"),
      ...["-v", `${project.name}_production_pgdata:/data`],
      ...["-e", `API_TOKEN=${VOIP_TOKEN}`, "-e", `DATABASE_URL=${DATABASE_URL}`],
      ...["-p", `0.0.0.0:${port}:80`],
    );
    const { exitCode, checks } = await verify();
    expect(exitCode).toBe(2);
    expect(told(checks, "labels", "staging")).toContain(`${project.name}-stranger is not in its state`);
    expect(told(checks, "volumes", "staging")).toContain(`mounts ${project.name}_production_pgdata`);
    expect(told(checks, "volumes", "production")).toContain(`${project.name}-stranger (staging) mounts`);
    expect(told(checks, "ports", "staging")).toContain(`publishes 0.0.0.0:${port}`);
    expect(told(checks, "credentials", "staging")).toContain(
      "API_TOKEN is the same as app: VOIP_TOKEN of production",
    );
    expect(told(checks, "credentials", "staging")).toContain("it was let in");
    expect(told(checks, "variables", "staging")).toContain("DATABASE_URL of");
  });

  it("is found: ways out of a container, ports by IPv6 and UDP at any of the host's addresses, and guests", async () => {
    const app = await containerOf(project.name, "staging", "app");
    const [port, udp] = [await freePort(), await freePort()];
    await plant("nobody", "--network", `${project.name}_staging_network`);
    await plant("guest", "--network", `container:${app}`, "--pid", `container:${app}`);
    // Its own address on the bridge of another network leads to the host as well.
    const other = (await docker.getNetwork("bridge").inspect()) as {
      IPAM: { Config: { Gateway?: string }[] };
    };
    const gateway = other.IPAM.Config[0]?.Gateway ?? "172.17.0.1";
    await plant(
      "escaped",
      ...labelled("production"),
      ...["--cap-add", "SYS_ADMIN", "--pid", "host", "--security-opt", "seccomp=unconfined"],
      ...["-v", "/var/run/docker.sock:/var/run/docker.sock"],
      ...["-p", `${gateway}:${port}:80`, "-p", `0.0.0.0:${udp}:53/udp`],
    );
    const { exitCode, checks } = await verify();
    expect(exitCode).toBe(2);
    expect(told(checks, "networks", "staging")).toContain(`${project.name}-nobody (of another system)`);
    const guest = told(checks, "rights", "staging");
    for (const namespace of ["network", "pid"]) {
      expect(guest).toContain(`${project.name}-guest shares ${namespace}: container:${app}`);
    }
    const escaped = told(checks, "rights", "production");
    for (const way of [
      "has the capability SYS_ADMIN",
      "shares pid: host",
      "runs with seccomp=unconfined",
      /mounts \/(var\/)?run\/docker.sock/,
    ]) {
      expect(escaped).toMatch(way);
    }
    expect(told(checks, "ports", "production")).toContain(`publishes 0.0.0.0:${udp}/udp`);
    expect(told(checks, "ports", "production")).toContain(`publishes ${gateway}:${port}`);
  });
});

describe("what can't be verified", () => {
  it("is said, with exit code 1", async () => {
    const down = await project.tandem(["down", "production", "--yes", "--confirm", "production"]);
    expect(down.exitCode, down.output).toBe(0);
    const none = await project.tandem(["verify", "production"]);
    expect(none.exitCode, none.output).toBe(1);
    expect(none.output).toContain("nothing to verify");
    expect((await project.tandem(["verify", "elsewhere"])).exitCode).toBe(1);
  });
});

/** Arguments of every process of the machine. */
function commandLines(): string {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return processes
    .map((id) => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, "utf8");
      } catch {
        // It ended.
        return "";
      }
    })
    .join("\n");
}
