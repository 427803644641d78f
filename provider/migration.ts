// tandem:docker:Migration: a one-shot container that must succeed before a new version starts.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { CallContext, ResourceHandler } from "../toolchain/providers/shared/handler.ts";
import { type Properties, sameValue, UNKNOWN } from "../toolchain/providers/shared/values.ts";
import { inspect, lastLogLines, putFile, redact } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";
import { LineSplitter } from "./line-splitter.ts";

type Context = CallContext<DockerHost>;

/** A change of one of these runs the migration again; limits and labels alone don't. */
const RUNS_AGAIN = ["imageId", "command", "environment", "files", "triggers"];
const COMPARED = [
  ...RUNS_AGAIN,
  "containerName",
  "user",
  "network",
  "labels",
  "timeoutSeconds",
  "memoryMb",
  "cpus",
  "pids",
];
const LOG_LINES = 20;
const MIB = 1024 * 1024;

/** Runs the command to its end; returns what the state keeps of the run. */
async function run(inputs: Properties, ctx: Context): Promise<Properties> {
  const docker = await ctx.client.docker();
  const name = String(inputs.containerName);
  await clearEarlierRun(docker, name, inputs, ctx);
  const startedAt = new Date();
  const container = await docker.createContainer(containerOptions(inputs));
  try {
    for (const [path, content] of Object.entries((inputs.files ?? {}) as Record<string, string>)) {
      await putFile(docker, container.id, path, content);
    }
    await container.start();
    const streamed = streamLog(docker, container.id, inputs, ctx);
    const exitCode = await ended(docker, container.id, Number(inputs.timeoutSeconds), ctx);
    await streamed;
    if (exitCode !== 0) await fail(docker, container.id, inputs, exitCode, startedAt);
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
  const durationMs = Date.now() - startedAt.getTime();
  ctx.log("info", `migration finished in ${(durationMs / 1000).toFixed(1)} s`);
  return { ...inputs, startedAt: startedAt.toISOString(), durationMs };
}

function containerOptions(inputs: Properties): Docker.ContainerCreateOptions {
  const environment = Object.entries((inputs.environment ?? {}) as Record<string, string>);
  return {
    name: String(inputs.containerName),
    Image: String(inputs.imageId),
    Cmd: inputs.command as string[],
    User: String(inputs.user),
    Env: environment.map(([key, value]) => `${key}=${value}`),
    Labels: inputs.labels as Record<string, string>,
    Volumes: inputs.files === undefined ? undefined : { "/run/secrets": {} },
    HostConfig: {
      NetworkMode: String(inputs.network),
      Memory: Number(inputs.memoryMb) * MIB,
      MemorySwap: Number(inputs.memoryMb) * MIB,
      NanoCpus: Math.round(Number(inputs.cpus) * 1e9),
      PidsLimit: Number(inputs.pids),
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      Init: true,
      Tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m" },
    },
  };
}

/**
 * The container's fixed name is the lock. One that still runs was left by an `up` that was killed: it is let finish,
 * since killing it could leave a statement half done.
 */
async function clearEarlierRun(
  docker: Docker,
  name: string,
  inputs: Properties,
  ctx: Context,
): Promise<void> {
  const earlier = await inspect(docker, name);
  if (earlier === undefined) return;
  if (earlier.State.Running) {
    ctx.log("warning", `A migration of an earlier run (container ${name}) still runs; waiting for its end.`);
    await ended(docker, earlier.Id, Number(inputs.timeoutSeconds), ctx);
  }
  await docker.getContainer(earlier.Id).remove({ force: true, v: true });
}

/** Waits for the end; kills the container at the time limit or when the run is stopped. Returns its exit code. */
async function ended(docker: Docker, id: string, seconds: number, ctx: Context): Promise<number> {
  const deadline = Date.now() + seconds * 1000;
  while (true) {
    const facts = await inspect(docker, id);
    if (facts === undefined) throw new Error("The migration's container was removed while it ran.");
    if (!facts.State.Running && facts.State.Status !== "created") return facts.State.ExitCode;
    if (ctx.signal.aborted || Date.now() > deadline) {
      await docker
        .getContainer(id)
        .kill()
        .catch(() => undefined);
      const why = ctx.signal.aborted ? "the run was stopped" : `its time limit of ${seconds} s was over`;
      throw new Error(
        `The migration was killed: ${why}. Nothing else was changed; the old version keeps serving.`,
      );
    }
    await sleep(100);
  }
}

async function streamLog(docker: Docker, id: string, inputs: Properties, ctx: Context): Promise<void> {
  const environment = Object.entries((inputs.environment ?? {}) as Record<string, string>).map((e) =>
    e.join("="),
  );
  const frames = await docker.getContainer(id).logs({ follow: true, stdout: true, stderr: true });
  const lines = new LineSplitter((line) => ctx.log("info", `migration | ${redact(line, environment)}`));
  docker.modem.demuxStream(frames, lines, lines);
  await new Promise<void>((resolve) => {
    frames.once("end", resolve);
    frames.once("close", resolve);
    frames.once("error", () => resolve());
  });
  lines.end();
}

async function fail(
  docker: Docker,
  id: string,
  inputs: Properties,
  exitCode: number,
  startedAt: Date,
): Promise<never> {
  const lines = await lastLogLines(docker, id, LOG_LINES);
  const seconds = ((Date.now() - startedAt.getTime()) / 1000).toFixed(1);
  throw new Error(
    `The migration '${(inputs.command as string[]).join(" ")}' ended with exit code ${exitCode} after ${seconds} s. ` +
      "The old version keeps serving. Mend the migration and run `up` again. Its last lines:\n" +
      lines.map((line) => `  | ${line}`).join("\n"),
  );
}

/** Runs at creation and whenever image, command, environment, files or triggers change. */
export const migration: ResourceHandler<DockerHost> = {
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    for (const key of COMPARED) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
    }
    return { changes };
  },
  preview({ inputs, olds }) {
    const runs =
      olds === undefined || RUNS_AGAIN.some((key) => !sameValue(olds[key] ?? null, inputs[key] ?? null));
    const last: Properties = runs
      ? { startedAt: UNKNOWN, durationMs: UNKNOWN }
      : { startedAt: olds?.startedAt, durationMs: olds?.durationMs };
    return { ...inputs, ...last };
  },
  async create({ inputs }, ctx) {
    return { id: String(inputs.containerName), outputs: await run(inputs, ctx) };
  },
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  async update({ olds, inputs }, ctx) {
    const runs = RUNS_AGAIN.some((key) => !sameValue(olds[key] ?? null, inputs[key] ?? null));
    if (runs) return run(inputs, ctx);
    return { ...inputs, startedAt: olds.startedAt, durationMs: olds.durationMs };
  },
  // What a migration did stays done.
  delete: () => undefined,
};
