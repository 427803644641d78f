// What an update of a container comes to in truth: the engine's word for it is sometimes too little, sometimes too much.
import { types } from "../../../lib/resource-types.ts";
import { type EngineRun, nameOf, type Step } from "./events.ts";
import { changedPaths, topLevel } from "./step-values.ts";

/**
 * What the Docker provider takes for an update and never gives to a container that runs: it keeps the old value until
 * it is replaced. Seen with the real provider; `replaceOnChanges` is what asks for a new container.
 */
const KEPT = new Set(["healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota"]);

/** What only the provider's own work goes by: how it starts, waits for and stops the container. */
const OWN = new Set([
  "destroyGraceSeconds",
  "removeVolumes",
  "mustRun",
  "start",
  "wait",
  "waitTimeout",
  "attach",
  "logs",
  "rm",
  "containerReadRefreshTimeoutMilliseconds",
]);

const changedKeys = (step: Step) => changedPaths(step).map(topLevel);

/** Does an update change anything in the container that runs? */
export function isFelt(step: Step): boolean {
  return changedKeys(step).some((key) => !KEPT.has(key) && !OWN.has(key));
}

/** Properties whose update the container that runs never gets, as `name: property`. */
export function idleUpdates(step: Step): string[] {
  if (step.op !== "update" || step.type !== types.container) return [];
  return changedKeys(step)
    .filter((key) => KEPT.has(key))
    .map((key) => `${nameOf(step.urn)}: ${key}`);
}

/** An image whose resource is updated in its place, and what its name leads to now. */
interface MovedImage {
  /** Content addresses under which containers may use it. */
  before: string[];
  after: string;
}

async function movedImages(
  steps: readonly Step[],
  idOf: (reference: string) => Promise<string | undefined>,
): Promise<MovedImage[]> {
  const moved: MovedImage[] = [];
  for (const { op, type, old, new: fresh } of steps) {
    const name = fresh?.inputs?.name;
    if (op !== "update" || type !== types.pulledImage || typeof name !== "string") continue;
    const before = [old?.outputs?.imageId, old?.outputs?.repoDigest].filter((id) => typeof id === "string");
    const after = await idOf(name);
    if (after !== undefined && !before.includes(after)) moved.push({ before, after });
  }
  return moved;
}

/**
 * Finds the replacements that the engine's plan hides. The Docker provider reads an image anew when it updates its
 * resource, whatever the update was, so a tag that has moved meanwhile gives every container of it another image: the
 * plan knows the old one only and calls such a container updated, or doesn't name it at all.
 *
 * @param idOf content address that a reference leads to on the Docker host; asked only where an image is updated
 * @returns the run with those containers replaced, the old one first, as the provider asks for it
 */
export async function revealHidden(
  run: EngineRun,
  idOf: (reference: string) => Promise<string | undefined>,
): Promise<EngineRun> {
  const moved = await movedImages(run.steps, idOf);
  if (moved.length === 0) return run;
  const hidden: string[] = [];
  const revealed = run.planned.flatMap(({ op, newState }): Step[] => {
    const { urn = "", type = "", inputs = {} } = newState ?? {};
    const image = moved.find(({ before }) => before.includes(String(inputs.image)));
    if (type !== types.container || image === undefined || !["same", "update"].includes(op)) return [];
    hidden.push(urn);
    const planned = run.steps.find((step) => step.urn === urn);
    const old = planned?.old ?? { inputs };
    const fresh = { inputs: { ...(planned?.new?.inputs ?? inputs), image: image.after } };
    const diffs = [...new Set([...(planned === undefined ? [] : changedPaths(planned)), "image"])];
    const both = { urn, type, old, keys: ["image"], diffs, detailedDiff: {} };
    return [
      { ...both, op: "delete-replaced" },
      { ...both, op: "create-replacement", new: fresh },
    ];
  });
  const steps = run.steps.filter(({ urn }) => !hidden.includes(urn));
  return { ...run, steps: [...steps, ...revealed], hidden: hidden.map(nameOf).sort() };
}
