// Where the things of two topologies stand in their drawings: one layout for both, so that the same is at the same place.
import { Graph, layout } from "@dagrejs/dagre";
import type { Topology, TopologyNode } from "../graph.ts";
import { rowsOf } from "./rows.ts";

/** A place in the drawing; x and y are its middle. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A laid out pair. */
export interface Layout {
  width: number;
  height: number;
  /** By node. */
  boxes: ReadonlyMap<string, Box>;
  /** Points of each edge, by `from>to`. */
  lines: ReadonlyMap<string, { x: number; y: number }[]>;
  /** Boundaries of the networks, by their place in the topology's list. */
  networks: Box[];
}

/** Key of an edge. */
export const edgeKey = ({ from, to }: { from: string; to: string }) => `${from}>${to}`;

/** Lines that a node's text takes. */
export type Lines = (node: TopologyNode) => string[];

export const LINE = 16;
const PADDING = 10;
/** Height of the bow at the top and bottom of what holds data. */
export const BOW = 7;
/** Width of a letter at the size of the drawing's text, in its sans serif. */
const LETTER = 7;
const LEAST_WIDTH = 92;
/** Letters of a line: the way in stands alone in its row, and hostnames are long. */
const LETTERS = { outside: 34, others: 25 };
const MARGIN = 4;

function sizeOf(nodes: readonly TopologyNode[], lines: Lines): { width: number; height: number } {
  const texts = nodes.map(lines);
  const longest = Math.max(...texts.flat().map((line) => line.length));
  return {
    width: Math.round(Math.max(LEAST_WIDTH, longest * LETTER + 2 * PADDING)),
    height:
      Math.max(...texts.map((own) => own.length)) * LINE +
      2 * PADDING -
      2 +
      (isRound(nodes[0]) ? BOW + 5 : 0),
  };
}

/** Letters of a line in a node of this kind. */
export function lettersOf(kind: TopologyNode["kind"]): number {
  return kind === "outside" ? LETTERS.outside : LETTERS.others;
}

/** Is it drawn as a cylinder: does it hold data? */
export function isRound(node: TopologyNode | undefined): boolean {
  return node !== undefined && ["volume", "database", "cache"].includes(node.kind);
}

/** Lays out what is in either of the two. */
export function layoutPair(topologies: readonly Topology[], lines: Lines): Layout {
  const byId = Map.groupBy(
    topologies.flatMap(({ nodes }) => nodes),
    ({ id }) => id,
  );
  const edges = [
    ...new Map(topologies.flatMap((one) => one.edges).map((edge) => [edgeKey(edge), edge])).values(),
  ];
  const graph = new Graph({ compound: true });
  graph.setGraph({ rankdir: "TB", nodesep: 12, ranksep: 30, edgesep: 10, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  const boundaries = Math.max(0, ...topologies.map(({ networks }) => networks.length));
  for (let index = 0; index < boundaries; index++) graph.setNode(`network ${index}`, {});
  for (const [id, nodes] of byId) {
    graph.setNode(id, sizeOf(nodes, lines));
    const home = nodes.map((node) => networkOf(node, topologies)).find((index) => index >= 0);
    if (home !== undefined) graph.setParent(id, `network ${home}`);
  }
  const kinds = [...byId].flatMap(([id, nodes]) => nodes.slice(0, 1).map(({ kind }) => ({ id, kind })));
  const row = rowsOf(kinds, edges);
  for (const { from, to } of edges) {
    graph.setEdge(from, to, { minlen: Math.max(1, (row.get(to) ?? 0) - (row.get(from) ?? 0)) });
  }
  layout(graph);
  return read(graph, [...byId.keys()], edges, boundaries);
}

/** Which of its environment's networks a node stands in; -1 for none. */
export function networkOf(node: TopologyNode, topologies: readonly Topology[]): number {
  const own = topologies.find(({ nodes }) => nodes.includes(node));
  return node.network === undefined || own === undefined ? -1 : own.networks.indexOf(node.network);
}

function read(
  graph: Graph,
  ids: readonly string[],
  edges: readonly { from: string; to: string }[],
  boundaries: number,
): Layout {
  const box = (id: string): Box => {
    const { x = 0, y = 0, width = 0, height = 0 } = graph.node(id) as Partial<Box>;
    return { x, y, width, height };
  };
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    boxes: new Map(ids.map((id) => [id, box(id)])),
    lines: new Map(
      edges.map((edge) => [
        edgeKey(edge),
        (graph.edge(edge.from, edge.to) as { points?: { x: number; y: number }[] }).points ?? [],
      ]),
    ),
    networks: Array.from({ length: boundaries }, (_, index) => box(`network ${index}`)),
  };
}
