// In which row of the drawing each thing stands: below whatever asks it, few to a row, so that it stays readable on a phone.
import type { Edge, TopologyNode } from "../graph.ts";

/** Most things in a row. */
const MOST = 3;

type Placed = Pick<TopologyNode, "id" | "kind">;

/** How far each node is from where requests come in, at most; who is asked by nobody stands just above what it asks. */
function depthsOf(nodes: readonly Placed[], edges: readonly Edge[]): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (id: string, depth: number, way: readonly string[]): void => {
    if (way.includes(id) || (found.get(id) ?? -1) >= depth) return;
    found.set(id, depth);
    for (const { from, to } of edges) if (from === id) visit(to, depth + 1, [...way, id]);
  };
  const asked = new Set(edges.map(({ to }) => to));
  const first = nodes.filter(({ id }) => !asked.has(id));
  for (const { id } of first.filter(({ kind }) => kind === "outside")) visit(id, 0, []);
  for (const { id } of first.filter(({ kind }) => kind !== "outside")) {
    const below = edges.flatMap(({ from, to }) => (from === id ? (found.get(to) ?? []) : []));
    visit(id, below.length === 0 ? 0 : Math.max(0, Math.min(...below) - 1), []);
  }
  return found;
}

/** Parts of a list, none longer than a row. */
function rows<T>(list: readonly T[]): T[][] {
  const count = Math.ceil(list.length / MOST);
  const length = Math.ceil(list.length / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => list.slice(index * length, (index + 1) * length));
}

/** The row of each node; volumes stand below everything that runs. */
export function rowsOf(nodes: readonly Placed[], edges: readonly Edge[]): Map<string, number> {
  const depths = depthsOf(nodes, edges);
  const running = nodes.filter(({ kind }) => kind !== "volume");
  const byDepth = Map.groupBy(running, ({ id }) => depths.get(id) ?? 0);
  const levels = [...byDepth].toSorted(([one], [other]) => one - other).map(([, level]) => level);
  const all = [...levels, nodes.filter(({ kind }) => kind === "volume")].flatMap(rows);
  return new Map(all.flatMap((row, index) => row.map(({ id }) => [id, index] as const)));
}
