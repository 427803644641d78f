// The administrator's SQL in a database whose owner planted traps of every kind: before each thing that Tandem does there.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contentQuery, serverQuery } from "../../ops/inspect/drift/database-facts.ts";
import { environmentAdmin } from "../../provider/postgres/environment-admin.ts";
import { extension } from "../../provider/postgres/extension.ts";
import { keptSetAside, keptTakeBack } from "../../provider/postgres/kept-database.ts";
import { psql } from "../../provider/postgres/psql.ts";
import { READER, readColumn } from "../../provider/postgres/reader.ts";
import { restoreTo } from "../../provider/postgres/restore-database.ts";
import { makeRestorePoint } from "../../provider/postgres/restore-point.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { dockerCli, dockerOk } from "../support/docker-cli.ts";
import { context } from "../support/handlers.ts";
import { startPeerPostgres } from "../support/peer-postgres.ts";
import { sqlIn } from "../support/sql.ts";
import { trapsOf } from "../support/sql-traps.ts";

const run = uniqueName("tandem-test-");
const label = `tandem.test=${run}`;
const server = `${run}-pg`;
const database = { containerId: server, name: "shop" };
const sql = (text: string, name?: string) => sqlIn(server, text, name);
const at = { containerId: server, database: "shop", schema: "public", table: "pgmigrations", column: "name" };

/** A database as Tandem makes one, of an owner who planted what can be planted. */
async function hostileDatabase(): Promise<void> {
  await sql(
    "CREATE ROLE shop_owner LOGIN; CREATE ROLE shop_app LOGIN; CREATE ROLE shop_readonly LOGIN;" +
      "CREATE TABLE IF NOT EXISTS public.secret (token text); INSERT INTO public.secret VALUES ('canary');",
  );
  await sql("CREATE DATABASE shop OWNER shop_owner TEMPLATE template0;");
  await sql(
    "REVOKE ALL ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO shop_app, shop_readonly;",
  );
  await sql(trapsOf("shop_owner"), "shop");
  // Any login may store any text for itself.
  const text = "x'; ALTER ROLE shop_owner SUPERUSER; --\n\\! touch /tmp/canary\n";
  await sql(
    `SET ROLE shop_readonly; ALTER ROLE shop_readonly IN DATABASE shop SET search_path TO ${quoted(text)};`,
  );
}

/** Plants something more; what its traps wrote down meanwhile doesn't count. */
async function plant(text: string): Promise<void> {
  await sql(text, "shop");
  await psql(docker, server, "DELETE FROM public.canary;", { database: "shop" });
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Who is a superuser, and what the traps wrote down of anybody with more rights than the owner. */
async function harm(): Promise<string> {
  const ran = await dockerOk([
    ...["exec", "-e", "PGOPTIONS=-c search_path=pg_catalog -c role=none", server],
    ...["psql", "-qXAt", "-d", "shop", "-c"],
    "SELECT (SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolsuper), string_agg(DISTINCT session_login || ' at ' || at, ', ') " +
      "FROM public.canary WHERE session_login = 'postgres';",
  ]);
  const { code } = await dockerCli(["exec", server, "test", "-e", "/tmp/canary"]);
  return `${ran.trim()}|${code}`;
}
const NONE = "postgres||1";

beforeAll(async () => {
  await startPeerPostgres(server, label);
  await hostileDatabase();
});

afterAll(async () => {
  try {
    expect(await harm()).toBe(NONE);
  } finally {
    await removeLabelled(label);
  }
});

describe("a hostile owner's traps", () => {
  it("do harm in an ordinary session: they are real", async () => {
    const ordinary = ["exec", "-e", "PGOPTIONS=-c role=none", server, "psql", "-qXAt", "-d", "shop", "-c"];
    await dockerCli([...ordinary, "SELECT count(*) FROM pg_class WHERE relkind = 'r'"]);
    expect(await harm()).toMatch(/^postgres shop_owner\|postgres at operator/);
    await sql("ALTER ROLE shop_owner NOSUPERUSER;");
    await plant("SELECT;");
    expect(await harm()).toBe(NONE);
  });

  it("stay asleep while drift looks", async () => {
    const facts = JSON.parse(await psql(docker, server, serverQuery(true)));
    expect(facts.roles.map(({ rolname }: { rolname: string }) => rolname)).toContain("shop_owner");
    const inside = JSON.parse(await psql(docker, server, contentQuery("shop"), { database: "shop" }));
    expect(inside.extensions).toBeNull();
    expect(await harm()).toBe(NONE);
  });

  it("stay asleep while an extension is made among them", async () => {
    const inputs = { container: server, database: "shop", extension: "vector" };
    await extension.create({ inputs }, context());
    const where =
      "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector';";
    expect(await psql(docker, server, where, { database: "shop" })).toBe("public");
    expect(await harm()).toBe(NONE);
  });
});

describe("an application's own table", () => {
  it("is read by a login that may do nothing else; a table that isn't there has no rows", async () => {
    const looked = () => readColumn(docker, at, { prepare: false });
    expect(await looked()).toBeUndefined();
    await plant(
      "SET ROLE shop_owner; CREATE TABLE public.pgmigrations (name text); INSERT INTO public.pgmigrations VALUES ('0001_a'), ('0002_b');" +
        "CREATE INDEX ON public.pgmigrations (name) WHERE public.checked(1);",
    );
    // What only looks, as a preview does, makes no login.
    await expect(looked()).rejects.toThrow(/may not read public.pgmigrations in shop yet/);
    expect(await sql(`SELECT count(*) FROM pg_roles WHERE rolname = '${READER}';`)).toBe("0");
    expect(await readColumn(docker, at, { prepare: true })).toEqual(["0001_a", "0002_b"]);
    expect(await looked()).toEqual(["0001_a", "0002_b"]);
    const asReader = (text: string, name = "shop") =>
      dockerCli(["exec", "-u", READER, server, "psql", "-qXAt", "-U", READER, "-d", name, "-c", text]);
    expect((await asReader("SELECT * FROM public.secret", "postgres")).stderr).toMatch(/permission denied/);
    expect((await asReader("TABLE public.orders")).stderr).toMatch(/permission denied/);
    expect((await asReader("SELECT rolpassword FROM pg_catalog.pg_authid")).stderr).toMatch(
      /permission denied/,
    );
    const overTcp = ["exec", server, "psql", "-w", "-h", "127.0.0.1", "-U", READER, "-d", "shop"];
    expect((await dockerCli(overTcp)).stderr).toMatch(/no password supplied/);
    expect(await harm()).toBe(NONE);
  });

  it("is refused where a view or a policy stands in its place", async () => {
    await plant(
      "ALTER TABLE public.pgmigrations RENAME TO applied; CREATE VIEW public.pgmigrations AS SELECT name FROM public.applied WHERE public.trap('view');" +
        "ALTER VIEW public.pgmigrations OWNER TO shop_owner; GRANT SELECT ON public.pgmigrations TO PUBLIC;",
    );
    await expect(readColumn(docker, at, { prepare: true })).rejects.toThrow(/no plain table/);
    await plant("DROP VIEW public.pgmigrations; ALTER TABLE public.applied RENAME TO pgmigrations;");
    await plant(
      "SET ROLE shop_owner; ALTER TABLE public.pgmigrations ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON public.pgmigrations USING (public.trap('policy'));",
    );
    await expect(readColumn(docker, at, { prepare: true })).rejects.toThrow(/row-level security/);
    expect(await harm()).toBe(NONE);
    await plant("ALTER TABLE public.pgmigrations DISABLE ROW LEVEL SECURITY;");
  });

  it("isn't read by a login that somebody has power over", async () => {
    await sql(`CREATE ROLE holder; GRANT ${READER} TO holder;`);
    await psql(docker, server, `REVOKE ALL ON TABLE public.pgmigrations FROM ${READER};`, {
      database: "shop",
    });
    await psql(docker, server, `REVOKE CONNECT ON DATABASE shop FROM ${READER};`);
    await expect(readColumn(docker, at, { prepare: true })).rejects.toThrow(/memberships/);
    await sql(`DROP ROLE holder;`);
    expect(await readColumn(docker, at, { prepare: true })).toEqual(["0001_a", "0002_b"]);
  });
});

describe("a restore", () => {
  const logins = () =>
    sql("SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolname LIKE 'tandem_restore_%';");

  it("copies rows through the owner's traps with the owner's rights, and makes no text of the database SQL", async () => {
    const point = await makeRestorePoint(docker, database, "migration");
    expect(await harm()).toBe(NONE);
    const said: string[] = [];
    await restoreTo(docker, database, point, (line) => said.push(line));
    expect(await harm()).toBe(NONE);
    expect(await logins()).toBe("");
    // A query would be planned, and so evaluate the condition of an index.
    const rows = "COPY public.orders (id, checked) TO STDOUT;";
    expect(await psql(docker, server, rows, { database: "shop" })).toBe("1\t10\n2\t20");
    const owner =
      "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname IN ('orders', 'pgmigrations', 'kept');";
    expect(await psql(docker, server, owner, { database: "shop" })).toBe("shop_owner");
    expect(said.join("\n")).toMatch(
      /settings of shop_readonly in the database: search_path[\s\S]*is restored beside/,
    );
    const rights =
      "SELECT has_database_privilege('shop_app', 'shop', 'CONNECT'), datconnlimit FROM pg_database WHERE datname = 'shop';";
    expect(await sql(rights)).toBe("t|-1");
    const settings = "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase;";
    expect(await sql(settings)).toBe("0");
    expect(await readColumn(docker, at, { prepare: true })).toEqual(["0001_a", "0002_b"]);
  });

  it("clears away the login that a killed run left, with what a tenant gave it", async () => {
    const point = await makeRestorePoint(docker, database, "migration");
    const prefix = `tandem_restore_${createHash("sha256").update("shop").digest("hex").slice(0, 16)}_`;
    await sql(`CREATE ROLE ${prefix}dead LOGIN; GRANT shop_owner TO ${prefix}dead;`);
    await plant(`SET ROLE shop_owner; GRANT SELECT ON public.orders TO ${prefix}dead;`);
    await restoreTo(docker, database, point, () => undefined);
    expect(await logins()).toBe("");
    expect(await harm()).toBe(NONE);
  });

  it("of a database that a superuser owns is refused: what is in it would run as one", async () => {
    const point = await makeRestorePoint(docker, database, "migration");
    await sql("ALTER DATABASE shop OWNER TO postgres;");
    await expect(restoreTo(docker, database, point, () => undefined)).rejects.toThrow(/is a superuser/);
    await sql("ALTER DATABASE shop OWNER TO shop_owner;");
  });
});

describe("names that another environment took in advance", () => {
  const admin = (role: string, tenant: string) => ({
    inputs: { container: server, role, tenant, password: "a-password-of-the-test" },
  });
  const kept = (name: string, tenant: string) => ({
    inputs: { containerId: server, database: name, roles: [`${name}_owner`], tenant },
  });

  it("are no environment's by the comment that it wrote on them", async () => {
    // Made by a version that kept no record.
    await sql("CREATE ROLE lib_old_admin CREATEROLE; COMMENT ON ROLE lib_old_admin IS 'tandem lib/old';");
    await environmentAdmin.create(admin("lib_staging_admin", "lib/staging"), context());
    await sql(
      "SET ROLE lib_staging_admin; CREATE ROLE lib_production_admin; COMMENT ON ROLE lib_production_admin IS 'tandem lib/production';" +
        "CREATE ROLE lib_production_owner; GRANT lib_production_owner TO lib_staging_admin;",
    );
    await sql("SET ROLE lib_staging_admin; CREATE DATABASE lib_production OWNER lib_production_owner;");
    await sql(
      "SET ROLE lib_production_owner; COMMENT ON DATABASE lib_production IS 'tandem lib/production';",
    );
    const taken = environmentAdmin.create(admin("lib_production_admin", "lib/production"), context());
    await expect(Promise.resolve(taken)).rejects.toThrow(/belongs to lib\/staging/);
    const aside = keptSetAside.create(kept("lib_production", "lib/production"), context());
    await expect(Promise.resolve(aside)).rejects.toThrow(/'lib_production' .* belongs to lib\/staging/);
    await sql("SET ROLE lib_staging_admin; DROP DATABASE lib_production;");
    const login = keptSetAside.create(kept("lib_production", "lib/production"), context());
    await expect(Promise.resolve(login)).rejects.toThrow(
      /role 'lib_production_owner' .* belongs to lib\/staging/,
    );
  });

  it("are taken over where an administrator wrote down whose they are, or did before there was a record", async () => {
    await environmentAdmin.create(admin("lib_old_admin", "lib/old"), context());
    await sql("SET ROLE lib_old_admin; CREATE ROLE lib_old_owner; GRANT lib_old_owner TO lib_old_admin;");
    await sql("SET ROLE lib_old_admin; CREATE DATABASE lib_old OWNER lib_old_owner;");
    await keptTakeBack.create(kept("lib_old", "lib/old"), context());
    const again = context();
    await keptSetAside.create(kept("lib_old", "lib/old"), again);
    expect(again.lines.join()).toContain("lib_old was kept from before");
    const record =
      "SELECT string_agg(kind || ' ' || tenant, ', ' ORDER BY kind, tenant) FROM tandem.ownership;";
    expect(await sql(record)).toBe("database lib/old, role lib/old, role lib/staging");
    const asTenant = "SET ROLE lib_old_admin; SELECT * FROM tandem.ownership;";
    await expect(sql(asTenant)).rejects.toThrow(/permission denied for schema tandem/);
  });
});
