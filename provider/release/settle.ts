// After a release has taken over: all of its containers are watched while requests end on those that its routes left.
import type Docker from "dockerode";
import type { CallContext } from "../../plugin/handler.ts";
import { lastLogLines } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { quoted } from "../docker/health.ts";
import { GatewayLog, tooManyErrors } from "../gateway/gateway-log.ts";
import { alive, containerOf, drain } from "../gateway/route-drain.ts";
import { BEFORE_SECONDS, LOG_LINES } from "../gateway/route-take-over.ts";
import { type Verdict, watch } from "../gateway/watch.ts";
import type { ReleaseRoute, ReleaseSpec } from "./spec.ts";
import type { Survey } from "./survey.ts";

type Context = CallContext<DockerHost>;

/** A route that has moved. */
export interface Moved {
  route: ReleaseRoute;
  /** Addresses that it left. */
  left: string[];
  /** Addresses that it leads to now and did not before. */
  entered: string[];
  /** Leads it back. */
  undo: () => Promise<void>;
}

/**
 * Waits until requests have ended on what the routes left, and as long as the watch takes. Where nothing ran before there is
 * nothing to go back to, and nothing is watched.
 *
 * @throws when one of the new containers goes bad, or the run is stopped meanwhile
 */
export async function settleTogether(
  docker: Docker,
  spec: ReleaseSpec,
  { fresh, earlier }: Survey,
  moved: readonly Moved[],
  ctx: Context,
): Promise<void> {
  const old = await alive(
    docker,
    moved.flatMap(({ left }) => left),
  );
  if (old.length === 0 && earlier.length === 0) return;
  const stop = new AbortController();
  const draining = { ...ctx, signal: AbortSignal.any([ctx.signal, stop.signal]) };
  const entered = moved.flatMap((one) => one.entered.map(containerOf));
  const containers = [...new Set([...fresh.map(({ name }) => name), ...entered])];
  const seconds = Math.max(0, ...spec.starts.map(({ watchSeconds }) => watchSeconds));
  const [verdict] = await Promise.all([
    watchAll(docker, { containers, seconds, moved, old }, ctx).then((found) => {
      if (found !== undefined) stop.abort();
      return found;
    }),
    ...drains(docker, moved, old, draining),
  ]);
  if (verdict === undefined) {
    // What was not watched to its end is no end: the version before would be stopped next, and there would be no way back.
    if (ctx.signal.aborted) throw new Error("The run was stopped while the new version was watched.");
    return;
  }
  const { container, reason } = verdict;
  const lines = await lastLogLines(docker, container, LOG_LINES).catch(() => []);
  throw new Error(`The new version took over and went bad: ${container} ${reason}. ${quoted(lines)}`.trim());
}

/** One for each gateway: each look is a process in it. */
function drains(docker: Docker, moved: readonly Moved[], old: readonly string[], ctx: Context) {
  const gateways = [...new Set(moved.map(({ route }) => route.gateway))];
  return gateways.map((gateway) => {
    const own = moved.filter(({ route }) => route.gateway === gateway);
    const left = [...new Set(own.flatMap((one) => one.left))].filter((address) => old.includes(address));
    return drain(docker, gateway, left, Math.max(...own.map(({ route }) => route.drainSeconds)), ctx);
  });
}

interface Watched {
  containers: string[];
  seconds: number;
  moved: readonly Moved[];
  old: readonly string[];
}

async function watchAll(
  docker: Docker,
  { containers, seconds, moved, old }: Watched,
  ctx: Context,
): Promise<Verdict | undefined> {
  if (seconds === 0 || containers.length === 0) return undefined;
  const since = Math.floor(Date.now() / 1000) - BEFORE_SECONDS;
  const logs = new Map(moved.map(({ route }) => [route.gateway, new GatewayLog()]));
  try {
    await Promise.all([...logs].map(([gateway, log]) => log.follow(docker, gateway, since)));
    ctx.status(`watching ${containers.length} new containers for ${seconds} s`);
    const complaint = (over: boolean): Verdict | undefined => {
      for (const { route, left, entered } of moved) {
        const log = logs.get(route.gateway);
        if (log === undefined || entered.length === 0) continue;
        const before = log.answersOf(left.filter((address) => old.includes(address)));
        const reason = tooManyErrors(log.answersOf(entered), before, route.watchErrorPercent, over);
        if (reason !== undefined) return { container: containerOf(entered[0] ?? ""), reason };
      }
      return undefined;
    };
    return await watch(docker, { containers, seconds, signal: ctx.signal, complaint });
  } finally {
    for (const log of logs.values()) log.close();
  }
}
