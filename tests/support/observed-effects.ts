// What an `up` did to an environment, seen from outside: Docker's own record of containers and events, the gateway's answers,
// and what Postgres says of itself.
import type { Readable } from "node:stream";
import { docker } from "./docker.ts";
import { ask } from "./requests.ts";
import { changedFacts, gatewayHashes, type ServerFacts, serverFacts } from "./server-facts.ts";

/** A container as Docker has it. */
interface Seen {
  id: string;
  component: string;
  image: string;
  ports: string[];
  volumes: string[];
  limits: string;
  /** Variables by name. */
  variables: Record<string, string>;
}

/** The variables of The Oracle's containers that hold secrets. */
const SECRETS = ["DATABASE_URL", "REDIS_URL", "VOIP_TOKEN"];

/** An environment at one moment, containers by their place in it. */
export interface Sight {
  containers: Map<string, Seen[]>;
  /** Status and word for search engines, by hostname. */
  answers: Record<string, string>;
  /** What Postgres says of logins, extensions and rights. */
  server: ServerFacts;
  /** Password hashes of the gateway. */
  hashes: string;
}

/** A container's name without the suffix that the engine gives it. */
const placeOf = (name: string) => name.replace(/^\//, "").replace(/-[0-9a-f]{7}$/, "");

async function answerOf(port: number, hostname: string): Promise<string> {
  const { status, headers } = await ask(port, hostname, "/version");
  return `${status} ${headers["x-robots-tag"] ?? ""}`;
}

/** Looks at an environment. */
export async function look(
  system: string,
  environment: string,
  hostnames: readonly string[],
): Promise<Sight> {
  const filters = JSON.stringify({
    label: [`tandem.system=${system}`, `tandem.environment=${environment}`],
  });
  const containers: Sight["containers"] = new Map();
  for (const { Id } of await docker.listContainers({ filters })) {
    const { Name, Image, Config, HostConfig, Mounts } = await docker.getContainer(Id).inspect();
    const bindings = (HostConfig.PortBindings ?? {}) as Record<
      string,
      { HostIp: string; HostPort: string }[]
    >;
    const seen: Seen = {
      id: Id,
      component: Config.Labels["tandem.component"] ?? "",
      image: Image,
      ports: Object.values(bindings).flatMap((all) => all.map((one) => `${one.HostIp}:${one.HostPort}`)),
      volumes: Mounts.flatMap(({ Name: volume }) => (volume?.startsWith(system) ? [volume] : [])),
      limits: [HostConfig.Memory, HostConfig.NanoCpus, HostConfig.CpuQuota].join(" "),
      variables: Object.fromEntries(
        (Config.Env ?? []).map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]),
      ),
    };
    containers.set(placeOf(Name), [...(containers.get(placeOf(Name)) ?? []), seen]);
  }
  const answers: Record<string, string> = {};
  const one = (component: string): Seen => {
    const found = [...containers.values()].flat().find((seen) => seen.component === component);
    if (found === undefined) throw new Error(`no container ${component} runs in ${environment}`);
    return found;
  };
  const gateway = one("gateway");
  const port = Number(gateway.ports[0]?.split(":").at(-1));
  for (const hostname of hostnames) answers[hostname] = await answerOf(port, hostname);
  const server = await serverFacts(one("postgres").id);
  return { containers, answers, server, hashes: await gatewayHashes(gateway.id) };
}

/** One of Docker's events. */
export interface DockerEvent {
  Action: string;
  timeNano: number;
  Actor: { ID: string; Attributes: Record<string, string> };
}

/** Records Docker's events of an environment's containers from now on: Docker itself remembers the last 256 of all. */
export async function watchEvents(system: string, environment: string): Promise<() => DockerEvent[]> {
  const filters = {
    type: ["container"],
    event: ["start", "die"],
    label: [`tandem.system=${system}`, `tandem.environment=${environment}`],
  };
  const stream = await docker.getEvents({ filters: JSON.stringify(filters) });
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text += String(chunk);
  });
  return () => {
    (stream as Readable).destroy();
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as DockerEvent);
  };
}

/** What happened, in the report's own words. */
export interface Observed {
  restarts: string[];
  replaces: string[];
  updates: string[];
  creates: string[];
  removes: string[];
  migrations: string[];
  opens: string[];
  closes: string[];
  /** Volumes that nothing mounts any more. */
  data: string[];
  /** Components whose image is another. */
  images: string[];
  /** Did what the hostnames answer change, or the passwords that they ask for? */
  routes: boolean;
  /** Does a hostname ask for no password any more, or let search engines in, where none did before? */
  exposes: boolean;
  /** Secrets of containers that were there before, and of the gateway, that are another one now. */
  secrets: string[];
  /** What changed in Postgres; all rights as `grants`. */
  servers: string[];
}

const sorted = (values: readonly string[]) => [...new Set(values)].sort();

/** How open the hostnames are that answer at all. */
function openness(answers: Sight["answers"]): { free: boolean; listed: boolean } {
  const known = Object.values(answers).filter((answer) => !answer.startsWith("404"));
  return {
    free: known.some((answer) => !answer.startsWith("401")),
    listed: known.some((answer) => !answer.includes("noindex")),
  };
}

function isExposed(before: Sight, after: Sight): boolean {
  const [old, fresh] = [openness(before.answers), openness(after.answers)];
  return (fresh.free && !old.free) || (fresh.listed && !old.listed);
}

function fateOf(
  before: readonly Seen[],
  after: readonly Seen[],
  events: readonly DockerEvent[],
): keyof Observed | undefined {
  if (before.length === 0) return "creates";
  if (after.length === 0) return "removes";
  if (before[0]?.id === after[0]?.id) return before[0]?.limits === after[0]?.limits ? undefined : "updates";
  const at = (action: string, id: string | undefined) =>
    events.find(({ Action, Actor }) => Action === action && Actor.ID === id)?.timeNano ?? 0;
  return at("die", before[0]?.id) < at("start", after[0]?.id) ? "restarts" : "replaces";
}

/** What happened between two looks, with Docker's events in between. */
export function observed(before: Sight, after: Sight, events: readonly DockerEvent[]): Observed {
  const fates = [...new Set([...before.containers.keys(), ...after.containers.keys()])].map((place) => {
    const [old, fresh] = [before.containers.get(place) ?? [], after.containers.get(place) ?? []];
    return { component: (fresh[0] ?? old[0])?.component ?? "", fate: fateOf(old, fresh, events), old, fresh };
  });
  const having = (fate: keyof Observed) =>
    sorted(fates.filter((entry) => entry.fate === fate).map(({ component }) => component));
  const all = (sight: Sight, key: "ports" | "volumes") =>
    [...sight.containers.values()].flat().flatMap((one) => one[key]);
  const gone = (key: "ports" | "volumes") =>
    sorted(all(before, key).filter((one) => !all(after, key).includes(one)));
  const migrated = events.filter(
    ({ Action, Actor }) => Action === "start" && /_migration$/.test(Actor.Attributes.name ?? ""),
  );
  return {
    restarts: having("restarts"),
    replaces: having("replaces"),
    updates: having("updates"),
    creates: having("creates"),
    removes: having("removes"),
    migrations: sorted(migrated.map(({ Actor }) => `${Actor.Attributes["tandem.component"]}-migration`)),
    opens: sorted(all(after, "ports").filter((port) => !all(before, "ports").includes(port))),
    closes: gone("ports"),
    data: gone("volumes"),
    images: sorted(
      fates
        .filter(({ old, fresh }) => old[0] && fresh[0] && old[0].image !== fresh[0].image)
        .map(({ component }) => component),
    ),
    routes:
      JSON.stringify(before.answers) !== JSON.stringify(after.answers) || before.hashes !== after.hashes,
    exposes: isExposed(before, after),
    secrets: sorted([
      ...fates.flatMap(({ component, old: [old], fresh: [fresh] }) =>
        SECRETS.filter((key) => old && fresh && old.variables[key] !== fresh.variables[key]).map(
          (key) => `${component}: ${key}`,
        ),
      ),
      ...(before.hashes === after.hashes ? [] : ["app-route: basicAuthHash"]),
    ]),
    servers: changedFacts(before.server, after.server),
  };
}
