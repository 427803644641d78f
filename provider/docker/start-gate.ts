// Starts a container that is ready, and waits until it is healthy; one that doesn't get there is stopped.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { CallContext } from "../../plugin/handler.ts";
import { BootSigns } from "./boot-signs.ts";
import { allowRestart, inspect, lastLogLines, stopForGood } from "./containers.ts";
import { hardeningHint } from "./hardening-hint.ts";
import { healthCommand, howItEnded, probe, probeLimitMs, quoted } from "./health.ts";

type Context = Pick<CallContext<unknown>, "signal" | "status">;

/** A container to start. */
export interface Start {
  id: string;
  /** For messages. */
  name: string;
  /** Seconds until its health check must have passed. */
  healthTimeoutSeconds: number;
  /** Does it run on where it isn't healthy, since nothing else does its work? @default false: it is stopped */
  goesOn?: boolean;
}

/** Pause between two tries of the health check while a container starts: more would only wait, less take its CPU from it. */
const POLL_MS = 100;
/** Pause between two looks at how far a start has come. */
const LOOK_MS = 25;
/** Time without work after which a start may be over although nothing listens, as a worker's. */
const IDLE_MS = 150;
/** Time after which the health check of a container that is busy all the while is tried all the same. */
const MOST_BUSY_MS = 700;
/** A container that came up and went down this often won't get better by waiting. */
const MAX_RESTARTS = 3;
const LOG_LINES = 20;
/** Seconds that a container which failed has to stop. */
const STOP_SECONDS = 5;

/**
 * Starts it, unless it runs, and waits for its health.
 *
 * @throws when it can't be started or isn't healthy in time, with its last log lines; it is stopped then, unless it goes on
 */
export async function startHealthy(docker: Docker, start: Start, ctx: Context): Promise<void> {
  await allowRestart(docker, start.id);
  try {
    await docker.getContainer(start.id).start();
  } catch (error) {
    // 304: it runs already, which is what was asked for.
    if ((error as { statusCode?: number }).statusCode !== 304) {
      // Docker would try it again when it starts the next time, beside the version before.
      if (!start.goesOn) await stopForGood(docker, start.id, STOP_SECONDS);
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`Container ${start.name} can't be started: ${message}`);
    }
  }
  await untilHealthy(docker, start, ctx);
}

/** Waits until the container's own health check passes, run here as well since Docker's interval is long. */
async function untilHealthy(docker: Docker, start: Start, ctx: Context): Promise<void> {
  const { id, name, healthTimeoutSeconds: seconds } = start;
  const deadline = Date.now() + seconds * 1000;
  let lastProbe = "it was not reached";
  // Docker forgets how a container ended as soon as it starts it again.
  let lastEnd = "";
  let signs: BootSigns | undefined;
  while (Date.now() < deadline && !ctx.signal.aborted) {
    const facts = await inspect(docker, id);
    if (facts === undefined) throw new Error(`Container ${name} was removed while it started.`);
    const command = healthCommand(facts);
    lastEnd = howItEnded(facts) || lastEnd;
    if (facts.State.Running && !facts.State.Restarting) {
      if (command === undefined) return;
      signs = signs?.process === facts.State.Pid ? signs : BootSigns.of(facts);
      await untilReady(signs, Math.min(MOST_BUSY_MS, (deadline - Date.now()) / 2), ctx.signal);
      if (ctx.signal.aborted) break;
      const left = Math.max(1, deadline - Date.now());
      const wrong = await probe(docker, facts, command, Math.min(left, probeLimitMs(facts)), ctx.signal);
      if (wrong === undefined) return;
      lastProbe = wrong;
    }
    if (facts.RestartCount >= MAX_RESTARTS && (lastEnd !== "" || !facts.State.Running)) {
      return fail(docker, start, `keeps ending by itself.${lastEnd}`);
    }
    ctx.status(`waiting for health: ${lastProbe}`);
    await sleep(POLL_MS);
  }
  const why = ctx.signal.aborted
    ? "was not healthy yet when the run was stopped"
    : `was not healthy within ${seconds} s`;
  return fail(docker, start, `${why} (last check: ${lastProbe}).${lastEnd}`);
}

/** Waits until a container may be ready, by what can be seen from outside; for long only while that is unlikely. */
async function untilReady(signs: BootSigns | undefined, mostMs: number, signal: AbortSignal): Promise<void> {
  if (signs === undefined) return;
  const begin = Date.now();
  let busyAt = begin;
  while (Date.now() - begin < mostMs && !signal.aborted) {
    const sign = signs.look();
    if (sign === undefined || sign.opened) return;
    if (sign.busy) busyAt = Date.now();
    else if (sign.listening || Date.now() - busyAt >= IDLE_MS) return;
    await sleep(LOOK_MS);
  }
}

/** Stops the container, unless it goes on, and says why, with what it logged last. */
export async function fail(docker: Docker, { id, name, goesOn }: Start, why: string): Promise<never> {
  const facts = await inspect(docker, id);
  const lines = facts === undefined ? [] : await lastLogLines(docker, id, LOG_LINES);
  if (facts !== undefined && !goesOn) await stopForGood(docker, id, STOP_SECONDS);
  const now = goesOn
    ? "Nothing else runs in its place, so it isn't stopped."
    : "It was stopped and gets no traffic.";
  throw new Error(`Container ${name} ${why} ${now}${hardeningHint(lines)} ${quoted(lines)}`);
}
