// What the limits of an environment's running containers add up to, and what its Docker host has.
import type Docker from "dockerode";
import { exec } from "../../../provider/docker/containers.ts";
import type { Service } from "../../engine/services.ts";
import type { Amounts, Host, Limits } from "./model.ts";

const MIB = 1024 * 1024;
/** The kernel's own bounds of processes and threads, the same in every container. */
const PID_FILES = ["/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"];

/** Most processes of the host, asked in a container, since the host may be elsewhere; undefined where none can say. */
async function hostPids(docker: Docker, containers: readonly string[]): Promise<number | undefined> {
  for (const name of containers) {
    const answer = await exec(docker, name, ["cat", ...PID_FILES]).catch(() => undefined);
    const bounds = (answer?.stdout ?? "").trim().split(/\s+/).map(Number);
    if (answer?.exitCode === 0 && bounds.length === 2 && bounds.every((bound) => bound > 0)) {
      return Math.min(...bounds);
    }
  }
  return undefined;
}

/** Looks at the host of some services. */
export async function hostOf(docker: Docker, services: readonly Service[]): Promise<Host> {
  const running = services.filter(({ state }) => state === "running").map(({ name }) => name);
  const info = (await docker.info()) as { ID: string; Name: string; NCPU: number; MemTotal: number };
  const pids = await hostPids(docker, running);
  return {
    id: info.ID,
    name: info.Name,
    cpus: info.NCPU,
    memoryMb: Math.floor(info.MemTotal / MIB),
    ...(pids === undefined ? {} : { pids }),
  };
}

const NOTHING: Required<Amounts> = { cpus: 0, memoryMb: 0, pids: 0 };

/** Sums amounts up; CPUs are hundredths, as Docker takes them, and no longer fractions of binary numbers. */
export function sumOf(amounts: readonly Required<Amounts>[]): Required<Amounts> {
  return amounts.reduce(
    (sum, { cpus, memoryMb, pids }) => ({
      cpus: Math.round((sum.cpus + cpus) * 100) / 100,
      memoryMb: sum.memoryMb + memoryMb,
      pids: sum.pids + pids,
    }),
    NOTHING,
  );
}

/** Adds the limits up. */
export function limitsOf(services: readonly Service[], host: Host, budget: Amounts): Limits {
  const running = services.filter(({ state }) => state === "running");
  const byComponent = Map.groupBy(running, ({ component }) => component);
  return {
    host,
    budget,
    used: sumOf(running.map(({ limits }) => limits)),
    components: [...byComponent].map(([component, own]) => ({
      component,
      containers: own.length,
      ...sumOf(own.map(({ limits }) => limits)),
    })),
  };
}
