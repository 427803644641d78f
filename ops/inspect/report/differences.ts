// Where in the two topologies of a pair the differences stand: what parity found, put on the things that it is about.
import type { Comparison, Difference } from "../parity/compare.ts";
import { neutralName } from "../parity/names.ts";
import type { ResolvedStack } from "../parity/resolved.ts";
import type { Topology, TopologyNode } from "./graph.ts";
import type { NodeDifference } from "./model.ts";
import { count } from "./problems.ts";

/** One side of the pair. */
export interface Side {
  name: string;
  topology: Topology;
  /** What it resolves to, where its preview said so. */
  resolved?: ResolvedStack;
}

/** Differences by environment and node. */
export type NodeDifferences = Record<string, Record<string, NodeDifference[]>>;

/** Names resources as parity does, without the environment. */
function neutralNames({ resolved }: Side, { resources }: TopologyNode): Set<string> {
  const naming = resolved === undefined ? (name: string) => name : neutralName(resolved);
  return new Set(
    resources.map((resource) => {
      const colon = resource.indexOf(":");
      return `${resource.slice(0, colon)}:${naming(resource.slice(colon + 1))}`;
    }),
  );
}

const subjectOf = ({ path }: Difference) => path.split(".")[0] ?? path;

/** What parity says of a node; what must not differ first. */
function told(found: readonly Difference[]): NodeDifference[] {
  const lines = new Map<string, boolean>();
  for (const { kind, path, reason } of found) {
    const text = `${kind}: ${path.slice(path.indexOf(".") + 1)}`;
    lines.set(text, reason !== undefined && lines.get(text) !== false);
  }
  return [...lines]
    .map(([text, allowed]) => ({ text, allowed }))
    .toSorted((one, other) => Number(one.allowed) - Number(other.allowed));
}

function shapeOf(node: TopologyNode, own: Side, other: Side): NodeDifference[] {
  const twin = other.topology.nodes.find(({ id }) => id === node.id);
  // Of an environment that isn't there nothing can be said.
  if (other.topology.nodes.length === 0) return [];
  if (twin === undefined) return [{ text: `only in ${own.name}`, allowed: false }];
  if (twin.containers.length === node.containers.length) return [];
  const text = `${count(node.containers.length, "container")} here, ${twin.containers.length} in ${other.name}`;
  return [{ text, allowed: false }];
}

/** Puts the differences on the nodes of both. */
export function nodeDifferences(sides: readonly [Side, Side], comparison?: Comparison): NodeDifferences {
  return Object.fromEntries(
    sides.map((own, index) => {
      const other = sides[1 - index] as Side;
      const nodes = own.topology.nodes.flatMap((node) => {
        const names = neutralNames(own, node);
        const found = (comparison?.differences ?? []).filter((one) => names.has(subjectOf(one)));
        const all = [...shapeOf(node, own, other), ...told(found)];
        return all.length === 0 ? [] : [[node.id, all] as const];
      });
      return [own.name, Object.fromEntries(nodes)];
    }),
  );
}
