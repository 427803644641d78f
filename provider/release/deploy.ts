// A release: all of its containers become healthy, then all of its routes move, then all are watched; or all goes back.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { CallContext } from "../../plugin/handler.ts";
import { inspect } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { stopPredecessors } from "../docker/predecessors.ts";
import { startHealthy } from "../docker/start-gate.ts";
import { renderRoute } from "../gateway/route-config.ts";
import { containerOf } from "../gateway/route-drain.ts";
import { readAllUpstreams, readUpstreams } from "../gateway/route-files.ts";
import { expectReachable } from "../gateway/route-reach.ts";
import { addresses, replace, turns } from "../gateway/route-switch.ts";
import { goBack } from "./go-back.ts";
import { type Moved, settleTogether } from "./settle.ts";
import type { ReleaseRoute, ReleaseSpec, ReleaseStart } from "./spec.ts";
import { type Earlier, type Survey, survey } from "./survey.ts";

type Context = CallContext<DockerHost>;

/** Time for which all containers must run on once the last of them is healthy, without a restart. */
const STAY_MS = 1000;

/**
 * Lets a release take over. Its containers are there and ready to be started.
 *
 * @param before the release that came to its end last; undefined where none did
 * @throws when a step fails: then all routes lead to where they led, and of its containers none runs that is new
 */
export async function deploy(
  docker: Docker,
  spec: ReleaseSpec,
  before: ReleaseSpec | undefined,
  ctx: Context,
): Promise<void> {
  const seen = await survey(docker, spec, before);
  const moved: Moved[] = [];
  try {
    await startAll(docker, spec, seen, ctx);
    for (const route of spec.routes) moved.push(await move(docker, route));
    await settleTogether(docker, spec, seen, moved, ctx);
  } catch (error) {
    throw await goBack(docker, { spec, before, seen, moved }, error, ctx);
  }
  await retire(docker, [spec, ...(before === undefined ? [] : [before])], seen.earlier, ctx);
}

/** Starts what runs beside its predecessors; only when all of that is healthy and answers, what may exist once takes its turn. */
async function startAll(docker: Docker, spec: ReleaseSpec, seen: Survey, ctx: Context): Promise<void> {
  const once = new Set(spec.starts.filter(({ stopFirst }) => stopFirst).map(({ service }) => service));
  const [alone, beside] = split(seen.fresh, ({ service }) => once.has(service));
  const [routesAlone, routesBeside] = split(spec.routes, ({ service }) => once.has(service));
  await startTogether(docker, beside, ctx);
  await tryRoutes(docker, routesBeside);
  const ending = seen.earlier.filter(({ service }) => alone.some((start) => start.service === service));
  await stopPredecessors(
    docker,
    ending.map(({ id }) => id),
    ctx,
  );
  await startTogether(docker, alone, ctx);
  await tryRoutes(docker, routesAlone);
}

function split<T>(all: readonly T[], first: (one: T) => boolean): [T[], T[]] {
  return [all.filter(first), all.filter((one) => !first(one))];
}

/** Starts them all; when the last one is healthy, all must still run: a check that says little passes in one that ends by itself. */
async function startTogether(docker: Docker, starts: readonly ReleaseStart[], ctx: Context): Promise<void> {
  let waiting = starts;
  while (waiting.length > 0) {
    await untilAllHealthy(docker, waiting, ctx);
    const before = await restartsOf(docker, starts);
    await sleep(STAY_MS);
    const after = await restartsOf(docker, starts);
    // One that ends too often is given up there.
    waiting = starts.filter(({ id }) => after.get(id) === undefined || after.get(id) !== before.get(id));
  }
}

/** How often Docker has restarted each; undefined for one that doesn't run. */
async function restartsOf(docker: Docker, starts: readonly ReleaseStart[]) {
  const entries = starts.map(async ({ id }) => {
    const facts = await inspect(docker, id);
    const runs = facts?.State.Running && !facts.State.Restarting;
    return [id, runs ? facts.RestartCount : undefined] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Starts them at once; the first that fails ends the wait for the others. */
async function untilAllHealthy(docker: Docker, starts: readonly ReleaseStart[], ctx: Context): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stop.signal]);
  const failures: unknown[] = [];
  const each = starts.map(async (start) => {
    const status = (message: string) => ctx.status(`${start.service}: ${message}`);
    try {
      await startHealthy(docker, start, { signal, status });
    } catch (error) {
      failures.push(error);
      stop.abort();
    }
  });
  await Promise.all(each);
  if (failures.length > 0) throw failures[0];
}

async function tryRoutes(docker: Docker, routes: readonly ReleaseRoute[]): Promise<void> {
  await Promise.all(
    routes.map(({ gateway, config: { routeName, upstreams, protocol = "http" } }) =>
      expectReachable(docker, gateway, routeName, upstreams, protocol),
    ),
  );
}

async function move(docker: Docker, route: ReleaseRoute): Promise<Moved> {
  const { gateway, config } = route;
  const { routeName } = config;
  const wanted = renderRoute(config);
  const now = addresses(wanted);
  return await turns.take(gateway, async () => {
    const upstreams = await readUpstreams(docker, gateway, routeName);
    // Each route's own resource becomes the owner of a new site, and ends what the route has given up.
    const { succeeded, undo } = await replace(docker, gateway, {
      ...{ routeName, wanted, owner: undefined, keepOwner: true, keepLost: true },
    });
    const earlier = [...addresses({ upstreams }), ...succeeded];
    return {
      route,
      left: earlier.filter((address) => !now.includes(address)),
      entered: now.filter((address) => !earlier.includes(address)),
      undo: () => turns.take(gateway, undo),
    };
  });
}

/**
 * Stops the version before: its workers would go on beside the new ones where a later step of the run fails. What a route still
 * leads to, which this release has given up, is left to the end of the run.
 */
async function retire(
  docker: Docker,
  specs: readonly ReleaseSpec[],
  earlier: readonly Earlier[],
  ctx: Context,
): Promise<void> {
  if (earlier.length === 0) return;
  const gateways = new Set(specs.flatMap(({ routes }) => routes.map(({ gateway }) => gateway)));
  // A gateway that is gone leads nowhere.
  const led = await Promise.all(
    [...gateways].map((gateway) => readAllUpstreams(docker, gateway).catch(() => ({}))),
  );
  const names = new Set(
    led.flatMap((files) => Object.values(files).map((address) => containerOf(address.trim()))),
  );
  const over = earlier.filter(({ name }) => !names.has(name));
  await Promise.all(
    over.map(({ id }) =>
      stopPredecessors(docker, [id], ctx).catch((error: Error) => ctx.log("warning", error.message)),
    ),
  );
}
