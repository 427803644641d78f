// What Docker lets a container use.
import type Docker from "dockerode";

const MIB = 1024 * 1024;
/** Docker's own, in microseconds, where a container has a quota and names no period. */
const PERIOD = 100_000;

/** CPUs, and memory in MiB; 0 is a container without a limit. */
export function limitsOf({ HostConfig }: Pick<Docker.ContainerInspectInfo, "HostConfig">): {
  cpus: number;
  memoryMb: number;
} {
  const { NanoCpus = 0, CpuQuota = 0, CpuPeriod = 0, Memory = 0 } = HostConfig;
  const quota = Math.max(CpuQuota, 0) / (CpuPeriod || PERIOD);
  return { cpus: NanoCpus > 0 ? NanoCpus / 1e9 : quota, memoryMb: Memory / MIB };
}
