// Tests of the resources that need no server: checks, diffs, ids, and tables against what is published.
import { describe, expect, it } from "vitest";
import type { CallContext, ResourceHandler } from "../../../plugin/handler.ts";
import { type Properties, UNKNOWN } from "../../../plugin/values.ts";
import { PgServer } from "../../../provider/postgres/server.ts";
import { readSettings } from "../../../provider/postgres/settings.ts";
import {
  publishedSchema,
  publishedType,
  sdkProperties,
  tableNames,
} from "../../../tests/support/published.ts";
import { pgResources, postgresqlProvider } from "./provider.ts";

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

it("what isn't served is refused by name", () => {
  const token = "postgresql:index/function:Function";
  expect(postgresqlProvider.refusal?.(token)).toContain(
    `"${token}" is served by the official postgresql plugin only`,
  );
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
