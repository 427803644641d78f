// Before a release: what of it is new, what ran before it, and what shall run again should it fail.
import type Docker from "dockerode";
import { inspect } from "../docker/containers.ts";
import { predecessors } from "../docker/predecessors.ts";
import type { ReleaseSpec, ReleaseStart } from "./spec.ts";

/** A container of another version. */
export interface Earlier {
  id: string;
  name: string;
  service: string;
  stopFirst: boolean;
}

/** What a release begins with. */
export interface Survey {
  /**
   * Its containers that take over: those that don't run yet, or were started by a run that came to no end. What of them shall run
   * also if it fails isn't stopped by another one's failure.
   */
  fresh: ReleaseStart[];
  /** Running containers of its services that aren't its own. */
  earlier: Earlier[];
  /** What shall run if it fails: the version that was completed last where it is still there, else what runs each service now. */
  keep: Earlier[];
}

/** @param before the release that came to its end last; undefined where none did */
export async function survey(
  docker: Docker,
  { starts }: ReleaseSpec,
  before: ReleaseSpec | undefined,
): Promise<Survey> {
  const own = new Set(starts.map(({ id }) => id));
  const found = await Promise.all(
    starts.map(async ({ id, service, stopFirst }) =>
      (await predecessors(docker, id)).map((other) => ({ id: other, service, stopFirst })),
    ),
  );
  const others = new Map(found.flat().map((other) => [other.id, other]));
  const named = [...others.values()].filter(({ id }) => !own.has(id));
  const earlier = await Promise.all(
    named.map(async (other) => ({ ...other, name: (await inspect(docker, other.id))?.Name.slice(1) ?? "" })),
  );
  // What may exist once by now, a run that was killed has perhaps ended, whatever it was before.
  const once = new Set(starts.filter(({ stopFirst }) => stopFirst).map(({ service }) => service));
  const completed = (before?.starts ?? []).map((start) => ({
    ...start,
    stopFirst: start.stopFirst || once.has(start.service),
  }));
  const states = new Map(
    await Promise.all(
      [...starts, ...completed].map(
        async ({ id }) => [id, (await inspect(docker, id))?.State.Running] as const,
      ),
    ),
  );
  const keep = whatToKeep(earlier, starts, completed, states);
  const fresh = starts
    .filter(({ id }) => states.get(id) !== true || !completed.some((start) => start.id === id))
    .map((start) => ({ ...start, goesOn: keep.some(({ id }) => id === start.id) }));
  return { fresh, earlier, keep };
}

/**
 * What shall run if the release fails. After a run that was killed two versions may run: the one that was completed is the
 * good one, if all of it that isn't alone still runs, and what is alone can be started again.
 *
 * @param own the release's containers
 * @param states whether each of own and completed ones runs; undefined for one that is gone
 */
export function whatToKeep(
  earlier: readonly Earlier[],
  own: readonly Earlier[],
  completed: readonly Earlier[],
  states: ReadonlyMap<string, boolean | undefined>,
): Earlier[] {
  const whole = completed.every(({ id, stopFirst }) =>
    stopFirst ? states.get(id) !== undefined : states.get(id) === true,
  );
  if (completed.length > 0 && whole) return completed.map(plain);
  // Its own where no other one runs the service: of services that become a release, of a version that was completed and has
  // ended since, and of one that had taken over when its run was killed.
  const run = new Set(earlier.map(({ service }) => service));
  const good = new Set(completed.map(({ id }) => id));
  const needed = own.filter(
    ({ id, service }) => !run.has(service) && (good.has(id) || states.get(id) === true),
  );
  return [...earlier, ...needed.map(plain)];
}

const plain = ({ id, name, service, stopFirst }: Earlier): Earlier => ({ id, name, service, stopFirst });
