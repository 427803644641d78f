// What stands in the environment's Cloudflare tunnels and isn't as the state has it: rules that no state knows and that
// send to this environment or carry its hostnames, own rules behind one that takes their requests, or with options by hand.
import {
  isInForce,
  type Rule,
  ruleOf,
  type TunnelConfig,
  takerOf,
} from "../../../provider/cloudflare/ingress-rules.ts";
import { output, type Place } from "../../engine/place.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { Finding } from "./finding.ts";
import type { ProviderSettings } from "./provider-settings.ts";

/** What a look needs besides the state. */
export interface TunnelAccess {
  settings: ProviderSettings;
  /** Hostnames whose rules other stacks know. */
  elsewhere(): ReadonlySet<string>;
}

const DASHBOARD = "in Cloudflare's dashboard (Networks, Tunnels)";
/** What the program gives a rule. */
const OWN_KEYS = ["hostname", "service", "path", "id"];

const nameOf = ({ hostname, path }: Rule) => `${hostname || "*"}${path ? `, path ${path}` : ""}`;

/** Host and port of a service: whether it is spoken to with or without TLS, it is the same one. */
function addressOf(service: string): string {
  try {
    const { protocol, hostname, port } = new URL(service);
    if (hostname === "") return service;
    return `${hostname.toLowerCase()}:${port || (protocol === "https:" ? "443" : "80")}`;
  } catch {
    return service;
  }
}

/** Findings about the rule that is the stack's own. */
function ownRule(rule: Rule, state: StateResource, config: TunnelConfig): Finding[] {
  const hostname = output(state, "hostname");
  const subject = `tunnel rule ${hostname}`;
  const wanted = output(state, "service");
  const taker = isInForce(config, hostname) ? undefined : takerOf(config, hostname);
  // The dashboard writes an empty object where nothing is set.
  const isSet = (value: unknown) =>
    typeof value !== "object" || value === null || Object.keys(value).length > 0;
  const options = Object.keys(rule).filter((key) => !OWN_KEYS.includes(key) && isSet(rule[key]));
  // What was taken over keeps the options that it had.
  const byHand = state.inputs?.takeOver === true ? [] : options;
  return [
    ...(rule.service === wanted
      ? []
      : [{ subject, text: `sends to ${rule.service} instead of ${wanted}`, gravity: "safe" as const }]),
    ...(taker === undefined
      ? []
      : [
          {
            subject,
            text: `stands behind the rule ${nameOf(taker)}, which takes its requests to ${taker.service}`,
            gravity: "safe" as const,
          },
        ]),
    ...byHand.map((key): Finding => {
      return {
        subject,
        text: `was given ${key} by hand`,
        gravity: "person",
        fix: `take it out ${DASHBOARD}, or keep it with tunnel.takeOver`,
      };
    }),
  ];
}

/** Findings in a tunnel that others use too; `states` are this stack's rules in it. */
export function sharedTunnelFindings(
  config: TunnelConfig,
  states: readonly StateResource[],
  elsewhere: () => ReadonlySet<string>,
): Finding[] {
  const own = new Map(states.map((state) => [output(state, "hostname").toLowerCase(), state]));
  const services = new Map(
    states.map((state) => [addressOf(output(state, "service")), output(state, "service")]),
  );
  return (config.ingress ?? []).flatMap((rule): Finding[] => {
    const hostname = (rule.hostname ?? "").toLowerCase();
    const state = own.get(hostname);
    if (state !== undefined && rule === ruleOf(config, hostname)) return ownRule(rule, state, config);
    const subject = `tunnel rule ${nameOf(rule)}`;
    const fix = `find out whose it is, and take it out ${DASHBOARD}`;
    const unmanaged = (why: string): Finding => {
      return { subject, text: `${why} and is in no state`, gravity: "person", fix };
    };
    if (state !== undefined) {
      return [unmanaged(`carries this environment's hostname, sends to ${rule.service}`)];
    }
    const service = services.get(addressOf(rule.service));
    if (service === undefined || elsewhere().has(hostname)) return [];
    return [unmanaged(`sends to this environment, ${service},`)];
  });
}

/** What is in one list and not in the other; rules of the same words count as often as they are there. */
function without(some: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return some.filter((one) => {
    const at = left.indexOf(one);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

/** Findings in a tunnel that is the environment's own: its rules are all the program's, and go back as a whole. */
export function ownTunnelFindings(config: TunnelConfig, state: StateResource): Finding[] {
  const { ingresses = [] } = (state.outputs?.config ?? {}) as { ingresses?: Rule[] };
  const words = (rules: readonly Rule[]) => rules.map((rule) => `${nameOf(rule)} to ${rule.service}`);
  const [is, was] = [words(config.ingress ?? []), words(ingresses)];
  const subject = `tunnel rules ${state.urn.split("::").at(-1)}`;
  return [
    ...without(is, was).map((rule) => `have ${rule}, which no state knows`),
    ...without(was, is).map((rule) => `lack ${rule}`),
  ].map((text): Finding => ({ subject, text, gravity: "safe" }));
}

/** Looks into the stack's tunnels; a stack without one costs nothing. */
export async function allTunnelFindings(place: Place, access: TunnelAccess): Promise<Finding[]> {
  const tunnels = new Map<string, StateResource[]>();
  for (const state of [...place.of("rule"), ...place.of("tunnelRules")]) {
    const id = output(state, "tunnelId");
    tunnels.set(id, [...(tunnels.get(id) ?? []), state]);
  }
  if (tunnels.size === 0) return [];
  const { readRules } = await import("./tunnel-reader.ts");
  const findings = await Promise.all(
    [...tunnels].map(async ([tunnelId, states]): Promise<Finding[]> => {
      const [first] = states;
      if (first === undefined) return [];
      const atLeast = Math.max(...states.map(({ outputs }) => Number(outputs?.version ?? 0)));
      const address = { accountId: output(first, "accountId"), tunnelId };
      const config = await readRules(await access.settings(first), address, atLeast);
      // Gone: that is the engine's finding.
      if (config === undefined) return [];
      const shared = states.filter((state) => place.of("rule").includes(state));
      const own = states.filter((state) => !shared.includes(state));
      return [
        ...(shared.length === 0 ? [] : sharedTunnelFindings(config, shared, access.elsewhere)),
        ...own.flatMap((state) => ownTunnelFindings(config, state)),
      ];
    }),
  );
  return findings.flat();
}
