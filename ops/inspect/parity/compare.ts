// Compares two resolved stacks, and sorts the differences: allowed with a reason, or not.
import { literally } from "../../../lib/literally.ts";
import { type Facts, factsOf } from "./facts.ts";
import { imageNames, neutral, neutralName, withoutOwnNames } from "./names.ts";
import type { ResolvedStack } from "./resolved.ts";
import { PairVariables } from "./variables.ts";

/** What a difference is about. */
export type Kind =
  | "service"
  | "image"
  | "version"
  | "limit"
  | "health check"
  | "extension"
  | "middleware"
  | "environment"
  | "setting"
  | "resource";

/** One thing that is not the same. */
export interface Difference {
  kind: Kind;
  /** What, as the allow-list names it. */
  path: string;
  /** Its value in each stack; undefined where there is none. */
  values: [string | undefined, string | undefined];
  /** Why it may differ; undefined where it may not. */
  reason?: string;
}

/** What came out. */
export interface Comparison {
  stacks: [string, string];
  /** How many things are the same. */
  same: number;
  differences: Difference[];
  /** Entries of the allow-list that allow nothing: what they name is the same, or isn't there. */
  stale: string[];
}

/** Compares them by the allow-list of the first one's system. */
export function compareStacks(one: ResolvedStack, other: ResolvedStack): Comparison {
  const [left, right] = [sideOf(one), sideOf(other)];
  const paths = [...new Set([...left.facts.keys(), ...right.facts.keys()])];
  const different = paths.filter((path) => differs(path, left, right));
  // Of a resource that only one has, this is told and not each of its properties.
  const missing = new Set(different.filter((path) => isResource(path)));
  const variables = new PairVariables(one.variables ?? [], other.variables ?? []);
  const told = different.filter(
    (path) => isResource(path) || !(missing.has(resourceOf(path)) || variables.repeats(path)),
  );
  const allowed = allowList(one);
  const used = new Set<string>();
  const differences = told.map((path): Difference => {
    const entry = allowed.find(({ pattern }) => pattern.test(path));
    if (entry !== undefined) used.add(entry.name);
    const values: Difference["values"] = [left.facts.get(path), right.facts.get(path)];
    const reason = entry?.reason ?? variables.reason(path);
    return { kind: kindOf(path), path, values, ...(reason === undefined ? {} : { reason }) };
  });
  const stale = allowed.map(({ name }) => name).filter((name) => !used.has(name));
  return { stacks: [one.stack, other.stack], same: paths.length - different.length, differences, stale };
}

interface Side {
  facts: Facts;
  neutral: (text: string) => string;
  withoutOwnNames: (text: string) => string;
  /** What each name of an image stands for. */
  images: ReadonlyMap<string, string>;
}

function sideOf(stack: ResolvedStack): Side {
  return {
    facts: factsOf(stack, neutralName(stack)),
    neutral: neutral(stack),
    withoutOwnNames: withoutOwnNames(stack),
    images: new Map(imageNames(stack)),
  };
}

/** Whether a fact differs as it is and without the environment's own names; what isn't known yet doesn't. */
function differs(path: string, left: Side, right: Side): boolean {
  const [one, other] = [left, right].map(({ facts }) => facts.get(path));
  if (one === undefined || other === undefined) {
    return !isUnknown(path, left.facts) && !isUnknown(path, right.facts);
  }
  if (path.startsWith("setting:")) {
    return (left.images.get(one) ?? one) !== (right.images.get(other) ?? other);
  }
  // The same word, such as NODE_ENV's `production`, is the same; the same hostname in both belongs to one of them.
  if (one === other) return left.withoutOwnNames(one) !== right.withoutOwnNames(other);
  return left.neutral(one) !== right.neutral(other);
}

/** Whether the value, or what it is a part of, is secret or not known yet. */
function isUnknown(path: string, facts: Facts): boolean {
  for (let part = path; part !== ""; part = part.slice(0, Math.max(0, part.lastIndexOf(".")))) {
    if (facts.has(part) && (facts.get(part) === undefined || facts.get(part) === "[secret]")) {
      return part !== path || facts.get(part) === undefined;
    }
  }
  return false;
}

const isResource = (path: string) => !path.startsWith("setting:") && !path.includes(".");
const resourceOf = (path: string) => path.slice(0, path.indexOf("."));

function allowList({ parity }: ResolvedStack): { name: string; pattern: RegExp; reason: string }[] {
  const settings = Object.entries(parity.settings).map(([key, reason]) => ({
    name: `setting:${key}`,
    pattern: new RegExp(`^setting:${literally(key)}(\\.|$)`),
    reason: reason ?? "",
  }));
  const resources = Object.entries(parity.resources).map(([name, reason]) => ({
    name,
    pattern: new RegExp(`^${name.split("*").map(literally).join(".*")}$`),
    reason,
  }));
  return [...settings, ...resources];
}

/** The first that fits. */
const KINDS: readonly [RegExp, Kind][] = [
  [/^setting:/, "setting"],
  [/^(AppService|Container):[^.]+$/, "service"],
  [/^Extension:/, "extension"],
  [/^Route:|basicAuth|noindex/, "middleware"],
  [/^Image:.*\.imageId$/, "version"],
  [/^Image:|\.image$/, "image"],
  [/\.(cpus|cpuQuota|cpuPeriod|memory|memoryMb|memorySwap|shmSize|pids)$/, "limit"],
  [/\.(healthcheck|healthTimeoutSeconds)\b/, "health check"],
  [/\.(environment|envs|secrets)\b/, "environment"],
];

function kindOf(path: string): Kind {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? "resource";
}
