// Which of the drifted resources can be fixed by themselves, while something else on the stack is not safe to touch.

import { types } from "../../../lib/resource-types.ts";
import type { Place } from "../../engine/place.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { Step } from "../plan/events.ts";
import { engineFindings } from "./engine-view.ts";
import type { Finding } from "./finding.ts";

/** What may be touched. */
export interface SafeTargets {
  /** URNs of what drifted and is safe to fix, and of what depends on it. */
  urns: Set<string>;
  /** Is there anything that must be left alone? Else the whole stack can be brought up. */
  restricted: boolean;
}

const dependsOn = ({ dependencies = [] }: StateResource, urns: ReadonlySet<string>) =>
  dependencies.some((urn) => urns.has(urn));

/** The resources, and all that depend on them in turn. */
function withDependents(urns: Iterable<string>, resources: readonly StateResource[]): Set<string> {
  const all = new Set(urns);
  for (let before = -1; before !== all.size; ) {
    before = all.size;
    for (const one of resources) if (dependsOn(one, all)) all.add(one.urn);
  }
  return all;
}

/** Would fixing it start a container? */
function isStart({ op, type, new: fresh }: Step): boolean {
  return (
    (type === types.container && op === "delete") ||
    (type === types.start && (op === "delete" || fresh?.outputs?.running === false))
  );
}

/** What only a release starts that must be left alone: made anew by itself, it would seem fixed and not run. */
function heldBack(resources: readonly StateResource[], left: ReadonlySet<string>): Set<string> {
  const releases = resources.filter(({ type, urn }) => type === types.takeOver && left.has(urn));
  const known = new Set(releases.flatMap(({ dependencies = [] }) => dependencies));
  const starts = resources.filter(({ urn, inputs }) => known.has(urn) && inputs?.held === true);
  return new Set(starts.flatMap(({ urn, dependencies = [] }) => [urn, ...dependencies]));
}

/**
 * Sorts what the engine's refresh found.
 *
 * @param findings of the whole look: a volume that somebody else writes to must not get a second writer
 */
export function safeTargets(
  outcomes: readonly Step[],
  findings: readonly Finding[],
  place: Place,
): SafeTargets {
  const resources = place.all;
  const drifted = outcomes.filter(({ op }) => op !== "same");
  const unsafe = drifted.filter((step) =>
    engineFindings({ outcomes: [step] }).some(({ gravity }) => gravity !== "safe"),
  );
  const shared = new Set(findings.flatMap(({ volume }) => volume ?? []));
  const volumes = place.of("volume").filter(({ id = "" }) => shared.has(id));
  const endangered = withDependents(
    volumes.map(({ urn }) => urn),
    resources,
  );
  const starts = drifted.filter((step) => endangered.has(step.urn) && isStart(step));
  const left = withDependents(
    [...unsafe, ...starts].map(({ urn }) => urn),
    resources,
  );
  const held = heldBack(resources, left);
  const safe = drifted
    .filter((step) => !left.has(step.urn) && !(held.has(step.urn) && isStart(step)))
    .map(({ urn }) => urn);
  const urns = new Set([...withDependents(safe, resources)].filter((urn) => !left.has(urn)));
  return { urns, restricted: left.size > 0 };
}
