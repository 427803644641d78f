// Which containers serve: those that the gateways of a host lead to at this moment, read from the gateways themselves.
import type Docker from "dockerode";
import { CONFIG_DIR } from "../../components/gateway-config.ts";
import type { UpstreamProtocol } from "../../provider/gateway/route-config.ts";
import { readAllUpstreams } from "../../provider/gateway/route-files.ts";
import { ask } from "../../provider/gateway/route-reach.ts";
import { found, labels } from "../engine/docker-client.ts";

/** One address to which a gateway leads. */
export interface Lead {
  /** Id of the gateway's container. */
  gatewayId: string;
  /** Name of the gateway's container. */
  gateway: string;
  route: string;
  /** Container and port. */
  address: string;
  /** Name of the container that it leads to; whether there is one of that name is another question. */
  container: string;
}

const UPSTREAM = /^(.+)\.[0-9]+$/;

/** Name of a container in a list. */
export const containerName = ({ Names, Id }: Docker.ContainerInfo) => (Names[0] ?? Id).replace(/^\//, "");

/** Reads where the running gateways among the containers lead. */
export async function leadsOf(docker: Docker, containers: readonly Docker.ContainerInfo[]): Promise<Lead[]> {
  const gateways = containers.filter(
    ({ State, Labels, Mounts }) =>
      State === "running" &&
      Labels[labels.system] !== undefined &&
      Mounts.some(({ Destination }) => Destination === CONFIG_DIR),
  );
  const leads = gateways.map(async (gateway): Promise<Lead[]> => {
    const files = (await found(readAllUpstreams(docker, gateway.Id))) ?? {};
    return Object.entries(files).flatMap(([file, content]) => {
      const route = UPSTREAM.exec(file)?.[1];
      const address = content.trim();
      const [container = ""] = address.split(":");
      const about = { gatewayId: gateway.Id, gateway: containerName(gateway) };
      return route === undefined || container === "" ? [] : [{ ...about, route, address, container }];
    });
  });
  return (await Promise.all(leads)).flat();
}

/** What serves on a host: running containers that a gateway leads to, and the gateways that do, by name. */
export function servingOf(
  leads: readonly Lead[],
  containers: readonly Docker.ContainerInfo[],
): Map<string, string> {
  const running = new Set(containers.filter(({ State }) => State === "running").map(containerName));
  const live = leads.filter(({ container }) => running.has(container));
  return new Map([
    ...live.map(({ gateway }) => [gateway, "leads to what serves"] as const),
    ...live.map(({ container, route, gateway }) => [container, `route ${route} of ${gateway}`] as const),
  ]);
}

/** Where one route of a stack leads, and what came of asking there. */
export interface RouteState {
  route: string;
  /** Container that it leads to; undefined where it leads nowhere. */
  container?: string;
  /** Why nobody is served there; undefined where something answered. */
  problem?: string;
}

/**
 * Asks the containers behind a stack's routes, through their gateways.
 *
 * @param routes the stack's routes, with the ids of their gateways and what their containers speak
 */
export async function routeStates(
  docker: Docker,
  routes: readonly { route: string; gatewayId: string; protocol: UpstreamProtocol }[],
): Promise<RouteState[]> {
  const containers = await docker.listContainers({ all: true });
  const leads = await leadsOf(docker, containers);
  const states = routes.map(async ({ route, gatewayId, protocol }): Promise<RouteState[]> => {
    const gateway = containers.find(({ Id }) => Id === gatewayId);
    if (gateway?.State !== "running") {
      return [{ route, problem: `its gateway ${gateway === undefined ? "is gone" : "doesn't run"}` }];
    }
    const own = leads.filter((lead) => lead.gatewayId === gatewayId && lead.route === route);
    if (own.length === 0) return [{ route, problem: `${containerName(gateway)} doesn't know it` }];
    return await Promise.all(own.map((lead) => askBehind(docker, lead, protocol, containers)));
  });
  return (await Promise.all(states)).flat();
}

async function askBehind(
  docker: Docker,
  { gatewayId, route, address, container }: Lead,
  protocol: UpstreamProtocol,
  containers: readonly Docker.ContainerInfo[],
): Promise<RouteState> {
  const there = containers.find((one) => containerName(one) === container);
  if (there === undefined) return { route, container, problem: "which is gone" };
  if (there.State !== "running") return { route, container, problem: "which doesn't run" };
  const silence = await ask(docker, gatewayId, address, protocol, false);
  return { route, container, ...(silence === undefined ? {} : { problem: "which doesn't answer" }) };
}

/** What was seen of a stack's routes, a line each. */
export function servingLines(states: readonly RouteState[]): string[] {
  return states.map(({ route, container, problem }) => {
    if (problem === undefined) return `route ${route} is served by ${container}, which answers`;
    return `nobody is served at route ${route}: ${container === undefined ? problem : `it leads to ${container}, ${problem}`}`;
  });
}

/** Which containers of services run that no route leads to, a line for each service, such as a worker. */
export function workerLines(
  services: readonly string[],
  containers: readonly { component: string; name: string; state: string }[],
): string[] {
  return services.map((service) => {
    const running = containers.filter(({ component, state }) => component === service && state === "running");
    return running.length === 0
      ? `nothing of service ${service} runs`
      : `of service ${service} runs ${running.map(({ name }) => name).join(", ")}`;
  });
}
