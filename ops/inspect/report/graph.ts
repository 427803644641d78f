// A graph of the things of an environment: nodes by id, and edges without those that others already say.

/** What a node stands for; `outside` is how the world gets in. */
export type NodeKind = "outside" | "gateway" | "service" | "database" | "cache" | "volume";

/** A thing in the drawing. */
export interface TopologyNode {
  /** The same in both environments of a pair. */
  id: string;
  kind: NodeKind;
  label: string;
  /** Further lines. */
  details: string[];
  /** Containers that it stands for: two where there are two replicas. */
  containers: string[];
  /** Network whose boundary it stands in; undefined outside of all. */
  network?: string;
  /** What the state calls it, as `Container:redis`. */
  resources: string[];
}

/** What one thing needs: it asks the other, or writes to it. */
export interface Edge {
  from: string;
  to: string;
}

/** An environment as a graph. */
export interface Topology {
  nodes: TopologyNode[];
  edges: Edge[];
  /** Networks of the environment's own. */
  networks: string[];
}

/** Builds one. */
export class Graph {
  readonly nodes = new Map<string, TopologyNode>();
  private readonly links = new Map<string, Set<string>>();
  /** Nodes that only pass on what they are asked. */
  private readonly passing = new Set<string>();

  /** The node of this id; made where there is none yet. */
  node(id: string, kind: NodeKind, label: string, network?: string): TopologyNode {
    const there = this.nodes.get(id);
    if (there !== undefined) return there;
    const made: TopologyNode = {
      ...{ id, kind, label, details: [], containers: [], resources: [] },
      ...(network === undefined ? {} : { network }),
    };
    this.nodes.set(id, made);
    return made;
  }

  /** Nodes of a kind. */
  all(kind: NodeKind): TopologyNode[] {
    return [...this.nodes.values()].filter((node) => node.kind === kind);
  }

  link(from: TopologyNode, to: TopologyNode): void {
    if (from !== to) this.links.set(from.id, (this.links.get(from.id) ?? new Set()).add(to.id));
  }

  /** The node only passes on what it is asked, as a pooler does: who asks it doesn't ask what is behind it. */
  passesOn(node: TopologyNode): void {
    this.passing.add(node.id);
  }

  /** Edges without those past a node that passes on. */
  edges(): Edge[] {
    const all = [...this.links].flatMap(([from, ends]) => [...ends].map((to) => ({ from, to })));
    return all.filter(({ from, to }) => !this.leads(from, to));
  }

  private leads(from: string, to: string): boolean {
    const seen = new Set([from]);
    const open = [...(this.links.get(from) ?? [])].filter((one) => one !== to);
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (id === to) return true;
      if (seen.has(id) || !this.passing.has(id)) continue;
      seen.add(id);
      open.push(...(this.links.get(id) ?? []));
    }
    return false;
  }
}

/** Adds lines to a list that hasn't got them yet. */
export function tell(list: string[], ...lines: readonly string[]): void {
  for (const line of lines) if (line !== "" && !list.includes(line)) list.push(line);
}
