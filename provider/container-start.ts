// tandem:docker:ContainerStart: files, pid limit, start and health gate of a container.
import type Docker from "dockerode";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import type { CallContext, DiffResult, ResourceHandler } from "../plugin/handler.ts";
import { type Properties, sameValue } from "../plugin/values.ts";
import { exec, getFile, inspect, putFile } from "./docker/containers.ts";
import type { DockerHost } from "./docker/docker-host.ts";
import { predecessors, startAgain, stopPredecessors } from "./docker/predecessors.ts";
import { putProbe } from "./docker/probe-program.ts";
import { keepEarlierRuns, putScheduler } from "./docker/scheduler.ts";
import { fail, type Start, startHealthy } from "./docker/start-gate.ts";
import { RELOAD_SCRIPT } from "./gateway/route-config.ts";
import { watch } from "./gateway/watch.ts";

type Context = CallContext<DockerHost>;

/** Docker's own period, in microseconds. */
const CPU_PERIOD = 100_000;

/** Makes it ready to be started: files, the program of its health check, limits. */
async function prepare(docker: Docker, inputs: Properties): Promise<void> {
  const id = String(inputs.containerId);
  for (const [path, content] of Object.entries((inputs.files ?? {}) as Record<string, string>)) {
    await putFile(docker, id, path, content);
  }
  await putProbe(docker, inputs);
  await putScheduler(docker, inputs);
  await setLimits(docker, inputs);
}

async function startUp(inputs: Properties, ctx: Context): Promise<void> {
  const docker = await ctx.client.docker();
  const id = String(inputs.containerId);
  await prepare(docker, inputs);
  // The release starts it, together with the others.
  if (inputs.held === true) return;
  if (inputs.stopFirst !== true) {
    const watched = Number(inputs.watchSeconds ?? 0) > 0;
    return takeOver(docker, inputs, ctx, watched ? await predecessors(docker, id) : []);
  }
  const earlier = await predecessors(docker, id);
  try {
    await stopPredecessors(docker, earlier, ctx);
    await keepEarlierRuns(docker, inputs);
    await takeOver(docker, inputs, ctx, earlier);
  } catch (error) {
    const again = await startAgain(docker, id, earlier);
    throw again === "" || !(error instanceof Error) ? error : new Error(`${error.message}\n${again}`);
  }
}

/** Starts it, waits for its health, and watches it where it takes over from others. */
async function takeOver(docker: Docker, inputs: Properties, ctx: Context, earlier: string[]): Promise<void> {
  await startHealthy(docker, startOf(inputs), ctx);
  if (earlier.length > 0) await watchTakeOver(docker, inputs, ctx);
}

const startOf = (inputs: Properties): Start => ({
  id: String(inputs.containerId),
  name: String(inputs.containerName),
  healthTimeoutSeconds: Number(inputs.healthTimeoutSeconds),
});

/**
 * Watches a container that no route leads to, such as a worker, that takes over from another; without one there is nothing
 * that would go on serving. What a route leads to is watched after the route has moved.
 */
async function watchTakeOver(docker: Docker, inputs: Properties, ctx: Context): Promise<void> {
  const seconds = Number(inputs.watchSeconds ?? 0);
  const id = String(inputs.containerId);
  if (seconds === 0) return;
  ctx.status(`watching it for ${seconds} s`);
  const verdict = await watch(docker, { containers: [id], seconds, signal: ctx.signal });
  if (verdict === undefined) return;
  await fail(docker, startOf(inputs), `was healthy at first, but then ${verdict.reason}.`);
}

/** Limits that the Docker provider can't set, or not without a new container. */
async function setLimits(docker: Docker, inputs: Properties): Promise<void> {
  const cpus = inputs.cpus === undefined ? {} : { CpuPeriod: CPU_PERIOD, CpuQuota: cpuQuota(inputs.cpus) };
  await docker.getContainer(String(inputs.containerId)).update({ PidsLimit: Number(inputs.pids), ...cpus });
}

const cpuQuota = (cpus: unknown) => Math.round(Number(cpus) * CPU_PERIOD);

/** Files as they are in the container now. Secrets are not read back: who could change them could read the state's copy, too. */
async function filesNow(
  docker: Docker,
  id: string,
  files: Record<string, string>,
): Promise<Record<string, string>> {
  const entries = Object.entries(files).map(async ([path, content]): Promise<[string, string]> => {
    return [path, path.startsWith(`${SECRETS_DIR}/`) ? content : ((await getFile(docker, id, path)) ?? "")];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Puts changed files into force where the container has a script for that, as a gateway does: it goes on serving. */
async function reload(inputs: Properties, ctx: Context): Promise<void> {
  if ((inputs.files as Record<string, string> | undefined)?.[RELOAD_SCRIPT] === undefined) return;
  const docker = await ctx.client.docker();
  const { exitCode, output } = await exec(docker, String(inputs.containerId), ["sh", RELOAD_SCRIPT]);
  if (exitCode !== 0)
    throw new Error(`${String(inputs.containerName)} can't reload its files: ${output.trim()}`);
}

function goneError(inputs: Properties): Error {
  return new Error(
    `Container ${String(inputs.containerName)} is not on the host any more, and nothing of this stack removed it. ` +
      "An `up` of its environment by tandem makes it again; for plain `pulumi up`, let the state see that first with `pulumi refresh`.",
  );
}

function difference(olds: Properties, news: Properties): DiffResult {
  const changes: Record<string, "update" | "update-replace"> = {};
  if (!sameValue(olds.containerId, news.containerId)) changes.containerId = "update-replace";
  for (const key of ["running", "pids", "cpus", "files"]) {
    if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
  }
  return { changes };
}

/** Starts a container and holds back what depends on it until it is healthy. */
export const containerStart: ResourceHandler<DockerHost> = {
  check: ({ news }) => ({ inputs: { ...news, running: true }, failures: [] }),
  async diff({ olds, news }, ctx) {
    const result = difference(olds, news);
    if (Object.keys(result.changes).length > 0) return result;
    // What the state says is not enough: a daemon that was killed leaves its containers stopped, and `up` shall do.
    const running = await ctx.client.isRunning(String(news.containerId));
    return running === true ? result : { changes: { running: "update" } };
  },
  async create({ inputs }, ctx) {
    await startUp(inputs, ctx);
    return { id: String(inputs.containerId), outputs: inputs };
  },
  async read({ id, outputs, inputs }, ctx) {
    const docker = await ctx.client.docker();
    const facts = await inspect(docker, id);
    if (facts === undefined) return undefined;
    const seen = {
      running: facts.State.Running,
      pids: facts.HostConfig.PidsLimit ?? 0,
      ...(outputs.files === undefined
        ? {}
        : { files: await filesNow(docker, id, outputs.files as Record<string, string>) }),
      ...(outputs.cpus === undefined ? {} : { cpus: (facts.HostConfig.CpuQuota ?? 0) / CPU_PERIOD }),
    };
    return { id, outputs: { ...outputs, ...seen }, inputs };
  },
  async update({ olds, inputs }, ctx) {
    const running = await ctx.client.isRunning(String(inputs.containerId));
    if (running === undefined) throw goneError(inputs);
    const changed = !sameValue(olds.files ?? null, inputs.files ?? null);
    if (!running || changed) await startUp(inputs, ctx);
    if (running && changed) await reload(inputs, ctx);
    if (running && !changed) await setLimits(await ctx.client.docker(), inputs);
    return inputs;
  },
  // The container itself is stopped and removed by the resource that made it.
  delete: () => undefined,
};
