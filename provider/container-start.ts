// tandem:docker:ContainerStart: files, pid limit, start and health gate of a container.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { CallContext, DiffResult, ResourceHandler } from "../lib/plugin/handler.ts";
import { type Properties, sameValue } from "../lib/plugin/values.ts";
import { exec, inspect, lastLogLines, putFile } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";

type Context = CallContext<DockerHost>;

/** How often the health check is tried while a container starts. */
const POLL_MS = 400;
/** A container that came up and went down this often won't get better by waiting. */
const MAX_RESTARTS = 3;
const LOG_LINES = 20;

async function startUp(inputs: Properties, ctx: Context): Promise<void> {
  const docker = await ctx.client.docker();
  const id = String(inputs.containerId);
  for (const [path, content] of Object.entries((inputs.files ?? {}) as Record<string, string>)) {
    await putFile(docker, id, path, content);
  }
  await setPids(docker, id, Number(inputs.pids));
  try {
    await docker.getContainer(id).start();
  } catch (error) {
    // 304: it runs already, which is what was asked for.
    if ((error as { statusCode?: number }).statusCode !== 304) throw startError(inputs, error);
  }
  await untilHealthy(docker, inputs, ctx);
}

async function setPids(docker: Docker, id: string, pids: number): Promise<void> {
  await docker.getContainer(id).update({ PidsLimit: pids });
}

/** Waits until the container's own health check passes, run here as well since Docker's interval is long. */
async function untilHealthy(docker: Docker, inputs: Properties, ctx: Context): Promise<void> {
  const id = String(inputs.containerId);
  const seconds = Number(inputs.healthTimeoutSeconds);
  const deadline = Date.now() + seconds * 1000;
  let lastProbe = "it was not reached";
  while (Date.now() < deadline && !ctx.signal.aborted) {
    const facts = await inspect(docker, id);
    if (facts === undefined)
      throw new Error(`Container ${String(inputs.containerName)} was removed while it started.`);
    const command = healthCommand(facts);
    if (facts.State.Running && !facts.State.Restarting) {
      if (command === undefined) return;
      const left = Math.max(1, deadline - Date.now());
      const probe = await tryExec(docker, id, command, Math.min(left, probeLimitMs(facts)), ctx.signal);
      if (probe === undefined) return;
      lastProbe = probe;
    }
    if (facts.RestartCount >= MAX_RESTARTS) return fail(docker, inputs, facts, "keeps ending by itself");
    ctx.status(`waiting for health: ${lastProbe}`);
    await sleep(POLL_MS);
  }
  const facts = await inspect(docker, id);
  const why = ctx.signal.aborted
    ? "was not healthy yet when the run was stopped"
    : `was not healthy within ${seconds} s`;
  return fail(docker, inputs, facts, `${why} (last check: ${lastProbe})`);
}

/** The container's health check as a command, or undefined if it has none. */
function healthCommand(facts: Docker.ContainerInspectInfo): string[] | undefined {
  const [kind, ...rest] = facts.Config.Healthcheck?.Test ?? [];
  if (kind === "CMD") return rest;
  if (kind === "CMD-SHELL") return ["/bin/sh", "-c", ...rest];
  return undefined;
}

/** How long one check may take, as the container's own health check says; Docker's default is 30 s. */
function probeLimitMs(facts: Docker.ContainerInspectInfo): number {
  return (facts.Config.Healthcheck?.Timeout || 30e9) / 1e6;
}

/** Undefined if the command succeeds in time, otherwise what went wrong in a few words. */
async function tryExec(
  docker: Docker,
  id: string,
  command: string[],
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  // A check that hangs is left to itself: it ends with its container.
  const late = sleep(limitMs, undefined, { signal, ref: false }).then(
    () => undefined,
    () => undefined,
  );
  try {
    const ended = await Promise.race([exec(docker, id, command), late]);
    if (ended === undefined) return `it took longer than ${(limitMs / 1000).toFixed(1)} s`;
    const { exitCode, output } = ended;
    return exitCode === 0
      ? undefined
      : output.trim().split("\n").at(-1)?.slice(0, 200) || `exit code ${exitCode}`;
  } catch (error) {
    // It may have ended between the look and the exec.
    return error instanceof Error ? error.message : String(error);
  }
}

/** Stops the container and says why, with what it logged last. */
async function fail(
  docker: Docker,
  inputs: Properties,
  facts: Docker.ContainerInspectInfo | undefined,
  why: string,
): Promise<never> {
  const id = String(inputs.containerId);
  const lines = facts === undefined ? [] : await lastLogLines(docker, id, LOG_LINES);
  if (facts !== undefined)
    await docker
      .getContainer(id)
      .stop({ t: 5 })
      .catch(() => undefined);
  const exit = facts?.State.OOMKilled
    ? " It ran out of memory: raise its limit."
    : facts !== undefined && facts.State.ExitCode !== 0
      ? ` Exit code ${facts.State.ExitCode}.`
      : "";
  const log =
    lines.length === 0
      ? "It logged nothing."
      : `Its last log lines:\n${lines.map((l) => `  | ${l}`).join("\n")}`;
  throw new Error(
    `Container ${String(inputs.containerName)} ${why}.${exit} It was stopped and gets no traffic. ${log}`,
  );
}

function startError(inputs: Properties, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`Container ${String(inputs.containerName)} can't be started: ${message}`);
}

function goneError(inputs: Properties): Error {
  return new Error(
    `Container ${String(inputs.containerName)} is not on the host any more, and nothing of this stack removed it. ` +
      "Let the state see that with `pulumi refresh`; the next `up` then makes it anew.",
  );
}

function difference(olds: Properties, news: Properties): DiffResult {
  const changes: Record<string, "update" | "update-replace"> = {};
  if (!sameValue(olds.containerId, news.containerId)) changes.containerId = "update-replace";
  for (const key of ["running", "pids", "files"]) {
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
    const seen = { running: facts.State.Running, pids: facts.HostConfig.PidsLimit ?? 0 };
    return { id, outputs: { ...outputs, ...seen }, inputs };
  },
  async update({ olds, inputs }, ctx) {
    const running = await ctx.client.isRunning(String(inputs.containerId));
    if (running === undefined) throw goneError(inputs);
    if (!running || !sameValue(olds.files ?? null, inputs.files ?? null)) await startUp(inputs, ctx);
    else await setPids(await ctx.client.docker(), String(inputs.containerId), Number(inputs.pids));
    return inputs;
  },
  // The container itself is stopped and removed by the resource that made it.
  delete: () => undefined,
};
