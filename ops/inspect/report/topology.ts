// The topology of an environment, from what its state records: containers, what they hang on, networks and volumes.

import { types } from "../../../lib/resource-types.ts";
import { labels } from "../../engine/docker-client.ts";
import { type Address, addressOf, stackOutputs } from "../../engine/inventory.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";
import { Graph, type NodeKind, type Topology, type TopologyNode, tell } from "./graph.ts";

const POOLER = "tandem:index:PgPooler";

/** Which component makes what kind of node; the nearest one decides. */
const KINDS: Readonly<Record<string, NodeKind>> = {
  "tandem:index:Gateway": "gateway",
  "tandem:index:PostgresServer": "database",
  "tandem:index:RedisInstance": "cache",
  "tandem:index:StatefulService": "database",
  "tandem:index:SharedRedisServer": "cache",
  "tandem:index:TunnelRoute": "outside",
};

type Values = Readonly<Record<string, unknown>>;

const records = (value: unknown): Values[] =>
  Array.isArray(value) ? value.filter((one): one is Values => typeof one === "object" && one !== null) : [];
const text = (value: unknown): string => (typeof value === "string" ? value : "");
/** `Container:redis`, as `tandem parity` calls it. */
const named = ({ type, urn }: StateResource): string =>
  `${type.split(":").at(-1)}:${urn.split("::").slice(3).join("::")}`;

function componentOf({ inputs }: StateResource): string {
  return text(records(inputs?.labels).find(({ label }) => label === labels.component)?.value);
}

/** Reads a state as a graph. */
export function topologyOf(deployment: Deployment): Topology {
  const reader = new Reader((deployment.resources ?? []).filter((resource) => resource.delete !== true));
  return reader.read(addressOf(stackOutputs(deployment)));
}

class Reader {
  private readonly graph = new Graph();
  private readonly living: readonly StateResource[];
  private readonly state: ReadonlyMap<string, StateResource>;
  private readonly networks: readonly string[];
  /** Nodes by the URN of what they stand for. */
  private readonly owners = new Map<string, TopologyNode>();

  constructor(living: readonly StateResource[]) {
    this.living = living;
    this.state = new Map(living.map((resource) => [resource.urn, resource]));
    this.networks = this.of(types.network).map(({ inputs }) => text(inputs?.name));
  }

  read(address: Address): Topology {
    for (const resource of this.of(types.container)) this.addContainer(resource);
    for (const resource of this.of(types.volume)) {
      tell(this.volume(text(resource.inputs?.name)).resources, named(resource));
    }
    for (const resource of this.of(types.database)) this.addDatabase(resource);
    for (const resource of this.of(types.container)) this.connect(resource);
    for (const resource of this.of(types.route)) this.addRoute(resource);
    this.addEntry(address);
    return {
      nodes: [...this.graph.nodes.values()],
      edges: this.graph.edges(),
      networks: [...this.networks],
    };
  }

  private of(type: string): StateResource[] {
    return this.living.filter((resource) => resource.type === type);
  }

  private addContainer(resource: StateResource): void {
    const component = componentOf(resource) || named(resource);
    const joined = records(resource.inputs?.networksAdvanced).map(({ name }) => text(name));
    const own = joined.find((name) => this.networks.includes(name));
    const kind = this.kindOf(resource);
    const parent = this.state.get(resource.parent ?? "")?.type;
    const node = this.graph.node(`container:${component}`, kind, component, own);
    tell(node.containers, text(resource.outputs?.name ?? resource.inputs?.name));
    tell(node.resources, named(resource), ...this.besides(resource));
    this.owners.set(resource.urn, node);
    if (parent === POOLER) this.graph.passesOn(node);
    for (const { external, ip } of records(resource.inputs?.ports)) {
      // The gateway's is drawn: it is how requests get in.
      if (kind !== "gateway") tell(node.details, `port ${text(ip) || "0.0.0.0"}:${String(external)}`);
    }
    for (const { volumeName } of records(resource.inputs?.volumes)) {
      if (text(volumeName) !== "") this.graph.link(node, this.volume(text(volumeName)));
    }
    // A network of another stack is none of the environment's boundaries.
    for (const name of joined.filter((one) => one !== own)) tell(node.details, `+ ${this.short(name)}`);
  }

  private volume(name: string): TopologyNode {
    return this.graph.node(`volume:${this.short(name)}`, "volume", this.short(name));
  }

  /** A database stands on the server in whose container it lies; elsewhere it is a node of its own. */
  private addDatabase(resource: StateResource): void {
    const name = text(resource.inputs?.name);
    const server = this.reached(resource)[0];
    const node = server ?? this.graph.node("database", "database", "database elsewhere");
    tell(node.details, name);
    tell(node.resources, named(resource));
    if (server === undefined) this.owners.set(resource.urn, node);
  }

  /** What a container hangs on. */
  private connect(resource: StateResource): void {
    const from = this.owners.get(resource.urn);
    if (from !== undefined) for (const to of this.reached(resource)) this.graph.link(from, to);
  }

  /** Where a gateway leads. */
  private addRoute(resource: StateResource): void {
    const ends = this.reached(resource);
    for (const gateway of ends.filter(({ kind }) => kind === "gateway")) {
      tell(gateway.resources, named(resource));
      for (const end of ends) if (end.kind === "service") this.graph.link(gateway, end);
    }
  }

  /** How requests get in: the gateway's port on its host, or a tunnel and its connector. */
  private addEntry({ hostname = "", gateway = "" }: Address): void {
    const doors = this.graph.all("gateway");
    if (doors.length === 0) return;
    const connector = this.graph.all("outside")[0];
    const tunnel = this.living.some(({ type }) => /^cloudflare:.*tunnel|^tandem:cloudflare:/i.test(type));
    const entry = this.graph.node("entry", "outside", tunnel ? "Cloudflare tunnel" : "host port");
    tell(entry.details, hostname, tunnel ? "" : gateway);
    if (connector !== undefined) this.graph.link(entry, connector);
    for (const door of doors) this.graph.link(connector ?? entry, door);
  }

  /**
   * The nodes whose containers a resource hangs on, through whatever lies between. Not through a route: who waits for
   * another's route asks the other, and not the gateway. Nor through what services take over with: it knows all of them.
   */
  private reached(resource: StateResource): TopologyNode[] {
    const found = new Set<TopologyNode>();
    const seen = new Set<string>();
    const open = [...(resource.dependencies ?? [])];
    for (let urn = open.pop(); urn !== undefined; urn = open.pop()) {
      if (seen.has(urn)) continue;
      seen.add(urn);
      const owner = this.owners.get(urn);
      if ([types.route, types.takeOver].includes(this.state.get(urn)?.type ?? "")) continue;
      if (owner === undefined) open.push(...(this.state.get(urn)?.dependencies ?? []));
      else found.add(owner);
    }
    return [...found];
  }

  private kindOf({ parent }: StateResource): NodeKind {
    for (let urn = parent; urn !== undefined; urn = this.state.get(urn)?.parent) {
      const kind = KINDS[this.state.get(urn)?.type ?? ""];
      if (kind !== undefined) return kind;
    }
    return "service";
  }

  /** A container's component, and what else stands in it: its image, its start, the database's extensions. */
  private besides({ parent }: StateResource): string[] {
    const isOwn = (one: StateResource) =>
      one.parent === parent && one.type !== types.container && one.custom === true;
    return this.living.filter((one) => one.urn === parent || isOwn(one)).map(named);
  }

  /** A name without the environment's own beginning, which is the same in every name. */
  private short(name: string): string {
    const own = this.networks.flatMap((network) => /^(.+_)network$/.exec(network)?.[1] ?? []);
    return own.reduce((rest, prefix) => (rest.startsWith(prefix) ? rest.slice(prefix.length) : rest), name);
  }
}
