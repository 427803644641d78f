// tandem:gateway:Route: one route of a gateway, as files in its configuration.
import { randomBytes } from "node:crypto";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { hasUnknown, type Properties, sameValue, UNKNOWN } from "../../plugin/values.ts";
import { inspect } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import {
  configHash,
  type RouteConfig,
  renderRoute,
  routeProblems,
  type UpstreamProtocol,
} from "./route-config.ts";
import { drain } from "./route-drain.ts";
import { readRoute, readSites, readUpstreams, removeUpstreams, writeFiles } from "./route-files.ts";
import { givesUp, leftOf, release } from "./route-ownership.ts";
import { expectReachable } from "./route-reach.ts";
import { addresses, reload, replace, turns } from "./route-switch.ts";
import { settle } from "./route-take-over.ts";

type Context = CallContext<DockerHost>;

const COMPARED = [
  "gatewayId",
  "hostnames",
  "path",
  "upstreams",
  "protocol",
  "noindex",
  "basicAuthUser",
  "basicAuthHash",
  "drainSeconds",
  "watchSeconds",
  "watchErrorPercent",
  "configHash",
];

/**
 * Moves the route. When it returns, nothing is under way to what it left, or the time for that is over, and the new
 * containers have been watched.
 */
async function apply(
  inputs: Properties,
  owner: string | undefined,
  keepLost: boolean,
  ctx: Context,
): Promise<Properties> {
  const docker = await ctx.client.docker();
  const gateway = String(inputs.gatewayId);
  const routeName = String(inputs.routeName);
  const wanted = renderRoute(inputs as unknown as RouteConfig);
  const now = addresses(wanted);
  // Not in turn: nobody else changes this route's containers, and a port that stays closed must not hold up the others.
  const [before] = await Promise.all([
    readUpstreams(docker, gateway, routeName),
    expectReachable(docker, gateway, routeName, now, (inputs.protocol ?? "http") as UpstreamProtocol),
  ]);
  const { succeeded, undo } = await turns.take(gateway, () =>
    replace(docker, gateway, { routeName, wanted, owner, keepLost }),
  );
  const earlier = [...addresses({ upstreams: before }), ...succeeded];
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
      moveBack: () => turns.take(gateway, undo),
    },
    ctx,
  );
  return owner === undefined ? inputs : { ...inputs, owner };
}

async function remove(outputs: Properties, ctx: Context): Promise<void> {
  const docker = await ctx.client.docker();
  const gateway = String(outputs.gatewayId);
  const name = String(outputs.routeName);
  const facts = await inspect(docker, gateway);
  // A gateway that is gone or stopped serves no route.
  if (facts === undefined || !facts.State.Running) return;
  const unused = await turns.take(gateway, async () => {
    const sites = await readSites(docker, gateway);
    const gone = release(sites, name, outputs.owner === undefined ? undefined : String(outputs.owner));
    await writeFiles(docker, gateway, new Map(gone.map((site) => [site, undefined])), {});
    const refusal = await reload(docker, gateway);
    if (refusal !== undefined) throw new Error(`The gateway can't let go of the route '${name}': ${refusal}`);
    const serves = [name, leftOf(name)].some((site) => sites.has(site) && !gone.includes(site));
    return serves ? {} : await readUpstreams(docker, gateway, name);
  });
  const seconds = Number(outputs.drainSeconds ?? 0);
  await drain(docker, gateway, addresses({ upstreams: unused }), seconds, ctx);
  await removeUpstreams(docker, gateway, Object.keys(unused));
}

/** Whether hostnames that the route had are not among its new ones; false while they aren't known. */
function losesHostnames(olds: Properties, news: Properties): boolean {
  const known = !hasUnknown(news.hostnames ?? null) && !hasUnknown(news.path ?? null);
  // The files of a gateway that is replaced are the new one's, and nobody would remove them from there.
  if (!known || !sameValue(olds.gatewayId, news.gatewayId)) return false;
  return givesUp(olds as unknown as RouteConfig, news as unknown as RouteConfig);
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
    // The old one is deleted at the end of the run: until then another route may claim what this one gives up.
    if (losesHostnames(olds, news)) changes[changes.hostnames ? "hostnames" : "path"] = "update-replace";
    return { changes, deleteBeforeReplace: false };
  },
  async create({ inputs }, ctx) {
    const owner = randomBytes(6).toString("hex");
    return { id: String(inputs.routeName), outputs: await apply(inputs, owner, true, ctx) };
  },
  async read({ id, outputs, inputs }, ctx) {
    const docker = await ctx.client.docker();
    const gateway = String(outputs.gatewayId);
    if ((await inspect(docker, gateway)) === undefined) return undefined;
    const files = await readRoute(docker, gateway, String(outputs.routeName));
    if (files === undefined) return undefined;
    return { id, outputs: { ...outputs, configHash: configHash(files) }, inputs };
  },
  update: ({ inputs, olds }, ctx) =>
    apply(inputs, olds.owner === undefined ? undefined : String(olds.owner), false, ctx),
  delete: ({ outputs }, ctx) => remove(outputs, ctx),
};
