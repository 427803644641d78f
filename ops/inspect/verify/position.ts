// Checks from inside: what of another environment can be found by name or reached by address, from each place in the networks that
// an environment's containers have.
import type Docker from "dockerode";
import type { Check } from "./check.ts";
import { type Container, type Environment, type Port, runningOf } from "./environments.ts";
import { publishedName } from "./looked-at.ts";
import { type InterfaceAddress, Probe, reached, type Target } from "./probe.ts";

/** Ports that servers listen on whatever their image says: Postgres, pooler, Redis, gateway, its administration. */
const USUAL_PORTS = [5432, 6432, 6379, 80, 443, 8080, 2019];
/** A port on which nothing listens: that it is closed is said only where packets arrive. The first of `traceroute`. */
const CLOSED_UDP_PORT = 33434;

/** A place in the networks, as one of an environment's containers has it. */
interface Place {
  /** Container whose place it is. */
  container: Container;
  probe: Probe;
}

/** An environment with the places of its containers. */
export interface Position {
  environment: Environment;
  places: Place[];
}

/** One probe for all containers that are in the same networks; none for those without any. */
export async function positionOf(docker: Docker, environment: Environment): Promise<Position> {
  const byNetworks = Map.groupBy(runningOf(environment), ({ addresses }) =>
    Object.keys(addresses)
      .filter((network) => addresses[network] !== "")
      .toSorted()
      .join(),
  );
  byNetworks.delete("");
  const places: Place[] = [];
  try {
    for (const [container] of byNetworks.values()) {
      if (container === undefined) continue;
      places.push({ container, probe: await Probe.at(docker, { container: container.id }) });
    }
  } catch (error) {
    await leave({ places });
    throw error;
  }
  return { environment, places };
}

/** Ends the position's probes. */
export async function leave({ places }: Pick<Position, "places">): Promise<void> {
  await Promise.all(places.map(({ probe }) => probe.end()));
}

/** Addresses by which a container may reach the host: of its networks' bridges, and its own in the world. */
export interface HostAddresses {
  /** Without those that mean something else on each network. */
  global: string[];
  /** IPv6 addresses that hold on one network only. */
  linkLocal: string[];
}

/** Asks Docker for the gateways of all its networks, and the host for its interfaces. */
export async function hostAddresses(docker: Docker): Promise<HostAddresses> {
  const networks = await docker.listNetworks();
  const gateways = networks.flatMap(({ IPAM }) =>
    (IPAM?.Config ?? []).map(({ Gateway }) => Gateway?.split("/")[0] ?? ""),
  );
  const probe = await Probe.at(docker, "host");
  try {
    return sorted([...gateways, ...(await probe.addresses()).map(({ address }) => address)]);
  } finally {
    await probe.end();
  }
}

function sorted(addresses: readonly string[]): HostAddresses {
  const all = [...new Set(addresses.filter((address) => address !== ""))];
  const isLinkLocal = (address: string) => /^fe[89ab]/i.test(address);
  return { global: all.filter((address) => !isLinkLocal(address)), linkLocal: all.filter(isLinkLocal) };
}

/** Every address of the containers with every port that they may listen on. */
export function targetsIn(containers: readonly Container[]): Target[] {
  const usual = USUAL_PORTS.map((port): Port => ({ port, protocol: "tcp" }));
  return containers.flatMap(({ addresses, addresses6, listens }) => {
    const ports = [...listens, ...usual, { port: CLOSED_UDP_PORT, protocol: "udp" } as const];
    const unique = [...new Map(ports.map((each) => [`${each.protocol}${each.port}`, each])).values()];
    return [...Object.values(addresses), ...addresses6]
      .filter((address) => address !== "")
      .flatMap((address) => unique.map(({ port, protocol }): Target => [protocol, address, port]));
  });
}

/**
 * Tries from each of one environment's places what another one has; the other's own places show that it is there.
 *
 * @param again asks for the host's addresses once more
 */
export async function positionChecks(
  from: Position,
  to: Position,
  host: HostAddresses,
  again: () => Promise<HostAddresses>,
): Promise<Check[]> {
  const names = runningOf(to.environment).map(({ name }) => name);
  const targets = targetsIn(runningOf(to.environment));
  const known = await Promise.all(
    to.places.map(async ({ probe }) => ({
      names: await probe.resolve(names),
      answers: await probe.connect(targets),
    })),
  );
  const resolved = names.filter((_, at) => known.some((seen) => (seen.names[at] ?? []).length > 0));
  const answering = targets.filter((_, at) => known.some(({ answers }) => reached(answers[at])));
  const checks = from.places.map(async (place) => {
    const where = {
      environment: from.environment.name,
      place: place.container.component || place.container.name,
    };
    return [
      await namesCheck(where, place, to, names, resolved.length),
      await addressesCheck(where, place, to, targets, answering.length),
      await hostCheck(where, place, to, host, again),
    ];
  });
  return (await Promise.all(checks)).flat();
}

interface Where {
  environment: string;
  place: string;
}

async function namesCheck(
  where: Where,
  { probe }: Place,
  to: Position,
  names: string[],
  known: number,
): Promise<Check> {
  const seen = await probe.resolve(names);
  return verdict(
    { area: "names", environment: where.environment },
    `look up ${names.join(", ")} of ${to.environment.name} in the place of ${where.place}`,
    names.filter((_, at) => (seen[at] ?? []).length > 0).map((name) => `${name} has an address there`),
    known === 0 ? undefined : `none; in ${to.environment.name} itself ${known} of ${names.length}`,
  );
}

async function addressesCheck(
  where: Where,
  { probe }: Place,
  to: Position,
  targets: Target[],
  known: number,
): Promise<Check> {
  const seen = await probe.connect(targets);
  const found = targets.flatMap((target, at) => (reached(seen[at]) ? [told(target, seen[at])] : []));
  return verdict(
    { area: "addresses", environment: where.environment },
    `reach ${targets.length} addresses and ports of ${to.environment.name}'s containers in the place of ${where.place}`,
    found,
    known === 0 ? undefined : `none answers; in ${to.environment.name} itself ${known} do`,
  );
}

/** `tcp` goes without saying. */
function told([protocol, host, port]: Target, answer: string | undefined): string {
  const what = `${host.includes(":") ? `[${host}]` : host}:${port}${protocol === "udp" ? "/udp" : ""}`;
  return answer === "open" ? `${what} is open` : `${what} answers that it is closed: packets get there`;
}

/** Ports that are meant for this host alone, or for nobody, at every address that the host has. */
async function hostCheck(
  where: Where,
  { probe }: Place,
  to: Position,
  host: HostAddresses,
  again: () => Promise<HostAddresses>,
): Promise<Check> {
  const ports = to.environment.containers.flatMap(({ ports: all }) =>
    all.filter((port) => port.port > 0 && !to.environment.published.includes(publishedName(port))),
  );
  const [named = [], own] = await Promise.all([
    probe.resolve(["host.docker.internal", "gateway.docker.internal"]),
    probe.addresses(),
  ]);
  const reachable = ({ global, linkLocal }: HostAddresses) =>
    [...new Set([...global, ...named.flat(), ...scoped(linkLocal, own)])].filter(
      (address) => !own.some((mine) => mine.address === address),
    );
  const addresses = reachable(host);
  const targets = addresses.flatMap((address) =>
    ports.map(({ port, protocol }): Target => [protocol, address, port]),
  );
  const seen = await probe.connect(targets);
  const open = targets.filter((_, at) => seen[at] === "open");
  // A network that went away meanwhile took its address along: what answers there now is somewhere outside.
  const still = open.length === 0 ? [] : reachable(await again());
  const found = open.filter(([, address]) => still.includes(address));
  const silent = targets.filter(([protocol], at) => protocol === "udp" && seen[at] === "timeout");
  const check = verdict(
    { area: "ports", environment: where.environment },
    `reach ${to.environment.name}'s published ports ${ports.map(publishedName).join(", ") || "(none)"} at ${addresses.length} ` +
      `addresses of the host in the place of ${where.place}`,
    found.map((target) => told(target, "open")),
    "none is open",
  );
  if (check.result !== "holds" || silent.length === 0) return check;
  const words = `no answer at all from ${silent.map(([, address, port]) => `${address}:${port}/udp`).join(", ")}`;
  return { ...check, answer: `${words}: open or filtered can't be told`, result: "untried" };
}

/** A link-local address means something with an interface only: each of the place's own that has such an address too. */
function scoped(addresses: readonly string[], own: readonly InterfaceAddress[]): string[] {
  const interfaces = own.filter(({ address }) => /^fe[89ab]/i.test(address)).map(({ name }) => name);
  return addresses.flatMap((address) => interfaces.map((name) => `${address}%${name}`));
}

function verdict(
  about: Pick<Check, "area" | "environment">,
  tried: string,
  found: readonly string[],
  good: string | undefined,
): Check {
  if (found.length > 0) return { ...about, tried, answer: found.join("; "), result: "broken" };
  // Where even the owner reaches nothing, that nobody else does shows nothing.
  if (good === undefined)
    return { ...about, tried, answer: "its own containers reach none either", result: "untried" };
  return { ...about, tried, answer: good, result: "holds" };
}
