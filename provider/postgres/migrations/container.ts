// The one-shot container of a migration: its fixed name is the lock, its output is streamed, its time is limited.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { labels } from "../../../lib/docker/labels.ts";
import type { MigrationOptions } from "../../../lib/docker/migration.ts";
import { temporaryMounts, uploadFolders } from "../../../lib/docker/writable.ts";
import { LineSplitter } from "../../../lib/line-splitter.ts";
import { printable } from "../../../lib/printable.ts";
import type { CallContext } from "../../../plugin/handler.ts";
import type { Properties } from "../../../plugin/values.ts";
import { inspect, lastLogLines, putFile, redact } from "../../docker/containers.ts";
import type { DockerHost } from "../../docker/docker-host.ts";
import { fullDiskHint } from "../../docker/full-disk.ts";
import { hardeningHint } from "../../docker/hardening-hint.ts";

type Context = CallContext<DockerHost>;

/** How many of its last lines a message or the log repeats. */
const LOG_LINES = 20;
/** Rotation of the log where the inputs name none, as in a state of an earlier version. */
const LOG_OPTIONS = { "max-file": "3", "max-size": "10m" };
const MIB = 1024 * 1024;
const POLL_MS = 100;
/** Seconds after which a container that doesn't run counts as left: its own run takes well under one to start or remove it. */
const LEFT_SECONDS = 10;
/** Where a migration writes. */
const DISKS = "the volume of the database, or on the disk of its host";

/** What messages call it: a migration, or a job. */
const nounOf = ({ noun = "migration" }: Properties) => String(noun);

/** A migration that did not succeed, with what it printed last. */
export class MigrationFailure extends Error {
  readonly output: string[];

  constructor(message: string, output: string[]) {
    super(message);
    this.output = output;
  }
}

/**
 * Runs the command to its end.
 *
 * @returns its last lines, without credentials
 * @throws MigrationFailure when it ends with another exit code than 0, or is killed.
 */
export async function runContainer(docker: Docker, inputs: Properties, ctx: Context): Promise<string[]> {
  const container = await createAlone(docker, inputs, ctx);
  const began = Date.now();
  try {
    for (const [path, content] of Object.entries((inputs.files ?? {}) as Record<string, string>)) {
      await putFile(docker, container.id, path, content);
    }
    for (const network of (inputs.networks ?? []) as string[]) {
      await docker.getNetwork(network).connect({ Container: container.id });
    }
    await container.start();
    const streamed = streamLog(docker, container.id, inputs, ctx);
    const exitCode = await ended(docker, container.id, inputs, ctx);
    if (exitCode === undefined)
      throw new Error(`The ${nounOf(inputs)}'s container was removed while it ran.`);
    await streamed;
    const output = await lastLogLines(docker, container.id, LOG_LINES);
    if (exitCode === 0) return output;
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    const command = (inputs.command as string[]).join(" ");
    const noun = nounOf(inputs);
    throw new MigrationFailure(
      `The ${noun} '${command}' ended with exit code ${exitCode} after ${seconds} s. ` +
        `No container and no route was changed after it. Fix the ${noun} and run \`up\` again.${fullDiskHint(output.join("\n"), DISKS) || hardeningHint(output)} ` +
        "Its last lines:\n" +
        output.map((line) => `  | ${line}`).join("\n"),
      output,
    );
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

/** What Docker is told of a migration's container. */
export function containerOptions(inputs: Properties): Docker.ContainerCreateOptions {
  const environment = Object.entries((inputs.environment ?? {}) as Record<string, string>);
  const options = (inputs.options ?? {}) as MigrationOptions;
  const folders = uploadFolders(Object.keys(inputs.files ?? {}), [], options.writableRoot);
  return {
    name: String(inputs.containerName),
    Image: String(inputs.imageId),
    Cmd: inputs.command as string[],
    User: inputs.user === undefined ? undefined : String(inputs.user),
    Env: environment.map(([key, value]) => `${key}=${value}`),
    Labels: { ...(inputs.labels as Record<string, string>), [labels.migration]: "true" },
    ...(options.entrypoint === undefined ? {} : { Entrypoint: options.entrypoint }),
    ...(options.workingDir === undefined ? {} : { WorkingDir: options.workingDir }),
    Volumes: inputs.files === undefined ? undefined : Object.fromEntries(folders.map((path) => [path, {}])),
    HostConfig: {
      NetworkMode: String(inputs.network),
      Memory: Number(inputs.memoryMb) * MIB,
      MemorySwap: Number(inputs.memoryMb) * MIB,
      NanoCpus: Math.round(Number(inputs.cpus) * 1e9),
      PidsLimit: Number(inputs.pids),
      CapDrop: ["ALL"],
      ...hostOptions(options),
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: options.writableRoot !== true,
      Init: true,
      Tmpfs: temporaryMounts(options.temporary),
      // What it prints stands in the update's output: the log is only kept for as long as the container is.
      LogConfig: { Type: "json-file", Config: (inputs.logOptions ?? LOG_OPTIONS) as Record<string, string> },
    },
  };
}

/** What of its options is the host's matter. What isn't given isn't named: Docker's own defaults hold. */
function hostOptions({ capabilities, groups, shmMb, sysctls, extraHosts }: MigrationOptions) {
  return {
    ...(capabilities === undefined ? {} : { CapAdd: capabilities }),
    ...(groups === undefined ? {} : { GroupAdd: groups }),
    ...(shmMb === undefined ? {} : { ShmSize: shmMb * MIB }),
    ...(sysctls === undefined ? {} : { Sysctls: sysctls }),
    ...(extraHosts === undefined
      ? {}
      : { ExtraHosts: Object.entries(extraHosts).map(([host, address]) => `${host}:${address}`) }),
  };
}

/** Makes the container, whose name is the lock, as soon as no other run has it. */
async function createAlone(docker: Docker, inputs: Properties, ctx: Context): Promise<Docker.Container> {
  for (;;) {
    await clearEarlierRun(docker, inputs, ctx);
    try {
      return await docker.createContainer(containerOptions(inputs));
    } catch (error) {
      // 409: another run was quicker, and has the name now.
      if ((error as { statusCode?: number }).statusCode !== 409 || ctx.signal.aborted) throw error;
    }
  }
}

/**
 * Waits until no other run has the name. One that runs is let finish, since killing it could leave a statement half done.
 * One that does not run may be another run's that is about to start it, or reads its output before it removes it; where
 * nobody does either for a while, it was left by an `up` that was killed, and is removed.
 */
async function clearEarlierRun(docker: Docker, inputs: Properties, ctx: Context): Promise<void> {
  const name = String(inputs.containerName);
  let seen = "";
  let deadline = 0;
  for (;;) {
    const earlier = await inspect(docker, name);
    if (earlier === undefined) return;
    const state = `${earlier.Id} ${earlier.State.Status}`;
    if (state !== seen) deadline = Date.now() + LEFT_SECONDS * 1000;
    seen = state;
    if (earlier.State.Running) {
      ctx.log(
        "warning",
        `A ${nounOf(inputs)} of another run (container ${name}) still runs; waiting for its end.`,
      );
      await ended(docker, earlier.Id, inputs, ctx);
    } else if (Date.now() > deadline || ctx.signal.aborted) {
      await docker.getContainer(earlier.Id).remove({ force: true, v: true });
      return;
    }
    await sleep(POLL_MS);
  }
}

/**
 * Waits for the end; kills the container at the time limit or when the run is stopped. Returns its exit code; undefined
 * when it is gone.
 */
async function ended(
  docker: Docker,
  id: string,
  inputs: Properties,
  ctx: Context,
): Promise<number | undefined> {
  const seconds = Number(inputs.timeoutSeconds);
  const deadline = Date.now() + seconds * 1000;
  while (true) {
    const facts = await inspect(docker, id);
    if (facts === undefined) return undefined;
    if (!facts.State.Running && facts.State.Status !== "created") return facts.State.ExitCode;
    if (ctx.signal.aborted || Date.now() > deadline) {
      await docker
        .getContainer(id)
        .kill()
        .catch(() => undefined);
      const why = ctx.signal.aborted ? "the run was stopped" : `its time limit of ${seconds} s was over`;
      const output = await lastLogLines(docker, id, LOG_LINES).catch(() => []);
      throw new MigrationFailure(
        `The ${nounOf(inputs)} was killed: ${why}. No container and no route was changed after it.` +
          (output.length === 0 ? "" : ` Its last lines:\n${output.map((line) => `  | ${line}`).join("\n")}`),
        output,
      );
    }
    await sleep(POLL_MS);
  }
}

async function streamLog(docker: Docker, id: string, inputs: Properties, ctx: Context): Promise<void> {
  const environment = Object.entries((inputs.environment ?? {}) as Record<string, string>).map((e) =>
    e.join("="),
  );
  const frames = await docker.getContainer(id).logs({ follow: true, stdout: true, stderr: true });
  const lines = new LineSplitter((line) =>
    ctx.log("info", `${nounOf(inputs)} | ${printable(redact(line, environment))}`),
  );
  docker.modem.demuxStream(frames, lines, lines);
  await new Promise<void>((resolve) => {
    frames.once("end", resolve);
    frames.once("close", resolve);
    frames.once("error", () => resolve());
  });
  lines.end();
}
