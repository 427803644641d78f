// tandem:gateway:Route: one route of a gateway, as a file in its configuration and a graceful reload.
import type Docker from "dockerode";
import type { CallContext, ResourceHandler } from "../toolchain/providers/shared/handler.ts";
import { hasUnknown, type Properties, sameValue, UNKNOWN } from "../toolchain/providers/shared/values.ts";
import { exec, getFile, inspect, putFile, putFolder } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";
import { configHash, type RouteConfig, renderRoute, routeProblems } from "./route-config.ts";

type Context = CallContext<DockerHost>;

const CONFIG_DIR = "/config";
const ROUTES_DIR = `${CONFIG_DIR}/routes`;
const RELOAD = ["caddy", "reload", "--config", `${CONFIG_DIR}/Caddyfile`, "--adapter", "caddyfile"];
const COMPARED = [
  "gatewayId",
  "hostnames",
  "upstreams",
  "noindex",
  "basicAuthUser",
  "basicAuthHash",
  "configHash",
];

/**
 * One change at a time per gateway: a reload reads all files and then posts them, so of two at once the older reading
 * could win and lose a route.
 */
const queues = new Map<string, Promise<unknown>>();

function inTurn<T>(gateway: string, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(gateway) ?? Promise.resolve()).then(work, work);
  queues.set(gateway, turn);
  return turn;
}

function routeFile(inputs: Properties): string {
  return `${ROUTES_DIR}/${String(inputs.routeName)}.caddy`;
}

async function reload(docker: Docker, gateway: string): Promise<string | undefined> {
  const { exitCode, output } = await exec(docker, gateway, RELOAD);
  return exitCode === 0 ? undefined : output.trim().split("\n").slice(-3).join("\n");
}

async function removeFile(docker: Docker, gateway: string, path: string): Promise<void> {
  // The gateway's own user can't change its configuration, so the file is taken away as root.
  const { exitCode, output } = await exec(docker, gateway, ["rm", "-f", path], undefined, "0:0");
  if (exitCode !== 0) throw new Error(`The gateway's file ${path} can't be removed: ${output.trim()}`);
}

/** Writes the route and reloads; a route that the gateway refuses is taken back, so the others stay as they were. */
async function apply(inputs: Properties, ctx: Context): Promise<Properties> {
  const docker = await ctx.client.docker();
  const gateway = String(inputs.gatewayId);
  const path = routeFile(inputs);
  const before = await getFile(docker, gateway, path);
  await putFolder(docker, gateway, ROUTES_DIR);
  await putFile(docker, gateway, path, renderRoute(inputs as unknown as RouteConfig));
  const refusal = await reload(docker, gateway);
  if (refusal !== undefined) {
    if (before === undefined) await removeFile(docker, gateway, path);
    else await putFile(docker, gateway, path, before);
    await reload(docker, gateway);
    throw new Error(
      `The gateway refuses the route '${String(inputs.routeName)}' and keeps the old one: ${refusal}`,
    );
  }
  return inputs;
}

async function remove(outputs: Properties, ctx: Context): Promise<void> {
  const docker = await ctx.client.docker();
  const gateway = String(outputs.gatewayId);
  const facts = await inspect(docker, gateway);
  // A gateway that is gone or stopped serves no route.
  if (facts === undefined || !facts.State.Running) return;
  await removeFile(docker, gateway, routeFile(outputs));
  const refusal = await reload(docker, gateway);
  if (refusal !== undefined)
    throw new Error(`The gateway can't let go of the route '${String(outputs.routeName)}': ${refusal}`);
}

/** Serves routes. The hash of the file is part of the state, so a change made by hand shows at the next refresh. */
export const route: ResourceHandler<DockerHost> = {
  check({ news }) {
    const known = Object.fromEntries(Object.entries(news).filter(([, value]) => !hasUnknown(value)));
    const failures = routeProblems(known as Partial<RouteConfig>);
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
    const outputs = await inTurn(String(inputs.gatewayId), () => apply(inputs, ctx));
    return { id: String(inputs.routeName), outputs };
  },
  async read({ id, outputs, inputs }, ctx) {
    const docker = await ctx.client.docker();
    const gateway = String(outputs.gatewayId);
    if ((await inspect(docker, gateway)) === undefined) return undefined;
    const text = await getFile(docker, gateway, routeFile(outputs));
    if (text === undefined) return undefined;
    return { id, outputs: { ...outputs, configHash: configHash(text) }, inputs };
  },
  update: ({ inputs }, ctx) => inTurn(String(inputs.gatewayId), () => apply(inputs, ctx)),
  delete: ({ outputs }, ctx) => inTurn(String(outputs.gatewayId), () => remove(outputs, ctx)),
};
