// What a plan does to an environment, in the words of people who run it: what stops, what data is replaced, what opens.
import { factsOf, types } from "../../../lib/resource-types.ts";
import { serverChanges } from "./access.ts";
import { type EngineRun, nameOf, type Step } from "./events.ts";
import { secretsOf } from "./secrets.ts";
import { componentOf, records } from "./step-values.ts";
import { idleUpdates, isFelt } from "./updates.ts";

/** What happens to a component's containers. */
export type ContainerEffect = "created" | "restarted" | "replaced" | "updated" | "removed" | "none";

/** Effects of a plan, each list sorted and without doubles. */
export interface Effects {
  /** Components whose containers stop before the new ones run: a gap. */
  restarts: string[];
  /** Components whose containers are replaced by ones that run beside them first. */
  replaces: string[];
  /** Components that get limits or policies without a restart. */
  updates: string[];
  creates: string[];
  removes: string[];
  /** Volumes, databases and logins that are deleted or replaced, by name. */
  data: string[];
  /** Migrations that run, by resource. */
  migrations: string[];
  /** Ports of the host that are opened or closed, as `address:port`. */
  opens: string[];
  closes: string[];
  /** Routes whose hostnames or access change, by name; that their upstreams move is no news. */
  routes: string[];
  /** Routes that let more people in: no password any more, or open to search engines. */
  exposes: string[];
  /** Secrets that are new or changed, by resource or variable; never a value. */
  secrets: string[];
  /** Replacements that the engine's plan calls updates or doesn't name, by resource. */
  hidden: string[];
  /** Updates that the container which runs never gets, as `resource: property`. */
  idle: string[];
  /** What is made or changed on database servers, as `extension NAME`, `login NAME`, `grant RESOURCE`. */
  servers: string[];
  /** Images that change: component, before and after. */
  images: { component: string; before: string; after: string }[];
}

function portsOf(inputs: Record<string, unknown> | undefined): string[] {
  return records(inputs?.ports).map(({ ip, external }) => `${String(ip ?? "0.0.0.0")}:${String(external)}`);
}

/** Name of what holds data on its server or host. */
function dataName({ type, urn, old, new: fresh }: Step): string {
  const name = (old ?? fresh)?.inputs?.name;
  return `${factsOf(type).word} ${typeof name === "string" ? name : nameOf(urn)}`;
}

function isOpen(inputs: Record<string, unknown> | undefined): { listed: boolean; free: boolean } {
  return { listed: inputs?.noindex !== true, free: inputs?.basicAuthUser === undefined };
}

function routeEffects(step: Step): { changed: boolean; exposed: boolean } {
  const { op, old, new: fresh } = step;
  if (op === "create" || op === "delete") return { changed: true, exposed: false };
  const visible = ["hostnames", "noindex", "basicAuthUser", "basicAuthHash", "routeName"];
  const changed = visible.some(
    (key) =>
      JSON.stringify(old?.inputs?.[key] ?? null) !== JSON.stringify(fresh?.inputs?.[key] ?? null) ||
      step.diffs.includes(key),
  );
  const before = isOpen(old?.inputs);
  const after = isOpen(fresh?.inputs);
  return { changed, exposed: (after.listed && !before.listed) || (after.free && !before.free) };
}

/** The steps of one resource, in the engine's order. */
function byUrn(steps: readonly Step[]): Map<string, Step[]> {
  const grouped = new Map<string, Step[]>();
  for (const step of steps) grouped.set(step.urn, [...(grouped.get(step.urn) ?? []), step]);
  return grouped;
}

/** Containers, by resource, and services of releases that start only when the old one has ended. */
function stopFirst(steps: readonly Step[]): { containers: Set<string>; services: Set<string> } {
  const inputsOf = (type: string) =>
    steps
      .filter((step) => step.type === type)
      .map(({ urn, old, new: fresh }) => ({ urn, ...(fresh ?? old) }));
  const containers = inputsOf(types.start)
    .filter(({ inputs }) => inputs?.stopFirst === true)
    .map(({ urn }) => nameOf(urn).replace(/-start$/, ""));
  const services = inputsOf(types.takeOver).flatMap(({ inputs }) =>
    records(inputs?.starts).flatMap((start) => (start.stopFirst === true ? String(start.service) : [])),
  );
  return { containers: new Set(containers), services: new Set(services) };
}

/** What becomes of a container, where the engine deletes first or the old one is stopped before the new one starts. */
function containerEffect(steps: readonly Step[], first: ReturnType<typeof stopFirst>): ContainerEffect {
  const ops = steps.map(({ op }) => op);
  if (ops.includes("create-replacement")) {
    const stops = steps.some(
      (step) => first.containers.has(nameOf(step.urn)) || first.services.has(componentOf(step)),
    );
    if (stops) return "restarted";
    return ops.indexOf("delete-replaced") !== -1 &&
      ops.indexOf("delete-replaced") < ops.indexOf("create-replacement")
      ? "restarted"
      : "replaced";
  }
  if (ops.includes("create")) return "created";
  if (ops.includes("delete")) return "removed";
  return steps.some(isFelt) ? "updated" : "none";
}

const sorted = (values: readonly string[]) => [...new Set(values)].sort();

/** Works out the effects of a plan. */
export function effectsOf(run: Pick<EngineRun, "steps" | "outcomes" | "hidden">): Effects {
  const { steps, outcomes } = run;
  const first = stopFirst(steps);
  const containers = [...byUrn(steps.filter(({ type }) => type === types.container)).values()].map(
    (group) => ({
      component: componentOf(group.find((step) => step.op !== "delete-replaced") ?? (group[0] as Step)),
      effect: containerEffect(group, first),
      before: group.find(({ old }) => old !== undefined)?.old?.inputs,
      after: group.findLast(({ op, new: fresh }) => op !== "delete-replaced" && fresh !== undefined)?.new
        ?.inputs,
    }),
  );
  const having = (effect: ContainerEffect) =>
    sorted(containers.filter((entry) => entry.effect === effect).map(({ component }) => component));
  const portsBefore = containers.flatMap(({ before }) => portsOf(before));
  const portsAfter = containers.flatMap(({ after }) => portsOf(after));
  const routes = steps
    .filter(
      ({ type, op }) =>
        type === types.route && ["create", "update", "delete", "create-replacement"].includes(op),
    )
    .map((step) => ({ name: nameOf(step.urn), ...routeEffects(step) }));
  const told = new Set(steps.filter(tellsVariables).map(componentOf));
  return {
    restarts: having("restarted"),
    replaces: having("replaced"),
    updates: having("updated"),
    creates: having("created"),
    removes: having("removed"),
    data: sorted(
      steps
        .filter(({ type, op }) => factsOf(type).holdsData && ["delete", "create-replacement"].includes(op))
        .map(dataName),
    ),
    migrations: sorted(outcomes.filter(runsMigration).map(({ urn }) => nameOf(urn))),
    opens: sorted(portsAfter.filter((port) => !portsBefore.includes(port))),
    closes: sorted(portsBefore.filter((port) => !portsAfter.includes(port))),
    routes: sorted(routes.filter(({ changed }) => changed).map(({ name }) => name)),
    exposes: sorted(routes.filter(({ exposed }) => exposed).map(({ name }) => name)),
    secrets: sorted(steps.flatMap((step) => secretsOf(step, told))),
    hidden: sorted(run.hidden ?? []),
    idle: sorted(steps.flatMap(idleUpdates)),
    servers: sorted(steps.flatMap(serverChanges)),
    images: imageChanges(containers),
  };
}

/** Is it a migration that has its service's variables? A release's has those of all, and a job of the same name its own. */
function tellsVariables({ type, old, new: fresh }: Step): boolean {
  const { services, noun } = fresh?.inputs ?? old?.inputs ?? {};
  return type === types.migration && services === undefined && noun === undefined;
}

type Inputs = Record<string, unknown> | undefined;

function imageChanges(
  containers: readonly { component: string; before: Inputs; after: Inputs }[],
): Effects["images"] {
  const changes = containers.flatMap(({ component, before, after }) => {
    const [old, fresh] = [before?.image, after?.image];
    return typeof old === "string" && typeof fresh === "string" && old !== fresh
      ? [{ component, before: old, after: fresh }]
      : [];
  });
  return changes.sort((one, other) => one.component.localeCompare(other.component));
}

/** A migration that stays away keeps its time of start in the preview; one that will run has none yet. */
function runsMigration({ type, op, old, new: fresh }: Step): boolean {
  if (type !== types.migration || !["create", "update"].includes(op)) return false;
  const before = old?.outputs?.startedAt;
  return before === undefined || before !== fresh?.outputs?.startedAt;
}
