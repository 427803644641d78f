// A Postgres server of the moment, for the rows that are masked: without a network, gone as soon as the copy is made.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { exec, inspect, TRANSIENT } from "../../../provider/docker/containers.ts";
import { found, labels } from "../../engine/docker-client.ts";

/** Folder of its files: a volume of the image, which goes with the container. */
export const FOLDER = "/var/lib/postgresql/data";

/** Seconds after which it ends by itself, whatever became of the command: no copy of production outlives that. */
export const LIFETIME_SECONDS = 2 * 3600;
const READY_SECONDS = 60;

/** Nothing here must survive a crash, so nothing waits for the disk. Errors repeat no row. */
const RUN = `set -eu
umask 077
mkdir -p ${FOLDER}/server ${FOLDER}/files
initdb --pgdata ${FOLDER}/server --username postgres --auth-local trust --auth-host reject --encoding UTF8 --locale C >/dev/null
exec timeout ${LIFETIME_SECONDS} postgres -D ${FOLDER}/server -c listen_addresses= -c fsync=off -c full_page_writes=off \
  -c synchronous_commit=off -c log_statement=none -c log_min_error_statement=panic -c log_error_verbosity=terse \
  -c autovacuum=off`;

/** The container's name: one seed at a time reads an environment. */
function containerName(system: string, environment: string): string {
  return `${system}_${environment}_seed`;
}

/** What bounds the source bounds the copy, so that a seed takes no more from production's host than its server may. */
export function limitsOf(source: Docker.HostConfig): Docker.HostConfig {
  const { Memory, MemorySwap, PidsLimit, ShmSize } = source;
  const { NanoCpus, CpuPeriod, CpuQuota, CpuShares, CpusetCpus } = source;
  return { Memory, MemorySwap, PidsLimit, ShmSize, NanoCpus, CpuPeriod, CpuQuota, CpuShares, CpusetCpus };
}

async function awaitReady(docker: Docker, id: string): Promise<void> {
  const deadline = Date.now() + READY_SECONDS * 1000;
  for (;;) {
    const { exitCode, output } = await exec(docker, id, ["pg_isready", "--quiet"]).catch((error: Error) => ({
      exitCode: 1,
      output: error.message,
    }));
    if (exitCode === 0) return;
    if (Date.now() > deadline) {
      throw new Error(`the server for the copy did not start within ${READY_SECONDS} s: ${output.trim()}`);
    }
    await sleep(200);
  }
}

/**
 * Runs `work` with such a server, made from the image, limits and user of the one that the rows come from, and removes
 * it with all its files.
 */
export async function withScratchServer<T>(
  docker: Docker,
  { system, environment, source }: { system: string; environment: string; source: string },
  work: (containerId: string) => Promise<T>,
): Promise<T> {
  const facts = await inspect(docker, source);
  if (facts === undefined) throw new Error(`the server of ${environment} is gone`);
  const name = containerName(system, environment);
  // Of a run that was killed.
  await found(docker.getContainer(name).remove({ force: true, v: true }));
  const container = await docker.createContainer({
    name,
    Image: facts.Image,
    Entrypoint: ["sh", "-c", RUN],
    Cmd: [],
    User: "postgres",
    Env: ["PGUSER=postgres"],
    Volumes: { [FOLDER]: {} },
    Labels: { [labels.system]: system, [labels.environment]: environment, [TRANSIENT]: "true" },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: "none",
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      LogConfig: { Type: "none", Config: {} },
      ...limitsOf(facts.HostConfig),
    },
  });
  try {
    await container.start();
    await awaitReady(docker, container.id);
    return await work(container.id);
  } finally {
    await found(container.remove({ force: true, v: true })).catch((error: { statusCode?: number }) => {
      // Docker is removing it already: it had ended.
      if (error.statusCode !== 409) throw error;
    });
  }
}
