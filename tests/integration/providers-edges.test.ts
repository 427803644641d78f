// The postgresql provider at its edges: imports, a login that is no superuser, refusals, servers out of reach.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireEngine, TestEngine } from "../support/engine.ts";
import { ADMIN_PASSWORD, requirePostgresImage, TestPostgres } from "../support/postgres.ts";
import { APP_PASSWORD, declare, expectNoChange, shop, startProject } from "../support/shop.ts";

const engine = requireEngine();
const image = await requirePostgresImage();

describe(`the postgresql provider's edges on ${image}`, () => {
  let test: TestEngine;
  let server: TestPostgres;

  beforeAll(async () => {
    test = await TestEngine.create(String(engine));
    server = await TestPostgres.start(String(image));
    await server.ready();
  });

  afterAll(async () => {
    await server?.remove();
    test?.remove();
  });

  it("takes what it imports for what the program declares", async () => {
    await server.query("CREATE ROLE shop_team");
    await server.query("CREATE ROLE shop_owner");
    await server.query("CREATE DATABASE shop OWNER shop_owner TEMPLATE template0 CONNECTION LIMIT 50");
    await server.query("CREATE SCHEMA shop AUTHORIZATION shop_owner; CREATE EXTENSION vector", {
      database: "shop",
    });
    const other = await startProject(test, server, "imports", {}, ADMIN_PASSWORD);
    await declare(other, {});
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
    const declared = Object.entries(shop()).filter(([name]) =>
      Object.values(wanted).some(([own]) => own === name),
    );
    const resources = Object.fromEntries(declared.map(([name, { type, args }]) => [name, { type, args }]));
    await declare(other, resources);
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
    const managed = await startProject(
      test,
      server,
      "managed",
      { username: "manager", superuser: false },
      "canary-manager",
    );
    // pgvector is not marked as trusted, so that only a superuser may add it.
    const resources = shop({ vector: { name: "pg_trgm" } });
    const renamed = JSON.parse(
      JSON.stringify(resources).replaceAll("shop", "depot").replaceAll("scratch", "spare"),
    ) as typeof resources;
    await declare(managed, renamed);
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
    const wrong = await startProject(test, server, "wrong", {}, ADMIN_PASSWORD);
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
      await declare(wrong, { wrong: { type: `postgresql.${type}`, args } });
      const { exitCode, output } = await wrong.run("preview");
      expect(exitCode).not.toBe(0);
      expect(output).toContain(problem);
    }
  });

  it("says where it could not connect, after the time it was given", async () => {
    const silent = await startProject(test, server, "silent", { port: 9, connectTimeout: 1 }, ADMIN_PASSWORD);
    await declare(silent, { a: { type: "postgresql.Role", args: { name: "a" } } });
    const { exitCode, output, seconds } = await silent.run("up", "--yes", "--skip-preview");
    expect(exitCode).not.toBe(0);
    expect(output).toContain("Postgres at 127.0.0.1:9 did not answer within 1 s");

    const stranger = await startProject(test, server, "stranger", {}, "canary-wrong-password");
    await declare(stranger, { a: { type: "postgresql.Role", args: { name: "a" } } });
    const refused = await stranger.run("up", "--yes", "--skip-preview");
    expect(refused.output).toContain('refused the login "postgres"');
    // It starts the same way, and waits for nothing.
    expect(seconds - refused.seconds).toBeLessThan(8);
    expect(refused.output).not.toContain("canary-wrong-password");
  });
});
