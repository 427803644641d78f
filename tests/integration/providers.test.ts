// The random and postgresql providers on the real engine and a real server: a whole life of every resource.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EngineProject, findEngine, type StateResource, TestEngine } from "../support/engine.ts";
import { ADMIN_PASSWORD, findPostgresImage, TestPostgres } from "../support/postgres.ts";

const engine = findEngine();
const image = await findPostgresImage();
const APP_PASSWORD = "canary-app-51e0";

/** One resource of the program: type, arguments, and what it comes after. */
interface Declared {
  type: string;
  args: Record<string, unknown>;
  after?: string[];
}

/** A program that builds what its config declares. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import * as postgresql from "@pulumi/postgresql";
import * as random from "@pulumi/random";

const config = new pulumi.Config();
const settings = config.requireObject<postgresql.ProviderArgs>("server");
const provider = new postgresql.Provider("server", { ...settings, password: config.requireSecret("password") });
const made: Record<string, pulumi.Resource> = {};
for (const [name, { type, args, after = [] }] of Object.entries(config.requireObject<any>("resources")) as any) {
  const [pkg, kind] = type.split(".");
  const dependsOn = after.map((other: string) => made[other]);
  const secret = args.password === "app" ? { password: config.requireSecret("app") } : {};
  const Kind = ({ postgresql, random } as any)[pkg][kind];
  made[name] = new Kind(name, { ...args, ...secret }, pkg === "random" ? {} : { provider, dependsOn });
}
`;

/** Everything that the provider serves, in one small database. */
function shop(changes: Record<string, Record<string, unknown>> = {}): Record<string, Declared> {
  const at = (type: string, args: Record<string, unknown>, ...after: string[]): Declared => ({
    type: `postgresql.${type}`,
    args,
    after,
  });
  const inShop = { database: "shop" };
  const all: Record<string, Declared> = {
    team: at("Role", { name: "shop_team" }),
    // Who declares roles declares all of them: without it the membership below would show as a difference.
    owner: at("Role", { name: "shop_owner", roles: ["shop_team"] }, "team"),
    app: at("Role", {
      name: "shop_app",
      login: true,
      password: "app",
      connectionLimit: 20,
      statementTimeout: 30_000,
      idleInTransactionSessionTimeout: 60_000,
      searchPaths: ["shop", "public"],
      validUntil: "2035-01-01",
      roles: [],
    }),
    reader: at("Role", { name: "shop_reader", roles: ["shop_team"] }, "team"),
    db: at("Database", { name: "shop", owner: "shop_owner", connectionLimit: 50 }, "owner"),
    scratch: at("Database", { name: "scratch" }),
    closed: at("Grant", { ...inShop, role: "public", objectType: "database", privileges: [] }, "db"),
    connect: at(
      "Grant",
      { ...inShop, role: "shop_app", objectType: "database", privileges: ["CONNECT"] },
      "closed",
      "app",
    ),
    schema: at("Schema", { ...inShop, name: "shop", owner: "shop_owner", dropCascade: true }, "db"),
    vector: at("Extension", { ...inShop, name: "vector", schema: "public" }, "schema"),
    usage: at(
      "Grant",
      { ...inShop, role: "shop_app", schema: "shop", objectType: "schema", privileges: ["USAGE"] },
      "schema",
      "connect",
    ),
    tables: at(
      "Grant",
      { ...inShop, role: "shop_app", schema: "shop", objectType: "table", privileges: ["SELECT", "INSERT"] },
      "usage",
    ),
    later: at(
      "DefaultPrivileges",
      {
        ...inShop,
        role: "shop_app",
        owner: "shop_owner",
        schema: "shop",
        objectType: "table",
        privileges: ["SELECT", "INSERT"],
      },
      "usage",
    ),
    membership: at("GrantRole", { role: "shop_owner", grantRole: "shop_team" }, "team", "owner"),
    password: { type: "random.RandomPassword", args: { length: 20, keepers: { v: "1" } } },
  };
  for (const [name, args] of Object.entries(changes)) {
    const declared = all[name];
    if (!declared) throw new Error(`no resource ${name}`);
    declared.args = { ...declared.args, ...args };
  }
  return all;
}

describe.skipIf(!engine || !image)(`providers on ${image ?? "no Postgres image"}`, () => {
  let test: TestEngine;
  let server: TestPostgres;
  let project: EngineProject;

  beforeAll(async () => {
    test = await TestEngine.create(String(engine));
    server = await TestPostgres.start(String(image));
    project = await start("shop", { username: "postgres" }, ADMIN_PASSWORD);
  });

  afterAll(async () => {
    await server?.remove();
    test?.remove();
  });

  async function start(
    name: string,
    settings: Record<string, unknown>,
    password: string,
  ): Promise<EngineProject> {
    const made = await test.project(name, PROGRAM);
    const all = { host: "127.0.0.1", port: server.port, sslmode: "disable", connectTimeout: 60, ...settings };
    await made.config("server", JSON.stringify(all));
    await made.config("password", password, true);
    await made.config("app", APP_PASSWORD, true);
    return made;
  }

  const declare = (resources: Record<string, Declared>, to = project) =>
    to.config("resources", JSON.stringify(resources));

  async function byName(name: string, showSecrets = false): Promise<StateResource> {
    const found = (await project.resources(showSecrets)).find(({ urn }) => urn.endsWith(`::${name}`));
    if (!found) throw new Error(`${name} is not in the state`);
    return found;
  }

  async function expectNoChange(of = project): Promise<void> {
    await of.ok("preview", "--expect-no-changes", "--diff");
    await of.ok("refresh", "--preview-only", "--expect-no-changes", "--diff");
  }

  it("creates everything while the server still starts, and nothing is left to change", async () => {
    await declare(shop());
    await project.ok("up", "--yes", "--skip-preview");
    await expectNoChange();
  });

  it("has the official plugin's ids, and secrets as secrets", async () => {
    const ids = Object.fromEntries(
      (await project.resources()).map(({ urn, id }) => [urn.split("::").at(-1), id]),
    );
    expect(ids).toMatchObject({
      owner: "shop_owner",
      db: "shop",
      schema: "shop.shop",
      vector: "shop.vector",
      closed: "public_shop_database",
      tables: "shop_app_shop_shop_table",
      later: "shop_app_shop_shop_shop_owner_table",
      membership: "shop_owner_shop_team_false",
    });
    const text = JSON.stringify(await project.resources());
    for (const canary of [APP_PASSWORD, ADMIN_PASSWORD]) expect(text).not.toContain(canary);
    expect((await byName("app", true)).outputs?.password).toMatchObject({
      plaintext: JSON.stringify(APP_PASSWORD),
    });
  });

  it("did what it says", async () => {
    const app = { user: "shop_app", password: APP_PASSWORD, database: "shop" };
    expect(await server.query("SHOW statement_timeout", app)).toEqual([{ statement_timeout: "30s" }]);
    expect(await server.query("SHOW search_path", app)).toEqual([{ search_path: "shop, public" }]);
    await server.query("SET ROLE shop_owner; CREATE TABLE shop.goods (id int)", { database: "shop" });
    await server.query("INSERT INTO shop.goods VALUES (1)", app);
    await expect(server.query("DELETE FROM shop.goods", app)).rejects.toThrow("permission denied");
    await server.query("ALTER ROLE shop_reader LOGIN PASSWORD 'r'");
    const reader = { user: "shop_reader", password: "r", database: "shop" };
    await expect(server.query("SELECT 1", reader)).rejects.toThrow("permission denied for database");
    await server.query("ALTER ROLE shop_reader NOLOGIN");
    await expectNoChange();
  });

  it("never shows a password to the server's log", async () => {
    const log = await server.log();
    expect(log).toContain('CREATE ROLE "shop_app"');
    for (const canary of [APP_PASSWORD, ADMIN_PASSWORD]) expect(log).not.toContain(canary);
  });

  it.each<[round: string, drifts: [name: string, property: string, sql: string, database?: string][]]>([
    [
      "one",
      [
        ["app", "createDatabase", "ALTER ROLE shop_app CREATEDB"],
        ["app", "statementTimeout", "ALTER ROLE shop_app SET statement_timeout = '5min'"],
        ["reader", "roles", "REVOKE shop_team FROM shop_reader"],
        ["db", "connectionLimit", "ALTER DATABASE shop CONNECTION LIMIT 3"],
        ["closed", "privileges", "GRANT CONNECT ON DATABASE shop TO PUBLIC"],
        ["schema", "owner", "ALTER SCHEMA shop OWNER TO shop_team", "shop"],
        ["usage", "privileges", "GRANT CREATE ON SCHEMA shop TO shop_app", "shop"],
        ["tables", "privileges", "GRANT DELETE ON shop.goods TO shop_app", "shop"],
        [
          "later",
          "privileges",
          "ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT DELETE ON TABLES TO shop_app",
          "shop",
        ],
        ["vector", "schema", "CREATE SCHEMA elsewhere; ALTER EXTENSION vector SET SCHEMA elsewhere", "shop"],
      ],
    ],
    [
      "two",
      [
        ["app", "password", "ALTER ROLE shop_app PASSWORD 'other'"],
        ["app", "roles", "GRANT pg_read_all_data TO shop_app"],
        ["db", "owner", "ALTER DATABASE shop OWNER TO shop_team"],
        ["connect", "privileges", "GRANT CREATE ON DATABASE shop TO shop_app"],
        ["tables", "privileges", "CREATE TABLE shop.bare (id int)", "shop"],
        ["usage", "withGrantOption", "GRANT USAGE ON SCHEMA shop TO shop_app WITH GRANT OPTION", "shop"],
      ],
    ],
  ])("finds and mends hand-made changes, round %s", async (_round, drifts) => {
    for (const [, , sql, database = "postgres"] of drifts) await server.query(sql, { database });
    const found = await project.run("refresh", "--preview-only", "--expect-no-changes", "--diff");
    expect(found.exitCode, found.output).not.toBe(0);
    for (const [name, property] of drifts) {
      const part = found.output.split(`::${name}]`).at(1)?.split("[urn=")[0];
      expect(part, `${name} in ${found.output}`).toMatch(new RegExp(`[~+-] ${property}`));
    }
    await project.ok("up", "--yes", "--skip-preview", "--refresh");
    await expectNoChange();
  });

  it("finds and makes again what was taken away", async () => {
    await server.query("REVOKE shop_team FROM shop_owner");
    await server.query("DROP EXTENSION vector", { database: "shop" });
    const defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop";
    await server.query(`${defaults} REVOKE ALL ON TABLES FROM shop_app`, { database: "shop" });
    const found = await project.run("refresh", "--preview-only", "--expect-no-changes");
    expect(found.exitCode, found.output).not.toBe(0);
    for (const name of ["membership", "vector", "later"]) {
      expect(found.output).toMatch(new RegExp(`-  ?postgresql:index:\\w+ ${name} `));
    }
    await project.ok("up", "--yes", "--skip-preview", "--refresh");
    await expectNoChange();
  });

  it("updates in place, renames included", async () => {
    await declare(
      shop({
        app: {
          connectionLimit: 5,
          searchPaths: [],
          statementTimeout: 0,
          login: true,
          validUntil: "infinity",
        },
        reader: { name: "shop_viewer", roles: [] },
        db: { connectionLimit: -1, owner: "shop_team" },
        schema: { owner: "shop_team" },
        tables: { privileges: ["SELECT"] },
        later: { privileges: ["ALL"] },
      }),
    );
    const preview = await project.ok("preview", "--diff");
    expect(preview).toContain("6 to update");
    expect(preview).not.toContain("to replace");
    await project.ok("up", "--yes", "--skip-preview");
    await expectNoChange();
    const rows = await server.query(
      "SELECT rolconnlimit, rolconfig, rolvaliduntil FROM pg_roles WHERE rolname = 'shop_app'",
    );
    expect(rows).toEqual([
      {
        rolconnlimit: 5,
        rolconfig: ["idle_in_transaction_session_timeout=60000"],
        rolvaliduntil: Number.POSITIVE_INFINITY,
      },
    ]);
    // The engine learns of the new id when it reads next.
    await project.ok("refresh", "--yes", "--skip-preview");
    expect((await byName("reader")).id).toBe("shop_viewer");
    const granted = await server.query<{ acl: string }>(
      "SELECT array_to_string(relacl, ' ') AS acl FROM pg_class WHERE relname = 'goods'",
      { database: "shop" },
    );
    expect(granted[0]?.acl).toContain("shop_app=r/");
  });

  it("replaces where the official plugin does, the old one first", async () => {
    await declare(
      shop({
        tables: { objects: ["goods"], privileges: ["SELECT"] },
        scratch: { lcCollate: "C", lcCtype: "C" },
        password: { keepers: { v: "2" } },
      }),
    );
    const preview = await project.ok("preview", "--diff");
    expect(preview).toContain("3 to replace");
    await project.ok("up", "--yes", "--skip-preview");
    await expectNoChange();
    expect((await byName("tables")).id).toBe("shop_app_shop_shop_table_goods");
    const app = { user: "shop_app", password: APP_PASSWORD, database: "shop" };
    expect(await server.query("SELECT id FROM shop.goods", app)).toEqual([{ id: 1 }]);

    await declare(shop({ tables: { objects: ["nowhere"] } }));
    const failed = await project.run("up", "--yes", "--skip-preview");
    expect(failed.output).toContain("there is no table nowhere in shop.shop");
    await declare(shop({ tables: { objects: ["goods"] } }));
    await project.ok("up", "--yes", "--skip-preview");
    await expectNoChange();
  });

  it("imports what is there, and finds nothing to change", async () => {
    const other = await start("imports", {}, ADMIN_PASSWORD);
    await declare({}, other);
    await other.ok("up", "--yes", "--skip-preview");
    const wanted = {
      database: ["db", "shop"],
      role: ["team", "shop_team"],
      extension: ["vector", "shop.vector"],
      schema: ["schema", "shop.shop"],
    };
    const provider = (await other.resources()).find(({ type }) => type === "pulumi:providers:postgresql");
    for (const [kind, [name, id]] of Object.entries(wanted)) {
      const type = `postgresql:index/${kind}:${kind[0]?.toUpperCase()}${kind.slice(1)}`;
      const options = [
        "--generate-code=false",
        "--protect=false",
        "--yes",
        "--skip-preview",
        "--provider",
        `server=${provider?.urn}`,
      ];
      await other.ok("import", type, String(name), String(id), ...options);
    }
    const { db, team, vector, schema } = shop();
    const resources = { team, db, vector, schema } as Record<string, Declared>;
    for (const declared of Object.values(resources)) declared.after = [];
    await declare(resources, other);
    const preview = await other.run("preview", "--diff");
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).not.toMatch(/to (create|replace|delete)/);
    const grant = await other.run(
      "import",
      "postgresql:index/grant:Grant",
      "g",
      "x",
      "--generate-code=false",
      "--yes",
      "--provider",
      `server=${provider?.urn}`,
    );
    expect(grant.exitCode).not.toBe(0);
    expect(grant.output).toContain("can't be imported");
  });

  it("serves an administrator who is no superuser", async () => {
    await server.query("CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD 'canary-manager'");
    const managed = await start("managed", { username: "manager", superuser: false }, "canary-manager");
    // pgvector is not marked as trusted, so that only a superuser may add it.
    const resources = shop({ vector: { name: "pg_trgm" } });
    const renamed = JSON.parse(
      JSON.stringify(resources).replaceAll("shop", "depot").replaceAll("scratch", "spare"),
    ) as typeof resources;
    await declare(renamed, managed);
    await managed.ok("up", "--yes", "--skip-preview");
    await expectNoChange(managed);
    const app = { user: "depot_app", password: APP_PASSWORD, database: "depot" };
    await server.query("SET ROLE depot_owner; CREATE TABLE depot.goods (id int)", { database: "depot" });
    expect(await server.query("SELECT count(*)::int FROM depot.goods", app)).toEqual([{ count: 0 }]);
    const memberOf = "SELECT 1 FROM pg_auth_members WHERE member = 'manager'::regrole AND set_option";
    expect(await server.query(memberOf)).toEqual([]);
    await managed.ok("destroy", "--yes", "--skip-preview");
    expect(await server.query("SELECT datname FROM pg_database WHERE datname = 'depot'")).toEqual([]);
    expect(await server.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'depot%'")).toEqual([]);
  });

  it("refuses at preview what it doesn't serve and what is wrong", async () => {
    const wrong = await start("wrong", {}, ADMIN_PASSWORD);
    const grant = { role: "r", database: "d", schema: "s", objectType: "table", privileges: ["EAT"] };
    const cases: [type: string, args: Record<string, unknown>, problem: string][] = [
      [
        "Function",
        { name: "f", body: "x" },
        '"postgresql:index/function:Function" is served by the official',
      ],
      ["Role", { name: "pg_mine" }, 'Postgres keeps "pg_mine" for itself'],
      ["Database", { name: "x".repeat(64) }, "has 64 bytes"],
      ["Grant", grant, "a table has only SELECT"],
    ];
    for (const [type, args, problem] of cases) {
      await declare({ wrong: { type: `postgresql.${type}`, args } }, wrong);
      const { exitCode, output } = await wrong.run("preview");
      expect(exitCode).not.toBe(0);
      expect(output).toContain(problem);
    }
  });

  it("says where it could not connect, after the time it was given", async () => {
    const silent = await start("silent", { port: 9, connectTimeout: 1 }, ADMIN_PASSWORD);
    await declare({ a: { type: "postgresql.Role", args: { name: "a" } } }, silent);
    const { exitCode, output, seconds } = await silent.run("up", "--yes", "--skip-preview");
    expect(exitCode).not.toBe(0);
    expect(output).toContain("Postgres at 127.0.0.1:9 did not answer within 1 s");
    expect(seconds).toBeLessThan(15);

    const stranger = await start("stranger", {}, "canary-wrong-password");
    await declare({ a: { type: "postgresql.Role", args: { name: "a" } } }, stranger);
    const refused = await stranger.run("up", "--yes", "--skip-preview");
    expect(refused.output).toContain('refused the login "postgres"');
    expect(refused.output).not.toContain("canary-wrong-password");
  });

  it("destroys everything, with connections open and tables left behind", async () => {
    await server.query("CREATE DATABASE aside OWNER shop_team");
    await project.ok("destroy", "--yes", "--skip-preview");
    expect(await server.query("SELECT datname FROM pg_database WHERE datname = 'shop'")).toEqual([]);
    expect(await server.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'shop%'")).toEqual([]);
    const aside = "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = 'aside'";
    expect(await server.query(aside)).toEqual([{ owner: "postgres" }]);
  });
});
