// The pack: every rule, and what it becomes for one stack.
import type { Finding, Level, Rule, Subject, Surroundings } from "./rule.ts";
import { data } from "./rules/data.ts";
import { databases } from "./rules/databases.ts";
import { dockerForm } from "./rules/docker-form.ts";
import { effects } from "./rules/effects.ts";
import { hardening } from "./rules/hardening.ts";
import { images } from "./rules/images.ts";
import { isolation } from "./rules/isolation.ts";
import { limits } from "./rules/limits.ts";
import { names } from "./rules/names.ts";
import { openedHardening } from "./rules/opened.ts";
import { ports } from "./rules/ports.ts";
import { POLICIES_KEY } from "./settings.ts";

/** Name of the pack. */
export const PACK_NAME = "tandem";

/** All rules, in the order of the docs. */
export const rules: readonly Rule[] = [
  ...names,
  ...isolation,
  ...ports,
  ...limits,
  ...hardening,
  ...openedHardening,
  ...dockerForm,
  ...images,
  ...data,
  ...databases,
  ...effects,
];

/** Name of the policy that tells mistakes in the settings of the others. */
export const SETTINGS_POLICY = "policy-settings";

/** A rule, or the look at the settings, as it is in force for one stack. */
export interface Policy {
  name: string;
  description: string;
  level: Level | "disabled";
  /** Types of the single resources that it judges; undefined where it judges the stack as a whole. */
  types?: readonly string[];
  /** What is wrong with the resource, or with all resources of the stack that any rule looks at. */
  judge(subjects: readonly Subject[]): Finding[];
}

/** Short, since the engine repeats it at each violation; the reason stands in docs/policies.md. */
function describe({ title, fix, cis }: Rule): string {
  return `${title} To fix: ${fix}.${cis === undefined ? "" : ` (CIS Docker Benchmark ${cis})`}`;
}

function policyOf(rule: Rule, around: Surroundings): Policy {
  const level = around.settings.levels[rule.name] ?? rule.level;
  const base = { name: rule.name, description: describe(rule), level };
  if ("checkStack" in rule) return { ...base, judge: (subjects) => rule.checkStack(subjects, around) };
  const judge = (subjects: readonly Subject[]) =>
    subjects.flatMap((subject) =>
      rule.check(subject, around).map((finding) => ({ text: `${subject.name} ${finding}` })),
    );
  return { ...base, types: rule.types, judge };
}

function settingsPolicy(problems: readonly string[]): Policy {
  return {
    name: SETTINGS_POLICY,
    description: `${POLICIES_KEY} in the stack's file can be read. What can't be read isn't in force.`,
    level: "mandatory",
    judge: () => problems.map((text) => ({ text })),
  };
}

/** The pack's policies for a stack, each at the level that the stack wants. */
export function policiesFor(around: Surroundings, problems: readonly string[]): Policy[] {
  return [...rules.map((rule) => policyOf(rule, around)), settingsPolicy(problems)];
}
