// After a route has moved: the new containers are watched while the old ones finish; if they go bad, it moves back.
import type Docker from "dockerode";
import type { CallContext } from "../../plugin/handler.ts";
import { lastLogLines, stopForGood } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { quoted } from "../docker/health.ts";
import { GatewayLog, tooManyErrors } from "./gateway-log.ts";
import { alive, containerOf, drain } from "./route-drain.ts";
import { type Verdict, watch } from "./watch.ts";

/** How far back the old containers' errors count, in seconds. */
export const BEFORE_SECONDS = 60;
/** Lines of a container's log that an error quotes. */
export const LOG_LINES = 20;
/** Seconds that a container which went bad has to stop. */
export const STOP_SECONDS = 10;
/** Seconds that requests have to end on it before. */
export const LEAVE_SECONDS = 10;

/** A move of a route, done and not yet proven. */
export interface TakeOver {
  routeName: string;
  gateway: string;
  /** Addresses (`container:port`) that the route left. */
  left: string[];
  /** Addresses that it leads to now and did not before. */
  entered: string[];
  drainSeconds: number;
  watchSeconds: number;
  watchErrorPercent: number;
  /** Leads the route back. */
  moveBack: () => Promise<void>;
}

/**
 * Waits until the requests to the old containers have ended, and as long as the watch takes. Where no old container
 * runs, there is nothing to go back to and nothing is watched.
 *
 * @throws when the new containers went bad; the route then leads to the old ones and the new ones are stopped
 */
export async function settle(
  docker: Docker,
  takeOver: TakeOver,
  ctx: CallContext<DockerHost>,
): Promise<void> {
  const old = await alive(docker, takeOver.left);
  if (old.length === 0) return;
  const stop = new AbortController();
  const drained = drain(docker, takeOver.gateway, old, takeOver.drainSeconds, {
    ...ctx,
    signal: AbortSignal.any([ctx.signal, stop.signal]),
  });
  const [verdict] = await Promise.all([
    watchEntered(docker, takeOver, old, ctx).then((found) => {
      if (found !== undefined) stop.abort();
      return found;
    }),
    drained,
  ]);
  if (verdict !== undefined) await goBack(docker, takeOver, verdict, ctx);
}

async function watchEntered(
  docker: Docker,
  takeOver: TakeOver,
  old: string[],
  ctx: CallContext<DockerHost>,
): Promise<Verdict | undefined> {
  const { entered, gateway, watchSeconds, watchErrorPercent } = takeOver;
  if (watchSeconds === 0 || entered.length === 0) return undefined;
  const log = new GatewayLog();
  try {
    await log.follow(docker, gateway, Math.floor(Date.now() / 1000) - BEFORE_SECONDS);
    ctx.status(`watching the new version for ${watchSeconds} s`);
    return await watch(docker, {
      containers: entered.map(containerOf),
      seconds: watchSeconds,
      signal: ctx.signal,
      complaint: (over) => {
        const reason = tooManyErrors(log.answersOf(entered), log.answersOf(old), watchErrorPercent, over);
        return reason === undefined ? undefined : { container: entered.map(containerOf)[0] ?? "", reason };
      },
    });
  } finally {
    log.close();
  }
}

async function goBack(
  docker: Docker,
  { routeName, gateway, left, entered, moveBack }: TakeOver,
  { container, reason }: Verdict,
  ctx: CallContext<DockerHost>,
): Promise<never> {
  await moveBack();
  const lines = await lastLogLines(docker, container, LOG_LINES).catch(() => []);
  await drain(docker, gateway, await alive(docker, entered), LEAVE_SECONDS, ctx);
  for (const address of entered) {
    await stopForGood(docker, containerOf(address), STOP_SECONDS);
  }
  throw new Error(
    `The new version of '${routeName}' took over and went bad: ${container} ${reason}. The route leads to the old ` +
      `version again (${left.map(containerOf).join(", ")}), the new one is stopped. ` +
      `Fix it and run \`up\` again. ${quoted(lines)}`,
  );
}
