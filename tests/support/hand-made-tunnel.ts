// Changes made by hand on the rules of a tunnel that an environment uses, as somebody makes them in Cloudflare's dashboard.
import { rulesOf, writeConfiguration } from "./cloudflare-emulator/tunnels.ts";
import type { Rule } from "./cloudflare-emulator/types.ts";
import type { World } from "./cloudflare-emulator/world.ts";
import type { HandMade } from "./hand-made.ts";

/** An environment's own rule in a tunnel. */
export interface TunnelSite {
  world: World;
  tunnel: string;
  hostname: string;
  service: string;
}

function edit({ world, tunnel }: TunnelSite, change: (rules: Rule[]) => Rule[]): Promise<void> {
  const now = world.configurations.read(tunnel);
  writeConfiguration(world, tunnel, {
    ...now?.config,
    ingress: change(now === undefined ? [] : rulesOf(now)),
  });
  return Promise.resolve();
}

/** Rules and options that no program knows: an update leaves them, so each is undone by hand. */
export function strangeRules(site: TunnelSite): HandMade[] {
  const { hostname, service } = site;
  const added = (name: string, subject: string, text: RegExp, rule: Rule): HandMade => ({
    ...{ name, subject, text, gravity: "person" },
    make: () => edit(site, (rules) => [rule, ...rules]),
    undo: () =>
      edit(site, (rules) => rules.filter((one) => one.hostname !== rule.hostname || one.path !== rule.path)),
  });
  const debug = `debug.${hostname}`;
  const own = (change: (rule: Rule) => Rule) =>
    edit(site, (rules) =>
      rules.map((rule) => (rule.hostname === hostname && !rule.path ? change(rule) : rule)),
    );
  return [
    added("a rule that sends another hostname here", `tunnel rule ${debug}`, /sends to this environment/, {
      hostname: debug,
      service: `${service}/`,
    }),
    added("a rule for a part of its hostname", `tunnel rule ${hostname}, path /admin`, /carries .*hostname/, {
      hostname,
      path: "/admin",
      service: "http://192.0.2.9:80",
    }),
    {
      name: "an option of its own rule",
      subject: `tunnel rule ${hostname}`,
      text: /was given originRequest by hand/,
      gravity: "person",
      make: () => own((rule) => ({ ...rule, originRequest: { httpHostHeader: "other.example.com" } })),
      undo: () => own(({ originRequest: _, ...rule }) => rule),
    },
  ];
}

/** Ways to change an environment's own rule; the next update puts it back. */
export function changedRule(site: TunnelSite): Record<"sent" | "taken" | "removed", HandMade> {
  const { hostname } = site;
  const subject = `tunnel rule ${hostname}`;
  const isOwn = (rule: Rule) => rule.hostname === hostname;
  const change = (name: string, text: RegExp, make: (rules: Rule[]) => Rule[]): HandMade => {
    return { name, subject, text, gravity: "safe", make: () => edit(site, make) };
  };
  return {
    sent: change("its own rule sent elsewhere", /sends to http:\/\/192\.0\.2\.66:80 instead of/, (rules) =>
      rules.map((rule) => (isOwn(rule) ? { ...rule, service: "http://192.0.2.66:80" } : rule)),
    ),
    taken: change("its own rule behind a wildcard", /stands behind the rule \*\.example\.com/, (rules) => [
      ...rules.filter((rule) => !isOwn(rule)).slice(0, -1),
      ...rules.filter(isOwn),
      ...rules.slice(-1),
    ]),
    removed: change("its own rule removed", /is gone/, (rules) => rules.filter((rule) => !isOwn(rule))),
  };
}
