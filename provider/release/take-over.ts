// tandem:docker:TakeOver: the services of a release start, take over from the version before, and go back, together.
import type { DiffResult, ResourceHandler } from "../../plugin/handler.ts";
import { hasUnknown, isRecord, type Properties, sameValue, type Value } from "../../plugin/values.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { type RouteConfig, routeProblems } from "../gateway/route-config.ts";
import { deploy } from "./deploy.ts";
import { specOf } from "./spec.ts";

const COMPARED = ["starts", "routes", "passwords"];

/** Everything that is wrong with its routes, by path. */
function problems(routes: Value | undefined): { property: string; reason: string }[] {
  if (!Array.isArray(routes)) return [];
  return routes.flatMap((route, index) => {
    if (!isRecord(route)) return [];
    const known = Object.fromEntries(Object.entries(route).filter(([, value]) => !hasUnknown(value)));
    // The hash of a password stands beside the routes.
    const given = Object.keys(route).filter((key) => key !== "basicAuthUser");
    return routeProblems(known as Partial<RouteConfig>, given).map(({ property, reason }) => ({
      property: `routes[${index}].${property}`,
      reason,
    }));
  });
}

function difference(olds: Properties, news: Properties): DiffResult {
  const changes: Record<string, "update"> = {};
  for (const key of COMPARED) if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
  return { changes };
}

/** Lets the services of a release take over together. */
export const takeOver: ResourceHandler<DockerHost> = {
  check: ({ news }) => ({ inputs: news, failures: problems(news.routes) }),
  async diff({ olds, news }, ctx) {
    const result = difference(olds, news);
    if (Object.keys(result.changes).length > 0) return result;
    // What the state says is not enough: a daemon that was killed leaves its containers stopped, and `up` shall do.
    const states = await Promise.all(specOf(news).starts.map(({ id }) => ctx.client.isRunning(id)));
    return states.every((running) => running === true) ? result : { changes: { starts: "update" } };
  },
  async create({ inputs }, ctx) {
    await deploy(await ctx.client.docker(), specOf(inputs), undefined, ctx);
    return { id: String(inputs.release), outputs: inputs };
  },
  async update({ olds, inputs }, ctx) {
    await deploy(await ctx.client.docker(), specOf(inputs), specOf(olds), ctx);
    return inputs;
  },
  // Containers and routes are removed by the resources that made them.
  delete: () => undefined,
};
