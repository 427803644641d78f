// Checks from the host: who is in a network, whose a volume is, what is published, what labels and variables say.
import { types } from "../../../lib/resource-types.ts";
import { type Check, none } from "./check.ts";
import { type Container, type Environment, isShared, type PublishedPort } from "./environments.ts";

/** What a check of one environment knows of the rest. */
export interface Surroundings {
  system: string;
  environments: readonly Environment[];
  /** All containers of the Docker host. */
  containers: readonly Container[];
}

const whose = ({ name, environment }: Container) => `${name} (${environment ?? "of another system"})`;

/** Each of its networks holds only its own containers; one for shared servers those and one environment's. */
export function networkChecks(own: Environment, { containers }: Surroundings): Check[] {
  return own.networks.map(({ id, name }) => {
    const members = containers.filter(({ addresses }) => id in addresses);
    const served = new Set(members.map(({ environment }) => environment).filter((env) => env !== own.name));
    const strangers = members.filter(({ environment }) =>
      isShared(own) ? environment === undefined || served.size > 1 : environment !== own.name,
    );
    const tried = `containers in the network ${name}`;
    const good = members.map((member) => member.name).join(", ") || "none";
    return none({ area: "networks", environment: own.name, tried }, strangers.map(whose), good);
  });
}

/** None of its containers is in a network that another environment's containers are in. */
export function membershipChecks(own: Environment, { containers }: Surroundings): Check[] {
  const others = containers.filter(({ environment }) => environment !== own.name && environment !== "shared");
  const found = own.containers.flatMap((container) =>
    others
      .filter((other) => Object.keys(other.addresses).some((id) => id in container.addresses))
      .map((other) => `${container.name} is in a network with ${whose(other)}`),
  );
  const tried = `networks of ${own.containers.length} containers`;
  if (isShared(own)) return [];
  return [none({ area: "networks", environment: own.name, tried }, found, "nobody else in any of them")];
}

/** No volume and no folder of the host is mounted by two environments. */
export function volumeChecks(own: Environment, { containers }: Surroundings): Check[] {
  const mounted = new Set([...own.volumes, ...own.containers.flatMap(({ mounts }) => mounts)]);
  const found = containers
    .filter(({ environment }) => environment !== own.name)
    .flatMap((other) =>
      other.mounts.filter((name) => mounted.has(name)).map((name) => `${whose(other)} mounts ${name}`),
    );
  const tried = `who mounts ${mounted.size} volumes: ${own.volumes.join(", ")}`;
  return [none({ area: "volumes", environment: own.name, tried }, found, "only its own containers")];
}

const isLoopback = (ip: string) => ip.startsWith("127.") || ip === "::1";

/** As `published` names it: a port without a protocol is TCP's. */
export const publishedName = ({ ip, port, protocol }: PublishedPort) =>
  `${ip}:${port}${protocol === "udp" ? "/udp" : ""}`;

/** Nothing is published beyond loopback but what the settings say. */
export function portChecks(own: Environment): Check[] {
  const all = own.containers.flatMap(({ name, ports }) => ports.map((port) => ({ name, port })));
  const found = all
    .filter(({ port }) => !isLoopback(port.ip) && !own.published.includes(publishedName(port)))
    .map(({ name, port }) => `${name} publishes ${publishedName(port)}`);
  const tried = "ports published on the Docker host";
  const good = all.map(({ port }) => publishedName(port)).join(", ") || "none";
  return [none({ area: "ports", environment: own.name, tried }, found, good)];
}

/** What carries the environment's labels is in its stack's state, and what another one's name says carries that one's. */
export function labelChecks(own: Environment, { system, environments }: Surroundings): Check[] {
  const { deployment } = own;
  const about = { area: "labels", environment: own.name } as const;
  const names = [...own.containers, ...own.networks].map(({ name }) => name).concat(own.volumes);
  const foreign = environments
    .filter(({ name }) => name !== own.name)
    .flatMap(({ name }) =>
      names
        .filter((thing) => thing.startsWith(`${system}_${name}_`))
        .map((thing) => `${thing} is named for ${name}`),
    );
  const tried = `names of ${names.length} containers, networks and volumes with its labels`;
  const checks = [none({ ...about, tried }, foreign, "no other environment's")];
  if (deployment === undefined) return checks;
  const known = new Set((deployment.resources ?? []).map(({ id }) => id));
  const unknown = own.containers
    .filter(({ id }) => !known.has(id))
    .map(({ name }) => `${name} is not in its state`);
  const containers = `${own.containers.length} containers with its labels, against its stack's state`;
  return [...checks, none({ ...about, tried: containers }, unknown, "all of them made by it")];
}

/** No variable names another environment's container, network or hostname. */
export function variableChecks(own: Environment, around: Surroundings): Check[] {
  return around.environments
    .filter((other) => other.name !== own.name && !isShared(other) && !isShared(own))
    .map((other) => {
      const names = [...other.containers.map(({ name }) => name), ...hostnamesOf(other)];
      const found = own.containers.flatMap(({ name, variables }) =>
        Object.entries(variables)
          .filter(([, value]) => names.some((word) => holds(value, word)))
          .map(([variable]) => `${variable} of ${name}`),
      );
      const tried = `variables that name ${other.name}'s containers or hostnames`;
      return none({ area: "variables", environment: own.name, tried }, found, "none");
    });
}

/** Whether the word stands in the text, and not as a part of a longer one: `a.b` is no part of `staging-a.b`. */
function holds(text: string, word: string): boolean {
  const before = text.indexOf(word) - 1;
  return (
    before >= -1 &&
    !/[\w.-]/.test(text[before] ?? " ") &&
    !/[\w-]/.test(text[before + 1 + word.length] ?? " ")
  );
}

/** Hostnames that lead to the environment, by its routes. */
export function hostnamesOf({ deployment }: Environment): string[] {
  const routes = (deployment?.resources ?? []).filter(({ type }) => type === types.route);
  const inputs = routes.map((route) => (route as { inputs?: { hostnames?: unknown } }).inputs?.hostnames);
  return inputs.flatMap((names) => (Array.isArray(names) ? names.map(String) : []));
}
