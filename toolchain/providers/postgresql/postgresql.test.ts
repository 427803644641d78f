// Tests of the postgresql provider that need no server: checks, diffs, ids, SQL, and tables against what is published.
import { describe, expect, it } from "vitest";
import { scramVerifier } from "../../../provider/scram.ts";
import type { CallContext, ResourceHandler } from "../shared/handler.ts";
import { publishedSchema, publishedType, sdkProperties, tableNames } from "../shared/published.ts";
import { type Properties, UNKNOWN } from "../shared/values.ts";
import { describeConnectFailure, isConflict, isNotYetReady } from "./failures.ts";
import { Gate } from "./gate.ts";
import { keepsPassword, passwordClause } from "./password.ts";
import { pgResources, postgresqlProvider } from "./provider.ts";
import { attributeOptions, readSettings as readRoleSettings, settingStatements } from "./role-options.ts";
import { PgServer } from "./server.ts";
import { checkSettings, readSettings } from "./settings.ts";

const settings = {
  host: "db.example",
  port: "5433",
  sslmode: "disable",
  database: "admin",
  connectTimeout: "7",
};
const client = new PgServer(readSettings(settings, {}));
const ctx = { client, name: "logical" } as CallContext<PgServer>;
const published = publishedSchema("postgresql");

function handler(type: string): ResourceHandler<PgServer> {
  const found = Object.entries(postgresqlProvider.resources).find(([token]) => token.endsWith(`:${type}`));
  if (!found) throw new Error(`no handler for ${type}`);
  return found[1];
}

async function check(type: string, news: Properties, olds: Properties = {}) {
  const result = await handler(type).check?.({ news, olds, randomSeed: new Uint8Array([1]) }, ctx);
  if (!result) throw new Error("no check");
  return { inputs: result.inputs, failed: result.failures.map(({ property }) => property).sort() };
}

const diff = (type: string, olds: Properties, news: Properties) =>
  handler(type).diff({ id: "x", olds, oldInputs: {}, news }, ctx);

const tableGrant = { role: "r", database: "d", schema: "s", objectType: "table", privileges: ["SELECT"] };

describe("checks", () => {
  it("names what the program leaves unnamed, and keeps the name", async () => {
    const { inputs } = await check("Role", {});
    expect(inputs.name).toMatch(/^logical-[0-9a-f]{7}$/);
    expect((await check("Role", {})).inputs.name).toBe(inputs.name);
    expect((await check("Database", {}, { name: "was" })).inputs.name).toBe("was");
    expect((await check("Extension", {})).failed).toEqual(["name"]);
  });

  it.each<[type: string, news: Properties, failed: string[]]>([
    ["Role", { name: "a", login: "yes" }, ["login"]],
    ["Role", { name: "a", conectionLimit: 1 }, ["conectionLimit"]],
    ["Role", { name: "public" }, ["name"]],
    ["Role", { name: "a", connectionLimit: -2 }, ["connectionLimit"]],
    ["Role", { name: "a", encryptedPassword: false }, ["encryptedPassword"]],
    ["Role", { name: "a", password: "x", passwordWo: "y", passwordWoVersion: "1" }, ["passwordWo"]],
    ["Role", { name: "a", passwordWo: "y" }, ["passwordWoVersion"]],
    ["Role", { name: "a", searchPaths: ["a, b"] }, ["searchPaths"]],
    ["Role", { name: "a", statementTimeout: -1 }, ["statementTimeout"]],
    ["Role", { name: UNKNOWN, password: UNKNOWN, roles: [UNKNOWN] }, []],
    ["Database", { name: "" }, ["name"]],
    ["Schema", { name: "pg_x" }, ["name"]],
    ["Schema", { name: "s", policies: [{ role: "r", usage: "yes" }] }, ["policies[0].usage"]],
    ["Grant", tableGrant, []],
    ["Grant", { ...tableGrant, privileges: ["select"] }, ["privileges"]],
    ["Grant", { ...tableGrant, objectType: "view" }, ["objectType"]],
    ["Grant", { ...tableGrant, schema: undefined }, ["schema"]],
    ["Grant", { ...tableGrant, schema: UNKNOWN }, []],
    ["Grant", { ...tableGrant, columns: ["c"] }, ["columns"]],
    ["Grant", { ...tableGrant, objectType: "column" }, ["columns", "objects"]],
    [
      "Grant",
      { ...tableGrant, objectType: "column", columns: ["c"], objects: ["t"], privileges: [] },
      ["privileges"],
    ],
    ["Grant", { role: "public", database: "d", objectType: "database", privileges: [] }, []],
    [
      "Grant",
      { role: "r", database: "d", objectType: "database", objects: ["x"], privileges: [] },
      ["objects"],
    ],
    ["Grant", { role: "r", database: "d", objectType: "foreign_server", privileges: ["USAGE"] }, ["objects"]],
    ["GrantRole", { role: "r" }, ["grantRole"]],
    [
      "DefaultPrivileges",
      { role: "r", database: "d", owner: "o", objectType: "view", privileges: [] },
      ["objectType"],
    ],
    [
      "DefaultPrivileges",
      { role: "r", database: "d", owner: "o", schema: "s", objectType: "schema", privileges: ["USAGE"] },
      ["schema"],
    ],
    [
      "DefaultPrivileg",
      {
        role: "public",
        database: "d",
        owner: "o",
        objectType: "table",
        privileges: ["ALL"],
        withGrantOption: true,
      },
      ["withGrantOption"],
    ],
  ])("of %s %o find %o", async (type, news, failed) => {
    expect((await check(type, news)).failed).toEqual(failed);
  });

  it("never quote a password", async () => {
    const news = { name: "a", password: "canary", passwordWo: "canary", passwordWoVersion: "1" };
    const result = await handler("Role").check?.({ news, olds: {}, randomSeed: new Uint8Array() }, ctx);
    expect(JSON.stringify(result?.failures)).not.toContain("canary");
  });
});

describe("diffs", () => {
  it("see nothing where the server spells things in its own way", async () => {
    const state = {
      name: "d",
      owner: "o",
      template: "template0",
      encoding: "UTF8",
      lcCollate: "C",
      connectionLimit: -1,
      allowConnections: true,
    };
    expect(
      (await diff("Database", state, { name: "d", encoding: "utf-8", lcCollate: "DEFAULT" })).changes,
    ).toEqual({});
    const role = {
      name: "r",
      validUntil: "infinity",
      inherit: true,
      roles: [],
      searchPaths: [],
      statementTimeout: 0,
      assumeRole: "",
    };
    expect((await diff("Role", role, { name: "r", validUntil: "Infinity" })).changes).toEqual({});
    const granted = { ...tableGrant, privileges: ["B", "A"], objects: [], withGrantOption: false };
    expect((await diff("Grant", granted, { ...tableGrant, privileges: ["A", "B"] })).changes).toEqual({});
  });

  it("rename in place and replace in place", async () => {
    expect(await diff("Role", { name: "a" }, { name: "b" })).toEqual({
      changes: { name: "update" },
      deleteBeforeReplace: false,
    });
    expect(
      await diff("Database", { name: "a", encoding: "UTF8" }, { name: "a", encoding: "LATIN1" }),
    ).toEqual({
      changes: { encoding: "update-replace" },
      deleteBeforeReplace: true,
    });
    expect(
      (await diff("Extension", { name: "a", database: "x" }, { name: "b", database: "x" }))
        .deleteBeforeReplace,
    ).toBe(false);
    expect((await diff("Grant", tableGrant, { ...tableGrant, role: "other" })).deleteBeforeReplace).toBe(
      true,
    );
  });
});

describe("ids", () => {
  const idOf = (type: string, properties: Properties) =>
    Object.entries(pgResources)
      .find(([token]) => token.endsWith(`:${type}`))?.[1]
      .id(properties, "admin");

  it("are those of the official plugin", () => {
    expect(idOf("Grant", { role: "public", database: "d", objectType: "database", privileges: [] })).toBe(
      "public_d_database",
    );
    // CRC-32 of "b" is 1908338681, of "a" 3904355907, of "c" 112844655: compared as texts.
    expect(idOf("Grant", { ...tableGrant, objects: ["a", "b", "c"] })).toBe("r_d_s_table_c_b_a");
    expect(idOf("Extension", { name: "vector" })).toBe("admin.vector");
    expect(idOf("Schema", { name: "s", database: "d" })).toBe("d.s");
    expect(idOf("GrantRole", { role: "r", grantRole: "g" })).toBe("r_g_false");
    expect(idOf("DefaultPrivileges", { role: "r", database: "d", owner: "o", objectType: "table" })).toBe(
      "r_d_noschema_o_table",
    );
  });

  it("are read back for an import", async () => {
    const { extension } = { extension: pgResources["postgresql:index/extension:Extension"] };
    expect(extension?.fromId?.("my.db.vector")).toEqual({ database: "my.db", name: "vector" });
    expect(() => extension?.fromId?.("vector")).toThrow("<database>.<extension>");
    const read = handler("Grant").read?.(
      { id: "r_d_s_table", outputs: {}, inputs: {} },
      {
        ...ctx,
        signal: new AbortController().signal,
      },
    );
    await expect(read).rejects.toThrow("can't be imported");
  });
});

describe("passwords", () => {
  it("go to the server as verifiers that it would have made itself", () => {
    const clause = passwordClause("pencil");
    expect(clause).toMatch(/^PASSWORD 'SCRAM-SHA-256\$4096:[^$]+\$[^:]+:[^']+'$/);
    expect(clause).not.toContain("pencil");
    expect(passwordClause("null")).toBe("PASSWORD NULL");
    const hashed = "md5a6343a68d964ca596d9752250d54bb8a";
    expect(passwordClause(hashed)).toBe(`PASSWORD '${hashed}'`);
    // As Postgres 15 kept it after ALTER ROLE ... PASSWORD 'pencil'.
    const kept =
      "SCRAM-SHA-256$4096:4x/zE98YHHGxViVf2qe0yg==$G5RuR52K0kSSolqzSrePR4nGzJtLuzaTAnj78yNmsAU=:O9eKLgfkGNKjAxLfSa5DcV1DhyelfC/99YPsmsqC5e4=";
    expect(scramVerifier("pencil", Buffer.from("4x/zE98YHHGxViVf2qe0yg==", "base64"))).toBe(kept);
    expect(keepsPassword(kept, "pencil")).toBe(true);
  });

  it("are recognised in the server's keeping", () => {
    expect(keepsPassword(scramVerifier("pencil"), "pencil")).toBe(true);
    expect(keepsPassword(scramVerifier("pencil"), "other")).toBe(false);
    expect(keepsPassword(null, "pencil")).toBe(false);
    expect(keepsPassword(null, "NULL")).toBe(true);
    expect(keepsPassword("md5a6343a68d964ca596d9752250d54bb8a", "pencil")).toBe(true);
  });
});

describe("roles", () => {
  it("quote whatever they are given", () => {
    const properties = {
      name: 'a"b',
      searchPaths: ["$user", 'x"; DROP'],
      assumeRole: "c",
      statementTimeout: 5,
    };
    expect(settingStatements(properties, () => true)).toEqual([
      'ALTER ROLE "a""b" SET search_path TO "$user", "x""; DROP"',
      'ALTER ROLE "a""b" SET statement_timeout TO 5',
      'ALTER ROLE "a""b" RESET idle_in_transaction_session_timeout',
      'ALTER ROLE "a""b" SET role TO "c"',
    ]);
    expect(
      attributeOptions({ login: true, validUntil: "x'y" }, (key) =>
        ["login", "superuser", "validUntil"].includes(key),
      ),
    ).toEqual(["NOSUPERUSER", "LOGIN", "VALID UNTIL 'x''y'"]);
  });

  it("read settings in every form in which the server keeps them", () => {
    expect(
      readRoleSettings(['search_path="$user", public, "a""b"', "statement_timeout=5min", "role=boss"]),
    ).toEqual({
      searchPaths: ["$user", "public", 'a"b'],
      statementTimeout: 300_000,
      idleInTransactionSessionTimeout: 0,
      assumeRole: "boss",
    });
  });
});

describe("settings", () => {
  it("are read with the environment's defaults", () => {
    expect(client.settings).toMatchObject({
      host: "db.example",
      port: 5433,
      username: "postgres",
      tls: false,
      connectTimeout: 7,
      superuser: true,
    });
    const env = {
      PGHOST: "h",
      PGPORT: "1",
      PGUSER: "u",
      PGPASSWORD: "p",
      PGDATABASE: "d",
      PGSSLMODE: "verify-full",
    };
    expect(readSettings({}, env)).toMatchObject({
      host: "h",
      port: 1,
      username: "u",
      password: "p",
      database: "d",
      tls: { rejectUnauthorized: true },
    });
    expect(readSettings({}, {})).toMatchObject({
      host: "localhost",
      tls: { rejectUnauthorized: false },
      connectTimeout: 180,
    });
  });

  it("are refused with every problem at once", () => {
    const wrong = {
      port: "0",
      sslmode: "prefer",
      awsRdsIamAuth: "true",
      hots: "x",
      superuser: "maybe",
      connectTimeout: "soon",
    };
    const properties = checkSettings(wrong, {}).map(({ property }) => property);
    expect(properties.sort()).toEqual([
      "awsRdsIamAuth",
      "connectTimeout",
      "hots",
      "port",
      "sslmode",
      "superuser",
    ]);
    expect(() => readSettings(wrong, {})).toThrow("postgresql:port must be a whole number from 1 to 65535");
    expect(checkSettings({ host: UNKNOWN, port: UNKNOWN, password: UNKNOWN }, {})).toEqual([]);
    expect(
      checkSettings({ host: "h", awsRdsIamAuth: "false", azureTenantId: "", version: "3.18.1" }, {}),
    ).toEqual([]);
  });

  it("never ask for another provider", () => {
    expect(postgresqlProvider.refusal?.("postgresql:index/function:Function")).toContain(
      "official postgresql plugin",
    );
  });
});

describe("failures", () => {
  const failure = (code: string, message = "x") => Object.assign(new Error(message), { code });

  it("are waited for, tried again, or explained", () => {
    expect(isNotYetReady(failure("ECONNREFUSED"))).toBe(true);
    expect(isNotYetReady(failure("57P03"))).toBe(true);
    expect(isNotYetReady(new Error("Connection terminated unexpectedly"))).toBe(true);
    expect(isNotYetReady(failure("28P01"))).toBe(false);
    expect(isConflict(failure("40P01"))).toBe(true);
    expect(isConflict(failure("42501"))).toBe(false);
    const explain = (error: Error) => describeConnectFailure(error, client.settings, "d").message;
    expect(explain(failure("ECONNREFUSED"))).toContain("db.example:5433 did not answer within 7 s");
    expect(explain(failure("28P01"))).toContain('refused the login "postgres"');
    expect(explain(failure("3D000"))).toContain('no database "d"');
    expect(explain(new Error("The server does not support SSL connections"))).toContain(
      'sslmode to "disable"',
    );
  });
});

describe("the gate", () => {
  it("lets so many in at a time, in order, and goes on after a failure", async () => {
    const gate = new Gate(2);
    const order: number[] = [];
    let inside = 0;
    let most = 0;
    const work = (n: number) => async () => {
      inside++;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      order.push(n);
      inside--;
      if (n === 1) throw new Error("one fails");
    };
    await Promise.allSettled([0, 1, 2, 3, 4].map((n) => gate.enter(work(n))));
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });
});

describe.each(Object.entries(pgResources))("table of %s", (token, { table }) => {
  it("has the properties of the SDK", () => {
    const sdk = sdkProperties("@pulumi/postgresql", token);
    expect(sdk.outputs.length).toBeGreaterThan(0);
    expect(tableNames(table).inputs).toEqual(sdk.inputs.sort());
    expect(tableNames(table).all).toEqual(sdk.outputs.sort());
    // An extension's name could be left to chance there, which would be no extension at all.
    const stricter = token.endsWith(":Extension") ? ["name"] : [];
    expect(tableNames(table).required).toEqual([...sdk.required, ...stricter].sort());
  });

  it.skipIf(!published)("agrees with the official schema, replacements included", () => {
    const official = published?.[token];
    for (const [key, spec] of Object.entries(table)) {
      const property = official?.properties[key];
      const input = official?.inputProperties[key];
      expect(property && publishedType(property), key).toBe(spec.type);
      expect(input?.secret ?? false, key).toBe(spec.secret ?? false);
      expect(input?.willReplaceOnChanges ?? false, key).toBe(spec.replace ?? false);
    }
  });
});
