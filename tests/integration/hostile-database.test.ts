// The postgresql provider, as a superuser, on a server whose databases' owners want to become one.
import { globSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SERVER_ROLES } from "../../policies/rules/databases.ts";
import { PgServer } from "../../provider/postgres/server.ts";
import { readSettings } from "../../provider/postgres/settings.ts";
import { database } from "../../standins/providers/postgresql/database.ts";
import { defaultPrivileges } from "../../standins/providers/postgresql/default-privileges.ts";
import { extension } from "../../standins/providers/postgresql/extension.ts";
import { grant } from "../../standins/providers/postgresql/grant.ts";
import { role } from "../../standins/providers/postgresql/role.ts";
import { schema } from "../../standins/providers/postgresql/schema.ts";
import { COUNT_TRAPS, trapStatements } from "../support/catalog-traps.ts";
import { ADMIN_PASSWORD, requirePostgresImage, TestPostgres } from "../support/postgres.ts";

const image = await requirePostgresImage();
const OWNER = { user: "shop_owner", password: "canary-owner-2e91", database: "shop" };

/** Every function that the provider's statements could mean. */
function functionNames(): string[] {
  const root = new URL("../../", import.meta.url).pathname;
  const sources = "{standins/providers/postgresql,provider/postgres}/*.ts";
  const files = globSync(sources, { cwd: root }).map((file) => readFileSync(root + file, "utf8"));
  return [
    ...new Set(files.flatMap((text) => [...text.matchAll(/\b([a-z_]+)\(/g)].map(([, name]) => String(name)))),
  ];
}

describe(`hostile databases on ${image}`, () => {
  let server: TestPostgres;
  let provider: PgServer;

  const connect = (password = ADMIN_PASSWORD) =>
    new PgServer(
      readSettings(
        { host: "127.0.0.1", port: String(server.port), password, sslmode: "disable", connectTimeout: "5" },
        {},
      ),
    );
  const superusers = () =>
    server.query("SELECT rolname FROM pg_roles WHERE rolsuper AND rolname <> 'postgres'");

  beforeAll(async () => {
    server = await TestPostgres.start(String(image));
    await server.ready();
    provider = connect();
    for (const name of ["shop_owner", "shop_app", "shop_gone"]) {
      await server.query(`CREATE ROLE ${name} LOGIN PASSWORD '${OWNER.password}'`);
    }
    await server.query("CREATE DATABASE shop OWNER shop_owner");
    await server.query(
      "CREATE SCHEMA goods; CREATE TABLE goods.item (id int); CREATE FUNCTION goods.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      OWNER,
    );
  });
  afterAll(() => server?.remove());

  it("make nobody a superuser, whatever they put in the catalog's place", async () => {
    await server.query(trapStatements(OWNER.user, "shop", functionNames()), OWNER);
    const [laid] = await server.query<Record<string, number>>(COUNT_TRAPS, OWNER);
    expect(laid?.relations).toBeGreaterThan(100);
    expect(laid?.functions).toBeGreaterThan(15);
    expect(laid?.operators).toBeGreaterThan(30);
    const place = { role: "shop_app", database: "shop", schema: "goods", withGrantOption: false };
    const granted = [
      { ...place, objectType: "table", objects: [], privileges: ["SELECT"] },
      { ...place, objectType: "function", objects: ["f(integer)"], privileges: ["EXECUTE"] },
      { ...place, objectType: "schema", objects: [], privileges: ["USAGE"] },
      { ...place, objectType: "column", objects: ["item"], columns: ["id"], privileges: ["UPDATE"] },
    ];
    for (const properties of granted) {
      await grant.create(provider, properties);
      expect(await grant.read(provider, properties)).toMatchObject({ privileges: properties.privileges });
    }
    const later = { ...place, owner: OWNER.user, objectType: "table", privileges: ["SELECT"] };
    await defaultPrivileges.create(provider, later);
    expect(await defaultPrivileges.read(provider, later)).toMatchObject({ privileges: ["SELECT"] });
    const made = {
      name: "made",
      database: "shop",
      owner: OWNER.user,
      policies: [{ role: "shop_app", usage: true }],
    };
    await schema.create(provider, made);
    expect(await schema.read(provider, made)).toMatchObject({ owner: OWNER.user });
    await schema.delete(provider, made);
    // As without a schema in its arguments: where everybody's extensions go.
    await extension.create(provider, { name: "vector", database: "shop" });
    expect(await extension.read(provider, { name: "vector", database: "shop" })).toMatchObject({
      schema: "public",
    });
    for (const properties of granted) await grant.delete(provider, properties);
    await defaultPrivileges.delete(provider, later);
    await extension.delete(provider, { name: "vector", database: "shop" });
    expect(await superusers()).toEqual([]);
    await server.query("ALTER DATABASE shop RESET ALL; DROP SCHEMA trap CASCADE", { database: "shop" });
  });

  it("may be given none of Postgres' own roles: the policy knows all of this version's but the one of a database's owner", async () => {
    const roles = await server.query<{ rolname: string }>(
      "SELECT rolname FROM pg_roles WHERE rolname ~ '^pg_' AND rolname <> 'pg_database_owner'",
    );
    expect(roles.length).toBeGreaterThan(5);
    expect(roles.map(({ rolname }) => rolname).filter((name) => !SERVER_ROLES.includes(name))).toEqual([]);
  });

  it("get a removed role's functions; an administrator gets none, neither of its databases nor of those of others", async () => {
    const owned = "SELECT pg_get_userbyid(proowner) AS owner FROM pg_proc WHERE proname = 'take'";
    const take = "CREATE FUNCTION public.take() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'SELECT'";
    const gone = { name: "shop_gone" };
    await server.query(
      `SET ROLE postgres; GRANT CREATE ON SCHEMA public TO shop_gone; SET ROLE shop_gone; ${take}`,
      { database: "shop" },
    );
    await server.query("CREATE DATABASE attic OWNER shop_gone");
    await server.query(`SET ROLE shop_gone; ${take}; CREATE SCHEMA spare`, { database: "attic" });
    await server.query(
      "GRANT CREATE ON SCHEMA public TO shop_gone; SET ROLE shop_gone; CREATE VIEW v AS SELECT 1 AS one",
    );

    await expect(role.delete(provider, gone)).rejects.toThrow(
      /owns function public.take\(\) in the database attic/,
    );
    expect(await server.query(owned, { database: "attic" })).toEqual([{ owner: "shop_gone" }]);
    expect(await server.query(owned, { database: "shop" })).toEqual([{ owner: "shop_gone" }]);
    await server.query("DROP FUNCTION public.take()", { database: "attic" });

    await expect(role.delete(provider, gone)).rejects.toThrow(/owns view public.v in the database postgres/);
    await server.query("DROP VIEW v");
    await role.delete(provider, gone);
    expect(await server.query(owned, { database: "shop" })).toEqual([{ owner: "shop_owner" }]);
    const places =
      "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'spare' UNION ALL SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'attic'";
    expect(await server.query(places, { database: "attic" })).toEqual([
      { owner: "postgres" },
      { owner: "postgres" },
    ]);
    expect(await server.query("SELECT FROM pg_roles WHERE rolname = 'shop_gone'")).toEqual([]);
    await database.delete(provider, { name: "attic" });
  });

  it("don't matter to the password, which goes only to a server that proves that it knows it", async () => {
    const rule = (method: string) =>
      server
        .run(
          ["sh", "-c", "cat > /var/lib/postgresql/data/pg_hba.conf"],
          `local all all trust\nhost all all all ${method}\n`,
        )
        .then(() => server.run(["psql", "-U", "postgres", "-c", "SELECT pg_reload_conf()"]))
        .then(() => new Promise((resolve) => setTimeout(resolve, 200)));
    const ask = (password?: string) => connect(password).facts();
    for (const [method, answer] of [
      ["password", /asked for the password in clear/],
      ["trust", /let us in without a proof/],
    ] as const) {
      await rule(method);
      await expect(ask()).rejects.toThrow(answer);
    }
    await server.run([
      "psql",
      "-U",
      "postgres",
      "-c",
      `SET password_encryption = md5; ALTER ROLE postgres PASSWORD '${ADMIN_PASSWORD}'`,
    ]);
    await rule("md5");
    await expect(ask()).rejects.toThrow(/asked for an MD5 hash.*scram-sha-256/);
    await server.run(["psql", "-U", "postgres", "-c", `ALTER ROLE postgres PASSWORD '${ADMIN_PASSWORD}'`]);
    await rule("scram-sha-256");
    expect(await ask()).toMatchObject({ user: "postgres", isSuperuser: true });
    await expect(ask("canary-wrong")).rejects.toThrow(/refused the login/);
  });
});
