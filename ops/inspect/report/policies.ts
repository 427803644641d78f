// How an environment's policies stand: rules by level, as its stack file sets them, and what a preview found broken.
import { rules } from "../../../policies/pack.ts";
import { POLICIES_KEY, type PolicySettings, readPolicySettings } from "../../../policies/settings.ts";
import type { StackFile } from "../../engine/project.ts";
import type { EngineRun } from "../plan/events.ts";
import { lastLine } from "../plan/verdict.ts";
import type { Policies } from "./model.ts";

/** What the stack's file says of the policies; mistakes in it are a violation of a policy of its own. */
export function policySettingsOf({ config }: StackFile, stack: string): PolicySettings {
  const own = config[POLICIES_KEY];
  const names = rules.map(({ name }) => name);
  const text: Record<string, string> = own === undefined ? {} : { [POLICIES_KEY]: JSON.stringify(own) };
  return readPolicySettings(text, stack, names).settings;
}

/** Counts the rules, and names what is broken with its fix. */
export function policiesOf(
  settings: PolicySettings,
  { violations }: Pick<EngineRun, "violations">,
): Policies {
  const level = (name: string, own: string) => settings.levels[name] ?? own;
  const at = (wanted: string) => rules.filter((rule) => level(rule.name, rule.level) === wanted);
  return {
    mandatory: at("mandatory").length,
    advisory: at("advisory").length,
    disabled: at("disabled").map(({ name }) => name),
    violations: violations.map(({ policy, mandatory, message }) => {
      const rule = rules.find(({ name }) => name === policy);
      const text = (lastLine(message) ?? "").trim();
      return { policy, mandatory, text, fix: rule?.fix ?? `see \`${POLICIES_KEY}\` in the stack's file` };
    }),
  };
}
