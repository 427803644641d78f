// What a release is made of, as its resource has it: containers that start together, and routes that move together.
import type { Properties } from "../../plugin/values.ts";
import type { Start } from "../docker/start-gate.ts";
import type { RouteConfig } from "../gateway/route-config.ts";

/** A container of the release. */
export interface ReleaseStart extends Start {
  /** Service that it runs. */
  service: string;
  /** Do others of its service end before it starts? */
  stopFirst: boolean;
  /** Seconds for which it is watched after the release has taken over. */
  watchSeconds: number;
}

/** A route to one of its services. */
export interface ReleaseRoute {
  service: string;
  /** The gateway's container. */
  gateway: string;
  config: RouteConfig;
  /** Seconds that requests under way have to end on what the route leaves. */
  drainSeconds: number;
  /** Share of server errors, in percent, above which the release goes back. */
  watchErrorPercent: number;
}

/** All of it. */
export interface ReleaseSpec {
  starts: ReleaseStart[];
  routes: ReleaseRoute[];
}

type Entry = Record<string, unknown>;

/** Reads the resource's properties; hashes of passwords stand beside the routes, so that those can be plain. */
export function specOf(properties: Properties): ReleaseSpec {
  const passwords = (properties.passwords ?? {}) as Record<string, string>;
  const starts = (properties.starts ?? []) as Entry[];
  const routes = (properties.routes ?? []) as Entry[];
  return {
    starts: starts.map((start) => ({
      id: String(start.containerId),
      name: String(start.containerName),
      service: String(start.service),
      stopFirst: start.stopFirst === true,
      healthTimeoutSeconds: Number(start.healthTimeoutSeconds),
      watchSeconds: Number(start.watchSeconds ?? 0),
    })),
    routes: routes.map((route) => ({
      service: String(route.service),
      gateway: String(route.gatewayId),
      config: {
        ...(route as unknown as RouteConfig),
        ...(route.basicAuthUser === undefined
          ? {}
          : { basicAuthHash: passwords[String(route.routeName)] ?? "" }),
      },
      drainSeconds: Number(route.drainSeconds ?? 0),
      watchErrorPercent: Number(route.watchErrorPercent ?? 100),
    })),
  };
}
