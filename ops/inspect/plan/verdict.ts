// A plan's verdict: what a reviewer must know, worst first.
import { types } from "../../../lib/resource-types.ts";
import type { Effects } from "./effects.ts";
import { type EngineRun, nameOf, type PolicyViolation } from "./events.ts";

/** How much a reviewer must care: `stop` fails a check, `warn` wants a look, `note` is good to know. */
export type Weight = "stop" | "warn" | "note";

/** One thing that a reviewer must know. */
export interface Risk {
  weight: Weight;
  kind:
    | "failed"
    | "policy"
    | "advice"
    | "data"
    | "restart"
    | "removed"
    | "hidden"
    | "idle"
    | "database"
    | "migration"
    | "port"
    | "exposure"
    | "route"
    | "secret"
    | "image"
    | "deploy";
  /** In words, without a secret and without markup. */
  text: string;
}

/** What stops when a component of this name restarts. */
const GAPS: Readonly<Record<string, string>> = {
  gateway: "no request is answered while it restarts, a few seconds",
  postgres: "queries fail while it restarts, some seconds and longer after a crash",
  redis: "queue and cache are away while it restarts and loads its file",
};

const list = (names: readonly string[]) => names.join(", ");
const WEIGHTS: readonly Weight[] = ["stop", "warn", "note"];

function dataRisks(effects: Effects): Risk[] {
  return effects.data.map((name) => ({
    weight: "stop",
    kind: "data",
    text: `replaces or removes the ${name}: what it holds is not in the new one`,
  }));
}

function restartRisks(effects: Effects): Risk[] {
  return effects.restarts.map((component) => ({
    weight: "warn",
    kind: "restart",
    text: `restarts ${component}: ${GAPS[component] ?? "it doesn't answer while it restarts"}`,
  }));
}

/** The last line that says something: the engine puts a rule's own description before what was found. */
export function lastLine(text: string): string | undefined {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .at(-1);
}

/** Advisory policies in one line: they say the same at each preview. */
function advice(violations: readonly PolicyViolation[]): Risk[] {
  const counts = new Map<string, number>();
  for (const { mandatory, policy } of violations) {
    if (!mandatory) counts.set(policy, (counts.get(policy) ?? 0) + 1);
  }
  const told = [...counts].map(([policy, count]) => (count > 1 ? `${policy} (${count})` : policy)).sort();
  return told.length === 0
    ? []
    : [{ weight: "note", kind: "advice", text: `advisory policies: ${list(told)}` }];
}

/** What a reviewer must know of a plan. */
export function risksOf(
  run: Pick<EngineRun, "errors" | "violations" | "messages">,
  effects: Effects,
): Risk[] {
  const one = (when: boolean, weight: Weight, kind: Risk["kind"], text: string): Risk[] =>
    when ? [{ weight, kind, text }] : [];
  const risks: Risk[] = [
    ...run.errors.map(
      ({ message }): Risk => ({ weight: "stop", kind: "failed", text: `the preview failed: ${message}` }),
    ),
    ...run.violations
      .filter(({ mandatory }) => mandatory)
      .map(
        ({ policy, message, urn }): Risk => ({
          weight: "stop",
          kind: "policy",
          text: `policy ${policy}: ${lastLine(message) ?? nameOf(urn)}`,
        }),
      ),
    ...advice(run.violations),
    ...dataRisks(effects),
    ...restartRisks(effects),
    ...one(effects.removes.length > 0, "warn", "removed", `removes ${list(effects.removes)}`),
    ...one(
      effects.hidden.length > 0,
      "warn",
      "hidden",
      `the engine's plan hides that these are replaced, their image has moved: ${list(effects.hidden)}`,
    ),
    ...one(
      effects.idle.length > 0,
      "warn",
      "idle",
      `the engine says update, but the container that runs never gets it: ${list(effects.idle)}`,
    ),
    ...effects.migrations.map(
      (name): Risk => ({ weight: "warn", kind: "migration", text: `runs the migration ${name}` }),
    ),
    ...run.messages
      .filter(({ urn, severity }) => urn.includes(types.migration) && severity === "warning")
      .map(({ message }): Risk => ({ weight: "warn", kind: "migration", text: message })),
    ...one(effects.opens.length > 0, "warn", "port", `opens ${list(effects.opens)} on the Docker host`),
    ...one(effects.closes.length > 0, "note", "port", `closes ${list(effects.closes)} on the Docker host`),
    ...effects.exposes.map(
      (name): Risk => ({ weight: "warn", kind: "exposure", text: `${name} lets more people in than before` }),
    ),
    ...one(effects.routes.length > 0, "warn", "route", `changes the route ${list(effects.routes)}`),
    ...one(
      effects.secrets.length > 0,
      "note",
      "secret",
      `new, changed or removed secrets: ${list(effects.secrets)}`,
    ),
    ...one(
      effects.servers.length > 0,
      "note",
      "database",
      `makes or changes in databases: ${list(effects.servers)}`,
    ),
    ...effects.images.map(
      ({ component, before, after }): Risk => ({
        weight: "note",
        kind: "image",
        text: `${component} runs another image: ${short(before)} becomes ${short(after)}`,
      }),
    ),
    ...one(
      effects.replaces.length > 0,
      "note",
      "deploy",
      `deploys ${list(effects.replaces)} beside the old one, no gap expected`,
    ),
  ];
  return risks.toSorted((a, b) => WEIGHTS.indexOf(a.weight) - WEIGHTS.indexOf(b.weight));
}

/** Content addresses are told by their first digits. */
export function short(image: string): string {
  return image.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, "sha256:$1");
}
