// Signs of how far a container's start has come, read from the machine that it runs on: a health check costs a process
// in the container, and takes its CPU from the very start that it asks about.
import { existsSync, readFileSync } from "node:fs";
import type Docker from "dockerode";

/** Share of a CPU, or of the container's limit below one, from which on it counts as busy: one that waits uses next to none. */
const BUSY_SHARE = 0.5;
const GROUPS = "/sys/fs/cgroup";
/** State of a socket that listens, as the kernel's tcp_states.h numbers it. */
const LISTENING = "0A";
/** Docker's own name server in a container, 127.0.0.11 with its last byte first; it listens from the beginning. */
const NAME_SERVER = "0B00007F";

/** What can be seen of a container. */
export interface Sign {
  /** It took most of a CPU since the last look. */
  busy: boolean;
  /** It takes connections. */
  listening: boolean;
  /** It takes some that it didn't take at the last look. */
  opened: boolean;
}

interface Reading {
  cpuMs: number;
  atMs: number;
  listening: Set<string>;
}

/** Looks at one container while it starts. */
export class BootSigns {
  /** Number of its first process: another one after a restart. */
  readonly process: number;
  readonly #usage: string;
  /** CPUs that it can use at once, as far as they count here: at most one. */
  readonly #cpus: number;
  #last: Reading | undefined;

  private constructor(process: number, usage: string, cpus: number) {
    this.process = process;
    this.#usage = usage;
    this.#cpus = cpus;
  }

  /** @returns undefined where nothing can be seen: on another machine, or in a virtual one such as Docker Desktop's */
  static of(facts: Docker.ContainerInspectInfo): BootSigns | undefined {
    const process = facts.State.Pid;
    try {
      const usage = usageFile(read(`/proc/${process}/cgroup`), facts.Id);
      return usage === undefined ? undefined : new BootSigns(process, usage, cpusOf(facts));
    } catch {
      return undefined;
    }
  }

  /** What has happened since the last look. @returns undefined when nothing can be seen any more */
  look(): Sign | undefined {
    const before = this.#last;
    this.#last = this.#read();
    const now = this.#last;
    if (now === undefined) return undefined;
    const listening = now.listening.size > 0;
    if (before === undefined) return { busy: true, listening, opened: listening };
    const share = (now.cpuMs - before.cpuMs) / (now.atMs - before.atMs);
    const opened = [...now.listening].some((address) => !before.listening.has(address));
    return { busy: share > BUSY_SHARE * this.#cpus, listening, opened };
  }

  #read(): Reading | undefined {
    try {
      const net = `/proc/${this.process}/net`;
      // Without IPv6 in the kernel there is no second table.
      const tables = [read(`${net}/tcp`), existsSync(`${net}/tcp6`) ? read(`${net}/tcp6`) : ""];
      return {
        cpuMs: cpuMilliseconds(read(this.#usage)),
        atMs: performance.now(),
        listening: new Set(tables.flatMap(listeningAddresses)),
      };
    } catch {
      return undefined;
    }
  }
}

/** The kernel answers at once: through the thread pool the same would take longer. */
const read = (file: string) => readFileSync(file, "utf8");

/** CPUs that a container may use, at most one; Docker knows the limit in either of two ways. */
export function cpusOf({ HostConfig }: Pick<Docker.ContainerInspectInfo, "HostConfig">): number {
  const { NanoCpus = 0, CpuQuota = 0, CpuPeriod } = HostConfig;
  const limit = NanoCpus / 1e9 || CpuQuota / (CpuPeriod || 100_000);
  return limit > 0 ? Math.min(1, limit) : 1;
}

/** The file that counts a container's CPU time, by the control groups of its process; undefined if they aren't its own. */
export function usageFile(groups: string, container: string): string | undefined {
  const lines = groups.split("\n").map((line) => line.split(":"));
  const path = (controller: (names: string[]) => boolean) =>
    lines
      .find(([, names = ""]) => controller(names.split(",")))
      ?.slice(2)
      .join(":");
  const first = path((names) => names.includes("cpuacct"));
  const own = first ?? path((names) => names.join() === "");
  // On another machine the same number may be anybody's process.
  if (!own?.includes(container)) return undefined;
  return first === undefined ? `${GROUPS}${own}/cpu.stat` : `${GROUPS}/cpuacct${own}/cpuacct.usage`;
}

/** Version 2 of control groups tells microseconds among others, version 1 nanoseconds alone. */
export function cpuMilliseconds(text: string): number {
  const [, microseconds] = /^usage_usec (\d+)$/m.exec(text) ?? [];
  return microseconds === undefined ? Number(text) / 1e6 : Number(microseconds) / 1e3;
}

/** Addresses and ports of the sockets that listen, in the kernel's own writing, but for Docker's name server. */
export function listeningAddresses(table: string): string[] {
  return table.split("\n").flatMap((line) => {
    const [, address = "", , state] = line.trim().split(/\s+/);
    return state === LISTENING && !address.startsWith(NAME_SERVER) ? [address] : [];
  });
}
