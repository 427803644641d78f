// Checks from inside an environment's containers: what of another one can be found by name or reached by address.
import type Docker from "dockerode";
import type { Check } from "./check.ts";
import { type Container, type Environment, runningOf } from "./environments.ts";
import { Probe } from "./probe.ts";

/** Ports that servers listen on whatever their image says: Postgres, pooler, Redis, gateway, its administration. */
const USUAL_PORTS = [5432, 6432, 6379, 80, 443, 8080, 2019];
/** Where containers of Docker's own bridge find the host. */
const DOCKER_HOST = "172.17.0.1";

/** A container of the environment from which things can be tried. */
export async function positionIn(docker: Docker, environment: Environment): Promise<Probe | undefined> {
  for (const { id } of runningOf(environment)) {
    const probe = new Probe(docker, id);
    if (await probe.works()) return probe;
  }
  return undefined;
}

type Target = [host: string, port: number];

function portsOf({ listens }: Container): number[] {
  return [...new Set([...listens, ...USUAL_PORTS])];
}

/** Every address of the containers with every port that they may listen on. */
function targetsIn(containers: readonly Container[]): Target[] {
  return containers.flatMap((container) =>
    Object.values(container.addresses)
      .filter((address) => address !== "")
      .flatMap((address) => portsOf(container).map((port): Target => [address, port])),
  );
}

/** Tries from one environment's container what another one has; the other's own container shows that it is there. */
export async function positionChecks(
  from: { environment: Environment; probe: Probe },
  to: { environment: Environment; probe: Probe },
): Promise<Check[]> {
  return [await names(from, to), await addresses(from, to), await throughHost(from, to)];
}

type Position = { environment: Environment; probe: Probe };

async function names(from: Position, to: Position): Promise<Check> {
  const wanted = runningOf(to.environment).map(({ name }) => name);
  const [seen, own] = await Promise.all([from.probe.resolve(wanted), to.probe.resolve(wanted)]);
  const isAddress = (answer: string | undefined) => /^[\d.]+$|:/.test(answer ?? "");
  const found = wanted.filter((_, index) => isAddress(seen[index]));
  const known = wanted.filter((_, index) => isAddress(own[index]));
  return verdict(
    { area: "names", environment: from.environment.name },
    `look up ${wanted.join(", ")} of ${to.environment.name}`,
    found.map((name) => `${name} has an address there`),
    known.length === 0
      ? undefined
      : `none; in ${to.environment.name} itself ${known.length} of ${wanted.length}`,
  );
}

async function addresses(from: Position, to: Position): Promise<Check> {
  const targets = targetsIn(runningOf(to.environment));
  const [seen, own] = await Promise.all([from.probe.connect(targets), to.probe.connect(targets)]);
  const open = (answers: string[]) => targets.filter((_, index) => answers[index] === "open");
  const known = open(own);
  return verdict(
    { area: "addresses", environment: from.environment.name },
    `connect to ${targets.length} addresses and ports of ${to.environment.name}'s containers`,
    open(seen).map(([host, port]) => `${host}:${port} is open`),
    known.length === 0 ? undefined : `none is open; in ${to.environment.name} itself ${known.length} are`,
  );
}

async function throughHost(from: Position, to: Position): Promise<Check> {
  const ports = to.environment.containers.flatMap((container) =>
    container.ports.filter(({ ip, port }) => !to.environment.published.includes(`${ip}:${port}`)),
  );
  const networks = await from.probe.resolve(["host.docker.internal"]);
  const gateways = [
    DOCKER_HOST,
    ...gatewaysOf(from.environment),
    ...networks.filter((at) => /^[\d.]+$/.test(at)),
  ];
  const targets = gateways.flatMap((host) => ports.map(({ port }): Target => [host, port]));
  const seen = await from.probe.connect(targets);
  const found = targets.filter((_, index) => seen[index] === "open");
  return verdict(
    { area: "ports", environment: from.environment.name },
    `connect to ${to.environment.name}'s published ports ${ports.map(({ port }) => port).join(", ")} by the host's addresses`,
    found.map(([host, port]) => `${host}:${port} is open`),
    "none is open",
  );
}

/** The first address of each network, which is the host's. */
function gatewaysOf({ containers }: Environment): string[] {
  const own = containers
    .flatMap(({ addresses }) => Object.values(addresses))
    .filter((address) => address !== "");
  return [...new Set(own.map((address) => address.replace(/\.\d+$/, ".1")))];
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
