// What all systems have in common of their settings: the rules, ports and demands of the groups that they take. Each group is a
// file, `<group>-settings.ts`, with its settings and what must hold between them.
import { defineSettings, type Settings, type SystemSettings, type ValuesOf } from "./define.ts";
import { gatewayListeners, gatewayRules } from "./gateway-settings.ts";
import { hostRules } from "./host-settings.ts";
import type { Issue } from "./issue.ts";
import { demandsOf } from "./limit-settings.ts";
import type { MaybeListener } from "./rule.ts";
import { serverListeners, serverRules } from "./server-settings.ts";
import { tunnelRules } from "./tunnel-settings.ts";
import { variableRules } from "./variables.ts";

/** A system has the values of the groups that it took; each function knows those of its group, all of which may be missing. */
type OfGroup<T> = (values: never) => T[];

const RULES: readonly OfGroup<Issue>[] = [gatewayRules, tunnelRules, serverRules, hostRules, variableRules];
const LISTENERS: readonly OfGroup<MaybeListener>[] = [gatewayListeners, serverListeners];

/** What a system adds to the settings that it has in common with others. */
export interface OwnSettings<K extends Settings> extends Omit<SystemSettings<K>, "demands"> {
  /** Roles that run `replicas` containers; any other runs one. @default app */
  replicated?: string[];
  /** How many containers roles run that run neither one nor `replicas`. @default none does */
  containers?(values: Partial<ValuesOf<K>>): Readonly<Record<string, number>>;
}

/** Settings of a system that uses the groups: its own rules and ports, after the common ones. */
export function commonSettings<K extends Settings>({
  rules,
  listeners,
  replicated = ["app"],
  containers,
  ...own
}: OwnSettings<K>): SystemSettings<K> {
  return defineSettings({
    ...own,
    rules: (values) => [...RULES.flatMap((rule) => rule(values as never)), ...(rules?.(values) ?? [])],
    listeners: (values) => [
      ...LISTENERS.flatMap((all) => all(values as never)).flatMap(({ port, ...listener }) =>
        port === undefined ? [] : [{ ...listener, port }],
      ),
      ...(listeners?.(values) ?? []),
    ],
    demands: (values) => demandsOf(values as object, replicated, containers?.(values) ?? {}),
  });
}
