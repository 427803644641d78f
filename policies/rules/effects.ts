// Effects: staging never acts on the world, production never runs an experiment.
import { type Facts, type ResourceRule, text, texts, types } from "../rule.ts";

/** Variables that let an app call customers, send mail, take money: true in production only. */
const LIVE =
  /^(VOIP_SYNC|VOIP_LIVE|SMS_SEND|SMS_LIVE|EMAIL_SEND|MAIL_SEND|PAYMENTS?_LIVE|WEBHOOKS?_LIVE)(_ENABLED)?$/;
const EXPERIMENTAL = /(^|_)(EXPERIMENTAL|UNSAFE|EXPERIMENT)(_|$)/;
const CHATTY = ["debug", "trace"];
const PASSWORD_IN_URL = /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:[^\s@/]+@/i;
const PASSWORD_OPTION = /^(--?(requirepass|password|passwd|token|secret|api-?key))(=.+)?$/i;

const isTrue = (value: string) => /^(1|true|yes|on|enabled)$/i.test(value);

/** Environment variables as far as they are known, by name. */
function variables(type: string, facts: Facts): Map<string, string> {
  if (type === types.migration) {
    const given =
      typeof facts.environment === "object" && facts.environment !== null ? facts.environment : {};
    return new Map(
      Object.entries(given).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
    );
  }
  return new Map(
    texts(facts.envs).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

const APPS = [types.container, types.migration];

export const effects: readonly ResourceRule[] = [
  {
    name: "live-effects",
    group: "effects",
    title: "Only production acts on the world: calls, messages, payments.",
    reason:
      "Staging runs on copies of real data: with the flag on it would call real customers a second time.",
    fix: "switch the flag off in this stack; flags of your own are named under tandem:policies.liveEffects",
    level: "mandatory",
    types: APPS,
    check({ type, facts }, { settings }) {
      if (settings.production) return [];
      return [...variables(type, facts)]
        .filter(([name, value]) => (LIVE.test(name) || settings.liveEffects.includes(name)) && isTrue(value))
        .map(([name]) => `sets ${name}`);
    },
  },
  {
    name: "experiments",
    group: "effects",
    title: "Production runs no experimental or unsafe switch.",
    reason: "What is called experimental is tried in the environment that is there for it.",
    fix: "switch it off in this stack, or set the policy's level for the time of the trial",
    level: "mandatory",
    types: APPS,
    check({ type, facts }, { settings }) {
      if (!settings.production) return [];
      return [...variables(type, facts)]
        .filter(([name, value]) => EXPERIMENTAL.test(name) && isTrue(value))
        .map(([name]) => `sets ${name}`);
    },
  },
  {
    name: "debug-in-production",
    group: "effects",
    title: "Production doesn't log in debug detail.",
    reason: "Debug logs hold what customers typed, and fill disks.",
    fix: "set the log level to info",
    level: "advisory",
    types: APPS,
    check({ type, facts }, { settings }) {
      const level = variables(type, facts).get("LOG_LEVEL")?.toLowerCase() ?? "";
      return settings.production && CHATTY.includes(level) ? [`logs at level ${level}`] : [];
    },
  },
  {
    name: "not-indexed",
    group: "effects",
    title: "Search engines are kept away from everything but production.",
    reason: "A staging page in a search result takes customers to test data.",
    fix: "set noindex, or a user and password in front of it",
    level: "advisory",
    types: [types.route],
    check: ({ facts }, { settings }) =>
      settings.production || facts.noindex === true || text(facts.basicAuthUser) !== undefined
        ? []
        : ["is open to search engines"],
  },
  {
    name: "no-secret-arguments",
    group: "effects",
    title: "No password stands in a command line.",
    reason: "Arguments are seen by every process list and by `docker inspect`, and end in logs.",
    fix: "hand it over as a file (secretsAs: files) or a variable",
    level: "mandatory",
    types: APPS,
    check: ({ facts }) =>
      texts(facts.command).some((part) => PASSWORD_IN_URL.test(part) || PASSWORD_OPTION.test(part))
        ? ["has a password among its arguments"]
        : [],
  },
];
