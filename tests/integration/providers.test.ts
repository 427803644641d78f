// The random and postgresql providers on the real engine and a real server: a whole life of every resource.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EngineProject, requireEngine, type StateResource, TestEngine } from "../support/engine.ts";
import { ADMIN_PASSWORD, requirePostgresImage, TestPostgres } from "../support/postgres.ts";
import { APP_PASSWORD, declare, expectNoChange, shop, startProject } from "../support/shop.ts";

const engine = requireEngine();
const image = await requirePostgresImage();

describe(`providers on ${image}`, () => {
  let test: TestEngine;
  let server: TestPostgres;
  let project: EngineProject;

  beforeAll(async () => {
    test = await TestEngine.create(String(engine));
    server = await TestPostgres.start(String(image));
    project = await startProject(test, server, "shop", {}, ADMIN_PASSWORD);
  });

  afterAll(async () => {
    await server?.remove();
    test?.remove();
  });

  async function byName(name: string, showSecrets = false): Promise<StateResource> {
    const found = (await project.resources(showSecrets)).find(({ urn }) => urn.endsWith(`::${name}`));
    if (!found) throw new Error(`${name} is not in the state`);
    return found;
  }

  it("creates everything while the server still starts, and nothing is left to change", async () => {
    await declare(project, shop());
    await project.ok("up", "--yes", "--skip-preview");
    await expectNoChange(project);
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
    await expectNoChange(project);
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
  ])("finds and fixes hand-made changes, round %s", async (_round, drifts) => {
    for (const [, , sql, database = "postgres"] of drifts) await server.query(sql, { database });
    const found = await project.run("refresh", "--preview-only", "--expect-no-changes", "--diff");
    expect(found.exitCode, found.output).not.toBe(0);
    for (const [name, property] of drifts) {
      const part = found.output.split(`::${name}]`).at(1)?.split("[urn=")[0];
      expect(part, `${name} in ${found.output}`).toMatch(new RegExp(`[~+-] ${property}`));
    }
    await project.ok("up", "--yes", "--skip-preview", "--refresh");
    await expectNoChange(project);
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
    await expectNoChange(project);
  });

  it("updates in place, renames included", async () => {
    await declare(
      project,
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
    await expectNoChange(project);
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
      project,
      shop({
        tables: { objects: ["goods"], privileges: ["SELECT"] },
        scratch: { lcCollate: "C", lcCtype: "C" },
        password: { keepers: { v: "2" } },
      }),
    );
    const preview = await project.ok("preview", "--diff");
    expect(preview).toContain("3 to replace");
    await project.ok("up", "--yes", "--skip-preview");
    await expectNoChange(project);
    expect((await byName("tables")).id).toBe("shop_app_shop_shop_table_goods");
    const app = { user: "shop_app", password: APP_PASSWORD, database: "shop" };
    expect(await server.query("SELECT id FROM shop.goods", app)).toEqual([{ id: 1 }]);

    await declare(project, shop({ tables: { objects: ["nowhere"] } }));
    const failed = await project.run("up", "--yes", "--skip-preview");
    expect(failed.output).toContain("there is no table nowhere in shop.shop");
    await declare(project, shop({ tables: { objects: ["goods"] } }));
    await project.ok("up", "--yes", "--skip-preview");
    await expectNoChange(project);
  });

  it("destroys everything, with connections open and tables left behind", async () => {
    await server.query("CREATE DATABASE aside OWNER shop_team");
    const held = expect(server.query("SELECT pg_sleep(290)", { database: "shop" })).rejects.toThrow(
      /terminat/,
    );
    await project.ok("destroy", "--yes", "--skip-preview");
    await held;
    expect(await server.query("SELECT datname FROM pg_database WHERE datname = 'shop'")).toEqual([]);
    expect(await server.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'shop%'")).toEqual([]);
    const aside = "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = 'aside'";
    expect(await server.query(aside)).toEqual([{ owner: "postgres" }]);
  });
});
