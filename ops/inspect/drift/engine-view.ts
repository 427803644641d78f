// What the engine's own refresh finds: resources of the state that are gone or not as they were.

import { launcher } from "../../../lib/launcher.ts";
import { factsOf } from "../../../lib/resource-types.ts";
import { type EngineRun, nameOf, type Step } from "../plan/events.ts";
import type { Finding } from "./finding.ts";

/** Name by which everybody knows the thing: Docker's or Postgres' own where there is one. */
function subjectOf({ type, urn, old, new: fresh }: Step): string {
  const { inputs, outputs } = old ?? fresh ?? {};
  const { namedBy, word = (type.split(":").at(-1) ?? type).toLowerCase() } = factsOf(type);
  const given = outputs?.[namedBy ?? "containerName"] ?? outputs?.reference ?? outputs?.name ?? inputs?.name;
  return `${word} ${typeof given === "string" ? given : nameOf(urn)}`;
}

function changedOutputs({ type, old, new: fresh }: Step): string[] {
  const [before, after] = [old?.outputs ?? {}, fresh?.outputs ?? {}];
  const { restless: quiet = [] } = factsOf(type);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !quiet.includes(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .sort();
}

/** What a refresh found. */
export function engineFindings({ outcomes }: Pick<EngineRun, "outcomes">): Finding[] {
  return outcomes.flatMap((step): Finding[] => {
    const subject = subjectOf(step);
    if (step.op === "delete") {
      return [{ subject, text: "is gone", gravity: factsOf(step.type).gone ?? "safe", ...wayBack(step) }];
    }
    if (step.op !== "update" && step.op !== "refresh") return [];
    const keys = [...new Set([...step.diffs, ...Object.keys(step.detailedDiff)])].map(
      (path) => path.split(/[.[]/)[0] ?? path,
    );
    const changed = keys.length > 0 ? [...new Set(keys)].sort() : changedOutputs(step);
    if (changed.length === 0) return [];
    return [
      {
        subject,
        text: `changed: ${changed.join(", ")}`,
        gravity: factsOf(step.type).changed ?? "safe",
        ...wayBack(step),
      },
    ];
  });
}

function wayBack({ type }: Step): { fix?: string } {
  const { gone, changed } = factsOf(type);
  if (gone !== undefined || changed !== undefined) {
    return {
      fix: `restore it from a restore point or backup, or accept it: \`pulumi refresh\`, then look at \`${launcher()} preview\``,
    };
  }
  return {};
}

/** URNs of what the engine found. */
export function driftedUrns({ outcomes }: Pick<EngineRun, "outcomes">): Set<string> {
  return new Set(outcomes.filter(({ op }) => op !== "same").map(({ urn }) => urn));
}
