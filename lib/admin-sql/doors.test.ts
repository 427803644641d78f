// Refuses any other way to a session on a database server than the ones that are pinned: whoever adds one must come here.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const ROOMS = "{components,infra,lib,ops,plugin,policies,provider,setup,stacks,standins}";

/** What reaches a server: the client library, and Postgres' own tools. */
const WAYS: Readonly<Record<string, RegExp>> = {
  "client library":
    /\bimport \{[^}]*\} from "pg"|\bimport\("pg"\)|\brequire\("pg"\)|\bnew (?:pg\.)?(?:Client|Pool)\(|\bconnectPostgres\(/,
  psql: /["'`\s]psql(?=["'`\s])(?! of your own)/,
  "pg_dump or pg_restore": /\bpg_(?:dump|dumpall|restore|basebackup|rewind)\b/,
  "another tool": /["'`\s](?:dropdb|dropuser|vacuumdb|reindexdb|clusterdb|pgbench)["'`\s]/,
  "administrator's login": /--username[ =,"]+postgres\b|\bPGUSER=/,
};

/** Modules that may, each with why. */
const DOORS: Readonly<Record<string, { ways: (keyof typeof WAYS)[]; why: string }>> = {
  "provider/postgres/psql.ts": {
    ways: ["psql", "administrator's login"],
    why: "the door inside containers: pinned by PGOPTIONS",
  },
  "provider/postgres/restore-point.ts": {
    ways: ["pg_dump or pg_restore"],
    why: "dumps with the door's environment; pg_restore without a server",
  },
  "provider/postgres/restore-database.ts": {
    ways: ["pg_dump or pg_restore"],
    why: "lists a file, and restores as a login made for the run",
  },
  "lib/pg-client.ts": { ways: ["client library"], why: "the way over the network" },
  "provider/postgres/server.ts": {
    ways: ["client library"],
    why: "the door over the network: each session is pinned by options or, before all others, by statements",
  },
  "ops/inspect/verify/servers.ts": {
    ways: ["client library"],
    why: "an environment's own logins, no administrator's",
  },
  "ops/commands/psql.ts": {
    ways: ["psql"],
    why: "a person's session with an environment's own login, no administrator's",
  },
  "components/pg-init.ts": {
    ways: ["psql"],
    why: "a topology's own SQL as the database's owner, in a container of its own; no administrator's",
  },
  "ops/cli.ts": { ways: ["psql"], why: "names that command" },
  "standins/images/postgres/docker-entrypoint.sh": {
    ways: ["psql"],
    why: "in a data folder that it has just made, before any tenant",
  },
  "ops/deploy/seed/masked-copy.ts": {
    ways: ["pg_dump or pg_restore"],
    why: "on a server of the moment without a network, as a login that can do nothing else",
  },
  "ops/deploy/seed/scratch-database.ts": { ways: ["pg_dump or pg_restore"], why: "the same" },
  "ops/deploy/seed/scratch.ts": { ways: ["administrator's login"], why: "makes that server" },
};

/** The code of a file, without comments and without imports that reach nothing by themselves. */
function codeOf(path: string): string {
  const text = readFileSync(join(ROOT, path), "utf8");
  if (!path.endsWith(".ts")) return text.replaceAll(/^\s*#.*$/gm, "");
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/^import type .*$|^import \{[^}]*\} from "\.[^"]*";$/gm, "")
    .replaceAll(/\bthrow new \w+\([^;]*;/g, "");
}

const files = globSync(`${ROOMS}/**/*.{ts,sh,mjs,js}`, { cwd: ROOT })
  .filter((path) => !/\.test\.ts$|\/testing[/.-]|node_modules/.test(path))
  .sort();

/** Each way that a file takes. */
const found = files.flatMap((path) => {
  const code = codeOf(path);
  return Object.keys(WAYS).flatMap((way) => (WAYS[way]?.test(code) ? [`${path}: ${way}`] : []));
});

describe("a session on a database server", () => {
  it("is opened by the doors and by nothing else", () => {
    expect(files.length).toBeGreaterThan(300);
    const allowed = Object.entries(DOORS).flatMap(([path, { ways }]) => ways.map((way) => `${path}: ${way}`));
    expect(found.filter((one) => !allowed.includes(one))).toEqual([]);
  });

  it("is opened by every door that is named here", () => {
    const named = Object.keys(DOORS).filter((path) => !found.some((one) => one.startsWith(`${path}: `)));
    expect(named).toEqual([]);
  });
});
