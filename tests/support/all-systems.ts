// All five systems on one machine: projects of the test's own with their staging and production, brought up two at a time.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "./docker.ts";
import { ManagedPair } from "./managed-pair.ts";
import { askTls } from "./pair.ts";
import { type Outcome, ROOMY, type StackConfig, TestProject } from "./project.ts";
import { ask } from "./requests.ts";

/** The environments of each system. */
export const STACKS = ["staging", "production"] as const;
type Stack = (typeof STACKS)[number];

/** The five systems. */
export const SYSTEMS = ["oracle", "lugh", "eduaiia", "live-listen", "blue-banded-bee"] as const;
type System = (typeof SYSTEMS)[number];

/** One environment of one system. */
export interface Place {
  system: System;
  stack: Stack;
}

/** How long a command on a place took, in seconds. */
export interface Timed extends Place {
  seconds: number;
}

/** Every environment, each system's staging first. */
export const PLACES: Place[] = SYSTEMS.flatMap((system) => STACKS.map((stack) => ({ system, stack })));

const HOSTNAMES: Partial<Record<System, Record<Stack, string>>> = {
  eduaiia: { staging: "staging.eduaiia.com", production: "eduaiia.com" },
  "blue-banded-bee": {
    staging: "blue-banded-bee-staging.fly.dev",
    production: "blue-banded-bee.fly.dev",
  },
};

/** Commands that run at the same time: one for each core of the smallest machine that this is meant for. */
const AT_ONCE = 2;

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

function required({ exitCode, output, seconds }: Outcome): number {
  if (exitCode !== 0) throw new Error(output);
  return seconds;
}

/** The systems' projects, with the managed servers that two of them use. */
export class AllSystems {
  private readonly projects: ReadonlyMap<System, TestProject>;
  private readonly managed: readonly ManagedPair[];
  private readonly folder: string;

  private constructor(
    projects: ReadonlyMap<System, TestProject>,
    managed: readonly ManagedPair[],
    folder: string,
  ) {
    this.projects = projects;
    this.managed = managed;
    this.folder = folder;
  }

  /** Writes the projects and starts the managed servers; nothing is up yet but those. */
  static async create(): Promise<AllSystems> {
    const folder = mkdtempSync(join(tmpdir(), "tandem-all-systems-"));
    // The real names would meet the real systems on this machine.
    const tail = randomBytes(2).toString("hex");
    const [listen, bee] = [await ManagedPair.start(), await ManagedPair.start()];
    const certificates = join(folder, "provider.pem");
    writeFileSync(certificates, STACKS.map((stack) => readFileSync(bee[stack].caFile, "utf8")).join(""));
    const free = (names: string[]) => ({
      "tandem:policies": { levels: { "production-data": "disabled" }, names, ...ROOMY },
    });
    const own: Record<System, (stack: Stack) => StackConfig> = {
      oracle: () => ({}),
      lugh: () => ({}),
      eduaiia: (stack) => {
        const suffix = `${stack === "staging" ? "staging" : "prod"}${tail}`;
        return {
          suffix,
          ...free(["aiia", "storage", "pgdata", "redis_data"].map((what) => `${what}_${suffix}`)),
        };
      },
      "live-listen": (stack) => listen.config(stack),
      "blue-banded-bee": (stack) => {
        const app = `bee-${stack}-${tail}`;
        return { ...bee.config(stack), databaseCaFile: certificates, app, ...free([`${app}_`]) };
      },
    };
    const projects = new Map<System, TestProject>();
    for (const system of SYSTEMS) {
      const config = (stack: Stack) => {
        const hostname = HOSTNAMES[system]?.[stack];
        return { ...(hostname === undefined ? {} : { hostname }), ...own[system](stack) };
      };
      const overrides = { staging: config("staging"), production: config("production") };
      projects.set(system, await TestProject.create(overrides, system));
    }
    const all = new AllSystems(projects, [listen, bee], folder);
    await listen.setPasswords(all.project("live-listen"));
    await bee.setPasswords(all.project("blue-banded-bee"));
    for (const stack of STACKS) {
      const address = `https://canary-${stack}@sentry.example.com/1`;
      await all.project("blue-banded-bee").setSecret(stack, "sentryDsn", address);
    }
    return all;
  }

  /** A system's project. */
  project(system: System): TestProject {
    const project = this.projects.get(system);
    if (project === undefined) throw new Error(`no project for ${system}`);
    return project;
  }

  /** Brings up Lugh's servers, then all ten environments. */
  async up(): Promise<Timed[]> {
    required(await this.project("lugh").tandem(["up", "shared", "--yes"]));
    return await inTurn(PLACES, (place) => this.run(place, ["up", place.stack, "--yes"]));
  }

  /** Takes all ten down and then Lugh's servers; their data stays. */
  async down(): Promise<Timed[]> {
    const took = await inTurn(PLACES, (place) => this.downOne(place));
    required(await this.project("lugh").tandem(["down", "shared", "--yes"]));
    return took;
  }

  /** Takes one environment down. */
  async downOne(place: Place): Promise<Timed> {
    return await this.run(place, ["down", place.stack, "--yes", "--confirm", place.stack]);
  }

  /** Brings one environment up. */
  async upOne(place: Place): Promise<Timed> {
    return await this.run(place, ["up", place.stack, "--yes"]);
  }

  /** The status with which an environment's gateway answers to its own hostname. */
  async answer({ system, stack }: Place): Promise<number> {
    const config = this.project(system).config(stack);
    const host = String(config.hostname);
    const answer =
      config.httpsPort === undefined
        ? await ask(Number(config.hostPort), host, "/ready")
        : await askTls(Number(config.httpsPort), host, "/ready");
    return answer.status;
  }

  /** Names of every container, network and volume of the five systems. */
  async left(): Promise<{ containers: string[]; networks: string[]; volumes: string[] }> {
    const left = { containers: [] as string[], networks: [] as string[], volumes: [] as string[] };
    for (const { name } of this.projects.values()) {
      const filters = JSON.stringify({ label: [`tandem.system=${name}`] });
      const containers = await docker.listContainers({ all: true, filters });
      left.containers.push(...containers.flatMap(({ Names }) => Names));
      left.networks.push(...(await docker.listNetworks({ filters })).map(({ Name }) => Name));
      left.volumes.push(...((await docker.listVolumes({ filters })).Volumes ?? []).map(({ Name }) => Name));
    }
    return left;
  }

  /** Memory that the containers of the five systems hold, without the page cache, in MiB; and how many there are. */
  async memory(): Promise<{ containers: number; mib: number }> {
    let [containers, bytes] = [0, 0];
    for (const { name } of this.projects.values()) {
      const filters = JSON.stringify({ label: [`tandem.system=${name}`] });
      for (const { Id } of await docker.listContainers({ filters })) {
        const { memory_stats: memory } = await docker
          .getContainer(Id)
          .stats({ stream: false, "one-shot": true });
        const { inactive_file = 0, total_inactive_file = inactive_file } = memory.stats as unknown as Record<
          string,
          number | undefined
        >;
        bytes += memory.usage - total_inactive_file;
        containers++;
      }
    }
    return { containers, mib: bytes / 1024 ** 2 };
  }

  /** Removes everything with its data. */
  async remove(): Promise<void> {
    for (const project of this.projects.values()) await project.remove();
    for (const pair of this.managed) await pair.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(place: Place, args: string[]): Promise<Timed> {
    return { ...place, seconds: required(await this.project(place.system).tandem(args)) };
  }
}
