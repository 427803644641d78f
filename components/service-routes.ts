// How services get their traffic: one by its route, or several, and several routes, that move together.
import * as pulumi from "@pulumi/pulumi";
import { TakeOver, type TakeOverStart } from "../provider/release/sdk.ts";
import { Route, type RouteArgs } from "../provider/sdk.ts";
import type { RouteSpec } from "./app-service.ts";
import type { RunningContainer } from "./container.ts";
import type { RouteTarget } from "./gateway.ts";
import type { ServiceInputs } from "./service-inputs.ts";

/** What came of it. */
export interface Serving {
  /** Names of the running containers, by service. */
  names: Record<string, pulumi.Output<string[]>>;
  /** What must exist before what calls the services starts. */
  ready: pulumi.Resource[];
}

/** A service with containers that are made ready and not started. */
export interface HeldService {
  name: string;
  args: ServiceInputs;
  running: RunningContainer[];
  /** What its routes stand below. */
  component: pulumi.ComponentResource;
}

const started = (running: readonly RunningContainer[]) => running.map((one) => one.started);

function targetOf(
  { port, stopGraceSeconds: drainSeconds, watch }: ServiceInputs,
  { hostnames, path, protocol }: RouteSpec,
  containers: pulumi.Output<string[]>,
): RouteTarget {
  const upstreams = pulumi
    .all([containers, port])
    .apply(([names, known]) => names.map((container) => `${container}:${known}`));
  return { hostnames, path, protocol, upstreams, drainSeconds, watch };
}

/** Leads a service's one route, if it has one, to its containers, which start by themselves. */
export function createRoute(
  parent: pulumi.ComponentResource,
  name: string,
  args: ServiceInputs,
  running: readonly RunningContainer[],
): Serving {
  const starts = started(running);
  const containers = pulumi.all(starts.map(({ containerName }) => containerName));
  const routes = args.routes.map((route) =>
    route.gateway.route(name, targetOf(args, route, containers), { parent }),
  );
  return { names: { [name]: containers }, ready: [...starts, ...routes] };
}

/** Name of a service's route: its own for the first, as where it has one only. */
const routeName = (service: string, index: number) => (index === 0 ? service : `${service}-${index + 1}`);

/** Starts services together and moves their routes together. */
export function takeOverTogether(
  parent: pulumi.ComponentResource,
  name: string,
  services: readonly HeldService[],
): Serving {
  const plans = services.map(({ name: service, args, running, component }) => {
    const containers = pulumi.all(started(running).map(({ containerName }) => containerName));
    const routes = args.routes.map((route, index) =>
      route.gateway.routeArgs(routeName(service, index), targetOf(args, route, containers)),
    );
    return { service, args, running, component, containers, routes };
  });
  const routes = plans.flatMap((plan) => plan.routes.map((route) => ({ service: plan.service, route })));
  const takeOver = new TakeOver(
    `${name}-take-over`,
    {
      release: name,
      starts: plans.flatMap((plan) => startsOf(plan)),
      routes: routes.map(({ service, route: { basicAuthHash, ...route } }) => ({ service, ...route })),
      ...passwordsOf(routes.map(({ route }) => route)),
    },
    { parent },
  );
  const moved = plans.flatMap((plan) =>
    plan.routes.map(
      (route) =>
        new Route(`${String(route.routeName)}-route`, route, {
          parent: plan.component,
          dependsOn: [takeOver],
        }),
    ),
  );
  const names = plans.map(({ service, containers }): [string, pulumi.Output<string[]>] => [
    service,
    pulumi.all([takeOver.id, containers]).apply(([, known]) => known),
  ]);
  return {
    names: Object.fromEntries(names),
    ready: [...plans.flatMap(({ running }) => started(running)), takeOver, ...moved],
  };
}

function startsOf({
  service,
  args,
  running,
}: {
  service: string;
  args: ServiceInputs;
  running: RunningContainer[];
}) {
  return started(running).map(
    ({ containerId, containerName }): TakeOverStart => ({
      ...{ service, containerId, containerName },
      ...(args.replace === "stop-first" ? { stopFirst: true } : {}),
      healthTimeoutSeconds: args.healthTimeoutSeconds,
      watchSeconds: args.watch.seconds,
    }),
  );
}

function passwordsOf(routes: readonly RouteArgs[]) {
  const hashes = routes.flatMap(({ routeName: route, basicAuthHash }) =>
    basicAuthHash === undefined ? [] : [[String(route), basicAuthHash] as const],
  );
  return hashes.length === 0 ? {} : { passwords: Object.fromEntries(hashes) };
}
