// For tests of the guards, and for docs/guards.md: environments that reach into another one, or act where they may not.
import { add, type Edit, put } from "./testing.ts";
import { variableGuardCases } from "./variable-guard-cases.ts";

/** A pair of stack files that a guard must refuse. */
export interface GuardCase {
  /** Folder in `stacks/`. */
  system: string;
  /** The stack that is brought up. */
  stack: string;
  what: string;
  /** Changes of its file. */
  edits: Edit[];
  /** Changes of the other environment's file. @default none */
  others?: Edit[];
  /** Secrets that both files get: the stack's own, and the other environment's. */
  secrets?: [own: Record<string, string>, other: Record<string, string>];
  kind: string;
  key: string;
  reason: RegExp;
  /** The fixing command after `config `. */
  fix: string;
}

const TOKEN = "5f1d7c0a-a-token-that-only-one-may-have";
const ACCOUNT = `accountId: ${"a".repeat(32)}, zoneId: ${"b".repeat(32)}`;
const own = `{kind: own, ${ACCOUNT}, name: oracle}`;
const service = "service: 'http://192.168.120.12:3100'";
const shared = `{kind: shared, ${ACCOUNT}, tunnelId: 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed, ${service}}`;
/** Project and stack, as they begin the name of everything of production's. */
const PRODUCTION = "oracle_production_";

/** A case of The Oracle's staging: one line of its file. */
function oracle(
  what: string,
  line: string,
  kind: string,
  reason: RegExp,
  fix: string,
  more: Partial<GuardCase> = {},
): GuardCase {
  return { system: "oracle", ...oneLine("oracle", line, what, kind, reason, fix), ...more };
}

/** A case of Lugh's staging, or of another stack of it. */
function lugh(
  what: string,
  line: string,
  kind: string,
  reason: RegExp,
  fix: string,
  stack = "staging",
): GuardCase {
  return { system: "lugh", ...oneLine("lugh", line, what, kind, reason, fix, stack) };
}

function oneLine(
  system: string,
  line: string,
  what: string,
  kind: string,
  reason: RegExp,
  fix: string,
  stack = "staging",
): Omit<GuardCase, "system"> {
  const [, name = "", value = ""] = /^([\w:]+): (.*)$/s.exec(line) ?? [];
  const key = name.includes(":") ? name : `${system}:${name}`;
  return { stack, what, edits: [put(key, value)], kind, key, reason, fix: `${fix} --stack ${stack}` };
}

function policies(list: string, value: string): string {
  return `tandem:policies: {${list}: ["${value}"]}`;
}

const policy = (list: string) => ({ key: `tandem:policies.${list}[0]` });
const removal = (list: string) => `rm --path 'tandem:policies.${list}[0]'`;
const OTHER = "other-environment";
const PORT = "port-of-other-stack";
const SAME = "same-as-other-stack";

/** Every case; each stack file is as it is tracked but for the edits. */
export const guardCases: GuardCase[] = [
  // Databases, servers and ports of production.
  oracle(
    "its gateway on production's port",
    "hostPort: 3100",
    PORT,
    /hostPort of production/,
    "set oracle:hostPort 3101",
  ),
  oracle(
    "its gateway on the port of production's database",
    "hostPort: 15100",
    PORT,
    /postgresPort of production/,
    "set oracle:hostPort 15102",
  ),
  oracle(
    "its database on the port of production's",
    "postgresPort: 15100",
    PORT,
    /postgresPort of production/,
    "set oracle:postgresPort 15101",
  ),
  oracle(
    "a forward that ends at production's database",
    "postgresForwardPort: 15100",
    PORT,
    /postgresPort of production/,
    "set oracle:postgresForwardPort 15102",
    {
      edits: [
        put("oracle:postgresForwardPort", "15100"),
        put("oracle:dockerHost", "ssh://me@server.example.com"),
      ],
    },
  ),
  lugh(
    "production's database on the shared server",
    "database: prod_lugh",
    SAME,
    /database of production/,
    "set lugh:database staging_lugh",
  ),
  lugh(
    "production's keys on the shared Redis",
    'redisPrefix: "prod:"',
    SAME,
    /redisPrefix of production/,
    "set lugh:redisPrefix staging:",
  ),
  lugh(
    "production's volume path",
    "home: /.lugh-prod",
    SAME,
    /home of production/,
    "set lugh:home /.lugh-staging",
  ),
  lugh(
    "its gateway on production's port",
    "hostPort: 3000",
    PORT,
    /hostPort of production/,
    "set lugh:hostPort 3001",
  ),
  lugh(
    "its gateway on the port of the shared database server",
    "hostPort: 15200",
    PORT,
    /postgresPort of shared/,
    "set lugh:hostPort 15201",
  ),
  {
    system: "live-listen",
    stack: "staging",
    what: "production's managed database server",
    edits: [(source) => source.replace("host: db.staging.", "host: DB.")],
    kind: SAME,
    key: "live-listen:databaseServer",
    reason: /is db\.live-listen\.app:5432, which is the databaseServer of production/,
    fix: "set --path live-listen:databaseServer.host db.example.com --stack staging",
  },
  {
    system: "live-listen",
    stack: "staging",
    what: "the password of production's managed database server",
    edits: [],
    secrets: [{ databasePassword: TOKEN }, { databasePassword: TOKEN }],
    kind: SAME,
    key: "live-listen:databasePassword",
    reason: /same secret as in production/,
    fix: "set --secret live-listen:databasePassword --stack staging",
  },
  // Volumes and networks, by an exception from the policies.
  oracle(
    "an exception for production's volume",
    policies("foreign", `${PRODUCTION}pgdata`),
    OTHER,
    /belongs to production/,
    removal("foreign"),
    policy("foreign"),
  ),
  oracle(
    "an exception for production's network",
    policies("foreign", `${PRODUCTION}network`),
    OTHER,
    /belongs to production/,
    removal("foreign"),
    policy("foreign"),
  ),
  oracle(
    "production's names as its own",
    policies("names", PRODUCTION),
    OTHER,
    /belongs to production/,
    removal("names"),
    policy("names"),
  ),
  oracle(
    "production's port opened to the world",
    policies("publish", "0.0.0.0:3100"),
    OTHER,
    /a port of production/,
    removal("publish"),
    policy("publish"),
  ),
  oracle(
    "production's port opened to the world by UDP",
    policies("publish", "0.0.0.0:3100/udp"),
    OTHER,
    /a port of production/,
    removal("publish"),
    policy("publish"),
  ),
  // Hostnames and tunnels.
  oracle(
    "production's hostname",
    "hostname: theoracle.ingeniotech.co.uk",
    SAME,
    /hostname of production/,
    "set oracle:hostname oracle.example.com",
  ),
  {
    ...oracle(
      "staging's hostname",
      "hostname: staging-oracle.ingeniotech.co.uk",
      SAME,
      /hostname of staging/,
      "",
    ),
    stack: "production",
    fix: "set oracle:hostname oracle.example.com --stack production",
  },
  oracle(
    "another system's hostname",
    "hostname: lugh.localhost",
    "hostname-of-other-system",
    /hostname of lugh production/,
    "set oracle:hostname oracle.lugh.localhost",
  ),
  lugh(
    "production's hostname",
    "hostname: lugh.localhost",
    SAME,
    /hostname of production/,
    "set lugh:hostname lugh.example.com",
  ),
  oracle("production's tunnel", `tunnel: ${own}`, SAME, /tunnel of production/, "rm oracle:tunnel", {
    others: [put("oracle:tunnel", own)],
  }),
  oracle(
    "a rule of a shared tunnel that leads to production's gateway",
    `tunnel: ${shared}`,
    "other-gateway",
    /port 3100, and this environment's gateway listens on 3101/,
    "set --path oracle:tunnel.service http://192.168.120.12:3101",
    { key: "oracle:tunnel.service" },
  ),
  // Secrets.
  {
    system: "oracle",
    stack: "staging",
    what: "production's token",
    edits: [],
    secrets: [{ voipToken: TOKEN }, { voipToken: TOKEN }],
    kind: SAME,
    key: "oracle:voipToken",
    reason: /same secret as in production/,
    fix: "set --secret oracle:voipToken --stack staging",
  },
  {
    system: "oracle",
    stack: "staging",
    what: "production's token under another name",
    edits: [put("oracle:basicAuthUser", "team")],
    secrets: [{ basicAuthPassword: TOKEN }, { voipToken: TOKEN }],
    kind: SAME,
    key: "oracle:basicAuthPassword",
    reason: /same secret as voipToken in production/,
    fix: "set --secret oracle:basicAuthPassword --stack staging",
  },
  {
    system: "lugh",
    stack: "staging",
    what: "production's bot",
    edits: [],
    secrets: [{ telegramBotToken: TOKEN }, { telegramBotToken: TOKEN }],
    kind: SAME,
    key: "lugh:telegramBotToken",
    reason: /same secret as in production/,
    fix: "set --secret lugh:telegramBotToken --stack staging",
  },
  {
    system: "lugh",
    stack: "production",
    what: "staging's bot",
    edits: [],
    secrets: [{ telegramBotToken: TOKEN }, { telegramBotToken: TOKEN }],
    kind: SAME,
    key: "lugh:telegramBotToken",
    reason: /same secret as in staging/,
    fix: "set --secret lugh:telegramBotToken --stack production",
  },
  // Effects on the world, and experiments.
  oracle(
    "live calls beside production's",
    "voipSync: true",
    "exclusive",
    /true in production already/,
    "set oracle:voipSync false",
  ),
  oracle(
    "live calls while production makes none",
    "voipSync: true",
    "production-only",
    /only production may/,
    "set oracle:voipSync false",
    { others: [put("oracle:voipSync", "false")] },
  ),
  ...["agentPool", "redisMessaging", "simulationLayer"].map((flag) =>
    lugh(
      `the experiment ${flag}`,
      `${flag}: true`,
      "experimental",
      /only where tandem:experiments names it/,
      `set lugh:${flag} false`,
      "production",
    ),
  ),
  {
    ...lugh(
      "a word for an experiment that there isn't",
      "tandem:experiments: [agentPol]",
      "unknown-key",
      /did you mean agentPool/,
      "set --path 'tandem:experiments[0]' agentPool",
      "production",
    ),
    edits: [add("  tandem:experiments: [agentPol]")],
    key: "tandem:experiments[0]",
  },
  ...variableGuardCases,
];
