// The topology of the pair, drawn: both environments in one layout, health and differences marked, and all of it as text.
import { type Html, html } from "../../html/page.ts";
import type { Topology, TopologyNode } from "../graph.ts";
import type { EnvironmentReport, NodeDifference, Report } from "../model.ts";
import { valueOr } from "../source.ts";
import { BOW, type Box, edgeKey, isRound, type Layout, LINE, layoutPair, lettersOf } from "./layout.ts";
import { mark, missing, shape, type Tone, tag } from "./parts.ts";

/** An environment as it is drawn. */
interface Drawn {
  environment: EnvironmentReport;
  topology: Topology;
  differs: Readonly<Record<string, NodeDifference[]>>;
}

const NOUNS: Readonly<Record<TopologyNode["kind"], string>> = {
  outside: "way in",
  gateway: "gateway",
  service: "service",
  database: "database server",
  cache: "Redis",
  volume: "volume",
};
/** A line as far as it fits into the widest node of its kind. */
function fitting(text: string, { kind }: Pick<TopologyNode, "kind">): string {
  const letters = lettersOf(kind);
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

/** How the containers of a node are; undefined for what has none. */
function healthOf(
  { environment }: Drawn,
  { containers }: TopologyNode,
): { tone: Tone; word: string } | undefined {
  if (containers.length === 0) return undefined;
  if (!environment.containers.ok) return { tone: "off", word: "not known" };
  const own = environment.containers.value.services.filter(({ name }) => containers.includes(name));
  const well = own.filter(({ state, health }) => state === "running" && (health ?? "healthy") === "healthy");
  const word = own.every(({ health }) => health === undefined) ? "running" : "healthy";
  if (well.length === containers.length) {
    return { tone: "good", word: containers.length === 1 ? word : `${containers.length} × ${word}` };
  }
  const running = own.filter(({ state }) => state === "running").length;
  // Of an environment that is down nothing else is expected.
  const meant = environment.condition === "down" || environment.condition === "never";
  if (running === 0) return { tone: meant ? "off" : "bad", word: "doesn't run" };
  return { tone: "bad", word: `${well.length} of ${containers.length} healthy` };
}

function differenceOf(
  { differs }: Drawn,
  { id }: TopologyNode,
): { wrong: boolean; word: string } | undefined {
  const found = differs[id] ?? [];
  if (found.length === 0) return undefined;
  const wrong = found.some(({ allowed }) => !allowed);
  return { wrong, word: wrong ? "≠ differs" : "≈ differs by design" };
}

/** Every line of a node, whatever it says: their number gives its height. */
function linesOf(drawn: Drawn, node: TopologyNode): string[] {
  return [
    fitting(node.label, node),
    ...node.details.map((line) => fitting(line, node)),
    ...[healthOf(drawn, node)].flatMap((health) => (health === undefined ? [] : [`   ${health.word}`])),
    ...[differenceOf(drawn, node)].flatMap((difference) =>
      difference === undefined ? [] : [difference.word],
    ),
  ];
}

function outline(node: TopologyNode, { width, height }: Box): Html {
  if (isRound(node)) {
    const side = height - 2 * BOW;
    return html`<path class="body" d="M0 ${BOW}a${width / 2} ${BOW} 0 0 1 ${width} 0v${side}a${width / 2} ${BOW} 0 0 1 -${width} 0z"/><path class="bow" d="M0 ${BOW}a${width / 2} ${BOW} 0 0 0 ${width} 0"/>`;
  }
  return html`<rect class="body" width="${width}" height="${height}" rx="${node.kind === "outside" ? height / 2 : 8}"/>`;
}

function nodeOf(drawn: Drawn, node: TopologyNode, box: Box): Html {
  const health = healthOf(drawn, node);
  const difference = differenceOf(drawn, node);
  const lines = linesOf(drawn, node);
  const top = (box.height - lines.length * LINE) / 2 + LINE - 4 + (isRound(node) ? BOW : 0);
  const text = lines.map((line, index) => {
    const y = top + index * LINE;
    const last = difference !== undefined && index === lines.length - 1;
    if (health !== undefined && line === `   ${health.word}`) {
      const x = box.width / 2 - (health.word.length * 6.1) / 2 - 9;
      return html`<svg class="shape ${health.tone}" x="${x}" y="${y - 10.5}" width="12" height="12" viewBox="0 0 16 16">${shape(health.tone)}</svg><text class="${health.tone}" x="${box.width / 2 + 8}" y="${y}">${health.word}</text>`;
    }
    const kind = last ? (difference.wrong ? "warn" : "soft") : index === 0 ? "name" : "detail";
    return html`<text class="${kind}" x="${box.width / 2}" y="${y}">${line}</text>`;
  });
  const kinds = `node ${node.kind}${difference?.wrong ? " wrong" : ""}`;
  return html`<g class="${kinds}" transform="translate(${box.x - box.width / 2} ${box.y - box.height / 2})"><title>${node.label}: ${[NOUNS[node.kind], ...node.details].join(", ")}</title>${outline(node, box)}${text}</g>`;
}

/** What only the other one has. */
function ghostOf(node: TopologyNode, box: Box): Html {
  return html`<g class="node ghost" transform="translate(${box.x - box.width / 2} ${box.y - box.height / 2})"><rect class="body" width="${box.width}" height="${box.height}" rx="8"/><text class="soft" x="${box.width / 2}" y="${box.height / 2 - 3}">${fitting(node.label, node)}</text><text class="warn" x="${box.width / 2}" y="${box.height / 2 + 13}">not here</text></g>`;
}

/** A line through the points, its corners rounded. */
function pathOf(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points.map(({ x, y }) => ({
    x: Math.round(x * 10) / 10,
    y: Math.round(y * 10) / 10,
  }));
  if (first === undefined) return "";
  const parts = rest.map((point, index) => {
    const next = rest[index + 1];
    if (next === undefined) return `L${point.x} ${point.y}`;
    return `Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`;
  });
  return `M${first.x} ${first.y}${parts.join("")}`;
}

function drawing(drawn: Drawn, index: number, layout: Layout, all: ReadonlyMap<string, TopologyNode>): Html {
  const { topology, environment } = drawn;
  const own = new Map(topology.nodes.map((node) => [node.id, node]));
  const networks = topology.networks.flatMap((_, place) => {
    const { x, y, width, height } = layout.networks[place] ?? { x: 0, y: 0, width: 0, height: 0 };
    if (width === 0) return [];
    return html`<rect class="boundary" x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="12"/><text class="place" x="${x - width / 2 + 8}" y="${y - height / 2 + 15}">network</text>`;
  });
  const edges = topology.edges.map(
    (edge) =>
      html`<path class="edge" marker-end="url(#arrow-${index})" d="${pathOf(layout.lines.get(edgeKey(edge)) ?? [])}"/>`,
  );
  const nodes = [...all].map(([id, any]) => {
    const box = layout.boxes.get(id) as Box;
    const node = own.get(id);
    return node === undefined ? ghostOf(any, box) : nodeOf(drawn, node, box);
  });
  return html`<svg class="topology" role="img" aria-labelledby="topology-${index}" viewBox="0 0 ${Math.ceil(layout.width)} ${Math.ceil(layout.height)}" style="max-width:${Math.ceil(layout.width * 1.15)}px">
<title id="topology-${index}">Topology of ${environment.name}; the same stands below as text</title>
<defs><marker id="arrow-${index}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="arrow" d="M0 .5L7.5 4 0 7.5z"/></marker></defs>
${networks}${edges}${nodes}</svg>`;
}

function asText(drawn: Drawn): Html {
  const label = new Map(drawn.topology.nodes.map(({ id, label }) => [id, label]));
  const items = drawn.topology.nodes.map((node) => {
    const leads = drawn.topology.edges
      .filter(({ from }) => from === node.id)
      .map(({ to }) => label.get(to) ?? to);
    const health = healthOf(drawn, node)?.word;
    const facts = [NOUNS[node.kind], ...node.details, ...(health === undefined ? [] : [health])].join(", ");
    const differences = (drawn.differs[node.id] ?? []).map(
      ({ text, allowed }) => html`<li>${allowed ? "differs by design" : "differs"}: ${text}</li>`,
    );
    return html`<li><strong>${node.label}</strong>: ${facts}${leads.length > 0 ? `; leads to ${leads.join(", ")}` : ""}${differences.length > 0 ? html`<ul>${differences}</ul>` : ""}</li>`;
  });
  return html`<details><summary>${drawn.environment.name} as text</summary><ul>${items}</ul></details>`;
}

function figure(drawn: Drawn, index: number, layout: Layout, all: ReadonlyMap<string, TopologyNode>): Html {
  const { environment, topology } = drawn;
  const name = tag(environment.name, index);
  if (!environment.topology.ok || topology.nodes.length === 0) {
    const why = environment.topology.ok
      ? html`<p>${mark("off", "Nothing stands there yet.")}</p>`
      : missing(environment.topology);
    return html`<div class="card env${index}"><h3>${name}</h3>${why}</div>`;
  }
  const inside =
    topology.networks.length === 0 ? "" : html`Dashed: network <code>${topology.networks.join(", ")}</code>`;
  return html`<figure class="card env${index}"><figcaption><h3>${name}</h3></figcaption>
${drawing(drawn, index, layout, all)}
<p class="under">${inside}</p>
${asText(drawn)}</figure>`;
}

/** Both environments, side by side. */
export function topologies({ environments, differs }: Report): Html {
  const drawn = environments.map(
    (environment): Drawn => ({
      environment,
      topology: valueOr(environment.topology, { nodes: [], edges: [], networks: [] }),
      differs: differs[environment.name] ?? {},
    }),
  );
  const all = new Map(drawn.flatMap(({ topology }) => topology.nodes).map((node) => [node.id, node]));
  const owner = new Map(drawn.flatMap((one) => one.topology.nodes.map((node) => [node, one] as const)));
  const layout = layoutPair(
    drawn.map(({ topology }) => topology),
    (node) => linesOf(owner.get(node) as Drawn, node),
  );
  return html`<div class="pair">${drawn.map((one, index) => figure(one, index, layout, all))}</div>`;
}
