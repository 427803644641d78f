// tandem:gateway:Route: one route of a gateway, as files in its configuration.
import type Docker from "dockerode";
import type { CallContext, ResourceHandler } from "../lib/plugin/handler.ts";
import { hasUnknown, type Properties, sameValue, UNKNOWN } from "../lib/plugin/values.ts";
import { exec, inspect } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";
import {
  configHash,
  type RouteConfig,
  type RouteFiles,
  renderRoute,
  routeProblems,
  streamAddress,
} from "./route-config.ts";
import { readRoute, removeSite, removeUpstreams, writeRoute } from "./route-files.ts";
import { expectReachable } from "./route-reach.ts";
import { settle } from "./route-take-over.ts";
import { Turns } from "./turns.ts";

type Context = CallContext<DockerHost>;

/** Puts the sites into force, unless they are. */
const RELOAD = ["sh", "/config/reload.sh"];
const COMPARED = [
  "gatewayId",
  "hostnames",
  "path",
  "upstreams",
  "noindex",
  "basicAuthUser",
  "basicAuthHash",
  "drainSeconds",
  "watchSeconds",
  "watchErrorPercent",
  "configHash",
];

/**
 * One change at a time per gateway: a reload reads all files and then posts them, so of two at once the older reading
 * could win and lose a route.
 */
const turns = new Turns();

async function reload(docker: Docker, gateway: string): Promise<string | undefined> {
  const { exitCode, output } = await exec(docker, gateway, RELOAD);
  return exitCode === 0 ? undefined : output.trim().split("\n").slice(-3).join("\n");
}

/** The addresses of a route, without those for WebSockets. */
function addresses(files: RouteFiles | undefined): string[] {
  const all = Object.values(files?.upstreams ?? {});
  const streams = new Set(all.map(streamAddress));
  return [...new Set(all)].filter((address) => !streams.has(address));
}

/**
 * The route's files, and for each file more that is there now an address that lives: until the reload the gateway goes
 * on reading it.
 */
function withSurplus(wanted: RouteFiles, surplus: string[]): RouteFiles {
  const upstreams = { ...wanted.upstreams };
  for (const name of surplus) {
    const [first = ""] = addresses(wanted);
    upstreams[name] = name.endsWith(".stream") ? streamAddress(first) : first;
  }
  return { ...wanted, upstreams };
}

/** Writes a route and puts it into force; one that the gateway refuses is taken back, so the others stay as they were. */
async function replace(
  docker: Docker,
  gateway: string,
  name: string,
  wanted: RouteFiles,
  before: RouteFiles | undefined,
): Promise<void> {
  const surplus = Object.keys(before?.upstreams ?? {}).filter((file) => !(file in wanted.upstreams));
  await writeRoute(docker, gateway, name, withSurplus(wanted, surplus));
  const refusal = await reload(docker, gateway);
  if (refusal !== undefined) {
    if (before === undefined) await removeSite(docker, gateway, name);
    else await writeRoute(docker, gateway, name, before);
    throw new Error(`The gateway refuses the route '${name}' and keeps the old one: ${refusal}`);
  }
  await removeUpstreams(docker, gateway, surplus);
}

/**
 * Moves the route. When it returns, nothing is under way to what it left, or the time for that is over, and the new
 * containers have been watched.
 */
async function apply(inputs: Properties, ctx: Context): Promise<Properties> {
  const docker = await ctx.client.docker();
  const gateway = String(inputs.gatewayId);
  const routeName = String(inputs.routeName);
  const wanted = renderRoute(inputs as unknown as RouteConfig);
  const now = addresses(wanted);
  // Not in turn: nobody else changes this route's files, and a port that stays closed must not hold up the others.
  const [before] = await Promise.all([
    readRoute(docker, gateway, routeName),
    expectReachable(docker, gateway, routeName, now),
  ]);
  await turns.take(gateway, () => replace(docker, gateway, routeName, wanted, before));
  const earlier = addresses(before);
  // Not in turn: the other routes needn't wait for this one's requests.
  await settle(
    docker,
    {
      routeName,
      gateway,
      left: earlier.filter((address) => !now.includes(address)),
      entered: now.filter((address) => !earlier.includes(address)),
      drainSeconds: Number(inputs.drainSeconds ?? 0),
      watchSeconds: Number(inputs.watchSeconds ?? 0),
      watchErrorPercent: Number(inputs.watchErrorPercent ?? 100),
      moveBack: () =>
        turns.take(gateway, () => replace(docker, gateway, routeName, before ?? wanted, wanted)),
    },
    ctx,
  );
  return inputs;
}

async function remove(outputs: Properties, ctx: Context): Promise<void> {
  const docker = await ctx.client.docker();
  const gateway = String(outputs.gatewayId);
  const name = String(outputs.routeName);
  const facts = await inspect(docker, gateway);
  // A gateway that is gone or stopped serves no route.
  if (facts === undefined || !facts.State.Running) return;
  const before = await readRoute(docker, gateway, name);
  await removeSite(docker, gateway, name);
  const refusal = await reload(docker, gateway);
  if (refusal !== undefined) throw new Error(`The gateway can't let go of the route '${name}': ${refusal}`);
  await removeUpstreams(docker, gateway, Object.keys(before?.upstreams ?? {}));
}

/** Serves routes. The hash of the files is part of the state, so a change made by hand shows at the next refresh. */
export const route: ResourceHandler<DockerHost> = {
  check({ news }) {
    const known = Object.fromEntries(Object.entries(news).filter(([, value]) => !hasUnknown(value)));
    const failures = routeProblems(known as Partial<RouteConfig>, Object.keys(news));
    const complete = failures.length === 0 && Object.keys(known).length === Object.keys(news).length;
    const hash = complete ? configHash(renderRoute(news as unknown as RouteConfig)) : UNKNOWN;
    return { inputs: { ...news, configHash: hash }, failures };
  },
  diff({ olds, news }) {
    const changes: Record<string, "update" | "update-replace"> = {};
    for (const key of COMPARED) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
    }
    if (!sameValue(olds.routeName, news.routeName)) changes.routeName = "update-replace";
    return { changes, deleteBeforeReplace: true };
  },
  async create({ inputs }, ctx) {
    return { id: String(inputs.routeName), outputs: await apply(inputs, ctx) };
  },
  async read({ id, outputs, inputs }, ctx) {
    const docker = await ctx.client.docker();
    const gateway = String(outputs.gatewayId);
    if ((await inspect(docker, gateway)) === undefined) return undefined;
    const files = await readRoute(docker, gateway, String(outputs.routeName));
    if (files === undefined) return undefined;
    return { id, outputs: { ...outputs, configHash: configHash(files) }, inputs };
  },
  update: ({ inputs }, ctx) => apply(inputs, ctx),
  delete: ({ outputs }, ctx) => turns.take(String(outputs.gatewayId), () => remove(outputs, ctx)),
};
