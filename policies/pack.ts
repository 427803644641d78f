// The pack: every rule, and how the SDK gets to see it.
import type policy from "@pulumi/policy";
import { plainFacts } from "./facts.ts";
import type { Facts, ResourceRule, Rule, StackRule, Subject, Surroundings } from "./rule.ts";
import { types as typeNames } from "./rule.ts";
import { data } from "./rules/data.ts";
import { databases } from "./rules/databases.ts";
import { effects } from "./rules/effects.ts";
import { hardening } from "./rules/hardening.ts";
import { images } from "./rules/images.ts";
import { isolation } from "./rules/isolation.ts";
import { limits } from "./rules/limits.ts";
import { names } from "./rules/names.ts";
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
  ...images,
  ...data,
  ...databases,
  ...effects,
];

/** Name of the policy that tells mistakes in the settings of the others. */
export const SETTINGS_POLICY = "policy-settings";

/** Short, since the engine repeats it at each violation; the reason stands in docs/policies.md. */
function describe({ title, mend, cis }: Rule): string {
  return `${title} To mend: ${mend}.${cis === undefined ? "" : ` (CIS Docker Benchmark ${cis})`}`;
}

function subjectOf(resource: policy.ResourceValidationArgs | policy.PolicyResource): Subject {
  const { type, name, urn, opts } = resource;
  const facts: Facts = plainFacts(resource.props);
  return { type, name, urn, facts, protected: opts.protect };
}

/** The SDK skips a policy without decoding the resource where the function names the one type that it is for. */
function forType<T extends object>(validate: T, types: readonly string[]): T {
  return types.length === 1 ? Object.assign(validate, { __pulumiType: types[0] }) : validate;
}

function resourcePolicy(
  rule: ResourceRule,
  around: Surroundings,
  enforcementLevel: policy.EnforcementLevel,
): policy.ResourceValidationPolicy {
  const validate: policy.ResourceValidation = (resource, report) => {
    if (!rule.types.includes(resource.type)) return;
    const subject = subjectOf(resource);
    for (const finding of rule.check(subject, around)) report(`${subject.name} ${finding}`);
  };
  return {
    name: rule.name,
    description: describe(rule),
    enforcementLevel,
    validateResource: forType(validate, rule.types),
  };
}

function stackPolicy(
  rule: StackRule,
  around: Surroundings,
  enforcementLevel: policy.EnforcementLevel,
): policy.StackValidationPolicy {
  return {
    name: rule.name,
    description: describe(rule),
    enforcementLevel,
    validateStack: ({ resources }, report) => {
      const known = new Set<string>(Object.values(typeNames));
      const subjects = resources.filter(({ type }) => known.has(type)).map(subjectOf);
      for (const { text, urn } of rule.checkStack(subjects, around)) report(text, urn);
    },
  };
}

function settingsPolicy(problems: readonly string[]): policy.StackValidationPolicy {
  return {
    name: SETTINGS_POLICY,
    description: `${POLICIES_KEY} in the stack's file can be read. What can't be read isn't in force.`,
    enforcementLevel: "mandatory",
    validateStack: (_, report) => {
      for (const problem of problems) report(problem);
    },
  };
}

/** The pack's policies for a stack, each at the level that the stack wants. */
export function policiesFor(around: Surroundings, problems: readonly string[]): policy.Policies {
  const { levels } = around.settings;
  const own = rules.map((rule) => {
    const level = levels[rule.name] ?? rule.level;
    return "checkStack" in rule ? stackPolicy(rule, around, level) : resourcePolicy(rule, around, level);
  });
  return [...own, settingsPolicy(problems)];
}
