// Names and labels: what belongs to whom must be readable from the thing itself.
import { labels } from "../../lib/docker/labels.ts";
import {
  type Facts,
  type ResourceRule,
  records,
  type Subject,
  type Surroundings,
  text,
  types,
} from "../rule.ts";

const LABELLED = [types.container, types.network, types.volume, types.migration];

/** Beginnings of the names that belong to the environment. */
export function ownPrefixes({ system, environment, settings }: Surroundings): string[] {
  return [`${system}_${environment}_`, ...settings.names];
}

/** Does the name belong to the environment? */
export function isOwn(name: string, around: Surroundings): boolean {
  return ownPrefixes(around).some((prefix) => name.startsWith(prefix));
}

/** Labels by name, whether they are given as a list (Docker provider) or as an object. */
function labelsOf({ facts }: Subject): Map<string, unknown> {
  const { labels } = facts;
  if (Array.isArray(labels))
    return new Map(records(labels).map(({ label, value }) => [String(label), value]));
  return new Map(typeof labels === "object" && labels !== null ? Object.entries(labels as Facts) : []);
}

function labelProblems(subject: Subject, around: Surroundings): string[] {
  const own = labelsOf(subject);
  const wanted: Record<string, string | undefined> = {
    [labels.system]: around.system,
    [labels.environment]: around.environment,
    [labels.component]: undefined,
  };
  return Object.entries(wanted).flatMap(([label, value]) => {
    const found = own.get(label);
    if (found === undefined || found === "") return [`has no label ${label}`];
    return value === undefined || typeof found !== "string" || found === value
      ? []
      : [`has the label ${label}=${found}, and it is part of ${value}`];
  });
}

export const names: readonly ResourceRule[] = [
  {
    name: "own-names",
    group: "names",
    title: "Containers, networks and volumes carry their environment's name.",
    reason:
      "A name without the environment in it is sooner or later used by two, and the second stops the first.",
    fix: "name it with env.name(role), or put the system's own form under tandem:policies.names",
    level: "mandatory",
    types: [types.container, types.network, types.volume],
    check({ facts }, around) {
      const name = text(facts.name);
      return name === undefined || isOwn(name, around)
        ? []
        : [`is named ${name}; names of this environment begin with ${ownPrefixes(around).join(" or ")}`];
    },
  },
  {
    name: "labels",
    group: "names",
    title: "Everything on the Docker host says whose it is by label.",
    reason:
      "Status, logs, drift runs and clean-up find an environment's things by label; what has none is overlooked.",
    fix: "give it env.labels(component)",
    level: "mandatory",
    types: LABELLED,
    check: labelProblems,
  },
];
