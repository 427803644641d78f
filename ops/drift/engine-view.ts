// What the engine's own refresh finds: resources of the state that are gone or not as they were.
import { type EngineRun, nameOf, type Step } from "../plan/events.ts";
import type { Finding, Mending } from "./finding.ts";
import { stateTypes } from "./place.ts";

/** Types that people know by another word. */
const WORDS: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "container",
  "tandem:docker:ContainerStart": "container",
  "docker:index/network:Network": "network",
  "docker:index/volume:Volume": "volume",
  "postgresql:index/database:Database": "database",
  "postgresql:index/role:Role": "login",
  "postgresql:index/extension:Extension": "extension",
  "tandem:gateway:Route": "route",
  "tandem:docker:Image": "image",
  [stateTypes.sharedExtension]: "extension",
  [stateTypes.tenant]: "login",
  "tandem:redis:AclUser": "Redis user",
  [stateTypes.rule]: "tunnel rule",
  [stateTypes.tunnelRules]: "tunnel rules",
};

/** The output that holds the name, where it is no usual one. */
const NAMED_BY: Readonly<Record<string, string>> = {
  [stateTypes.sharedExtension]: "extension",
  [stateTypes.tenant]: "role",
  "tandem:redis:AclUser": "user",
  [stateTypes.rule]: "hostname",
};

/** What holds data, or can't be made again as it was. */
const GONE: Readonly<Record<string, Mending>> = {
  "docker:index/volume:Volume": "data",
  "postgresql:index/database:Database": "data",
  "postgresql:index/extension:Extension": "data",
  [stateTypes.sharedExtension]: "data",
  // It comes back without what it was granted on tables that are there already.
  "postgresql:index/role:Role": "person",
  // It comes back without power over the logins that it made.
  [stateTypes.tenant]: "person",
};

/** A change of one of these is data's own affair. */
const CHANGED: Readonly<Record<string, Mending>> = {
  "docker:index/volume:Volume": "data",
  "postgresql:index/database:Database": "data",
  "postgresql:index/extension:Extension": "person",
  [stateTypes.sharedExtension]: "person",
  "tandem:data:Guard": "data",
};

/** Outputs that change by themselves. */
const RESTLESS: Readonly<Record<string, readonly string[]>> = {
  "docker:index/container:Container": ["exitCode", "containerLogs", "networkDatas", "bridge", "healthcheck"],
};

/** Name by which everybody knows the thing: Docker's or Postgres' own where there is one. */
function subjectOf({ type, urn, old, new: fresh }: Step): string {
  const { inputs, outputs } = old ?? fresh ?? {};
  const given =
    outputs?.[NAMED_BY[type] ?? "containerName"] ??
    outputs?.routeName ??
    outputs?.reference ??
    outputs?.name ??
    inputs?.name;
  const word = WORDS[type] ?? (type.split(":").at(-1) ?? type).toLowerCase();
  return `${word} ${typeof given === "string" ? given : nameOf(urn)}`;
}

function changedOutputs({ type, old, new: fresh }: Step): string[] {
  const [before, after] = [old?.outputs ?? {}, fresh?.outputs ?? {}];
  const quiet = RESTLESS[type] ?? [];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !quiet.includes(key) && JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .sort();
}

/** What a refresh found. */
export function engineFindings({ outcomes }: Pick<EngineRun, "outcomes">): Finding[] {
  return outcomes.flatMap((step): Finding[] => {
    const subject = subjectOf(step);
    if (step.op === "delete") {
      return [{ subject, text: "is gone", mending: GONE[step.type] ?? "safe", ...wayBack(step) }];
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
        mending: CHANGED[step.type] ?? "safe",
        ...wayBack(step),
      },
    ];
  });
}

function wayBack({ type }: Step): { mend?: string } {
  if (type in GONE || type in CHANGED) {
    return {
      mend: "restore it from a restore point or backup, or accept it: `pulumi refresh`, then look at `tandem preview`",
    };
  }
  return {};
}

/** URNs of what the engine found. */
export function driftedUrns({ outcomes }: Pick<EngineRun, "outcomes">): Set<string> {
  return new Set(outcomes.filter(({ op }) => op !== "same").map(({ urn }) => urn));
}
