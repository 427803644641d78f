// Tests of the random provider: values, checks, replacement, import, and its tables against what is published.
import { compareSync } from "bcryptjs";
import { describe, expect, it } from "vitest";
import type { CallContext, ResourceHandler } from "../../../plugin/handler.ts";
import { type Properties, UNKNOWN } from "../../../plugin/values.ts";
import {
  publishedSchema,
  publishedType,
  sdkProperties,
  tableNames,
} from "../../../tests/support/published.ts";
import { drawSeeded, shuffle } from "./generate.ts";
import { generatedTable } from "./generated.ts";
import { generators, randomProvider } from "./provider.ts";

const ctx = {} as CallContext<unknown>;
const published = publishedSchema("random");

function handler(type: string): ResourceHandler<unknown> {
  const token = Object.keys(generators).find((key) => key.endsWith(`:${type}`));
  const found = token && randomProvider.resources[token];
  if (!found) throw new Error(`no handler for ${type}`);
  return found;
}

async function failuresOf(type: string, news: Properties): Promise<string[]> {
  const result = await handler(type).check?.({ news, olds: {}, randomSeed: new Uint8Array() }, ctx);
  return (result?.failures ?? []).map(({ property }) => property);
}

const make = async (type: string, inputs: Properties) => handler(type).create({ inputs }, ctx);
const changesOf = async (type: string, olds: Properties, news: Properties) =>
  Object.entries((await handler(type).diff({ id: "x", olds, oldInputs: {}, news }, ctx)).changes);

describe("RandomPassword", () => {
  it("meets length and minimum numbers, with the state of the official plugin", async () => {
    const inputs = {
      length: 24,
      minLower: 5,
      minUpper: 5,
      minNumeric: 5,
      minSpecial: 5,
      overrideSpecial: "_",
    };
    const { id, outputs } = await make("RandomPassword", inputs);
    const result = String(outputs.result);
    expect(id).toBe("none");
    expect(result).toHaveLength(24);
    for (const kind of [/[a-z]/g, /[A-Z]/g, /[0-9]/g, /_/g]) {
      expect(result.match(kind)?.length).toBeGreaterThanOrEqual(5);
    }
    expect(result).toMatch(/^[a-zA-Z0-9_]+$/);
    expect(String(outputs.bcryptHash)).toMatch(/^\$2a\$10\$/);
    expect(compareSync(result, String(outputs.bcryptHash))).toBe(true);
    expect(outputs).toMatchObject({ lower: true, upper: true, number: true, numeric: true, special: true });
    expect(outputs.__meta).toBe('{"schema_version":"3"}');
  });

  it("leaves out kinds that are switched off, under either name", async () => {
    const { outputs } = await make("RandomPassword", {
      length: 200,
      special: false,
      number: false,
      upper: false,
    });
    expect(outputs.result).toMatch(/^[a-z]{200}$/);
    expect(outputs).toMatchObject({ number: false, numeric: false });
  });

  it("marks result and hash as secrets", () => {
    expect(handler("RandomPassword").secretOutputs).toEqual(["result", "bcryptHash"]);
    expect(handler("RandomString").secretOutputs).toEqual([]);
  });

  it("refuses what can't be made", async () => {
    expect(await failuresOf("RandomPassword", {})).toEqual(["length"]);
    expect(await failuresOf("RandomPassword", { length: 0 })).toEqual(["length"]);
    expect(await failuresOf("RandomPassword", { length: 3, minLower: 2, minUpper: 2 })).toEqual(["length"]);
    expect(await failuresOf("RandomPassword", { length: 8, minLower: -1 })).toEqual(["minLower"]);
    expect(await failuresOf("RandomPassword", { length: 8, number: true, numeric: false })).toEqual([
      "number",
    ]);
    const nothing = { length: 8, lower: false, upper: false, numeric: false, special: false };
    expect(await failuresOf("RandomPassword", nothing)).toEqual([""]);
    expect(await failuresOf("RandomPassword", { length: 8, lenght: 9 })).toEqual(["lenght"]);
    expect(await failuresOf("RandomPassword", { length: UNKNOWN, special: false })).toEqual([]);
  });

  it("is replaced when anything changes, and only then", async () => {
    const { outputs } = await make("RandomPassword", { length: 12, keepers: { v: "1" } });
    expect(await changesOf("RandomPassword", outputs, { length: 12, keepers: { v: "1" } })).toEqual([]);
    expect(
      await changesOf("RandomPassword", outputs, { length: 12, keepers: { v: "1" }, lower: true }),
    ).toEqual([]);
    expect(await changesOf("RandomPassword", outputs, { length: 12, keepers: { v: "2" } })).toEqual([
      ["keepers", "update-replace"],
    ]);
    expect(await changesOf("RandomPassword", outputs, { length: 13 })).toEqual([
      ["keepers", "delete-replace"],
      ["length", "update-replace"],
    ]);
    const off = await changesOf("RandomPassword", outputs, {
      length: 12,
      keepers: { v: "1" },
      numeric: false,
    });
    expect(off.map(([key]) => key)).toEqual(["number", "numeric"]);
  });

  it("imports a password by its value, and a refresh changes nothing", async () => {
    const found = await handler("RandomPassword").read?.({ id: "hunter22", outputs: {}, inputs: {} }, ctx);
    expect(found?.id).toBe("none");
    expect(found?.inputs).toEqual({ length: 8 });
    expect(found?.outputs).toMatchObject({ result: "hunter22", length: 8, special: true });
    expect(await changesOf("RandomPassword", found?.outputs ?? {}, { length: 8 })).toEqual([]);
    const again = await handler("RandomPassword").read?.({ id: "none", outputs: { a: 1 }, inputs: {} }, ctx);
    expect(again).toEqual({ id: "none", outputs: { a: 1 }, inputs: {} });
  });
});

describe("the other resources", () => {
  it("RandomString is its own id", async () => {
    const { id, outputs } = await make("RandomString", { length: 16 });
    expect(id).toBe(outputs.result);
  });

  it("RandomId spells the same bytes in four ways and imports them back", async () => {
    const { id, outputs } = await make("RandomId", { byteLength: 5, prefix: "p-" });
    const hex = String(outputs.hex).slice(2);
    expect(Buffer.from(id, "base64url").toString("hex")).toBe(hex);
    expect(outputs.dec).toBe(`p-${BigInt(`0x${hex}`)}`);
    const found = await handler("RandomId").read?.({ id: `p-,${id}`, outputs: {}, inputs: {} }, ctx);
    expect(found?.outputs).toEqual(outputs);
    expect(found?.inputs).toEqual({ byteLength: 5, prefix: "p-" });
  });

  it("RandomBytes keeps its secret out of its id", async () => {
    const { id, outputs } = await make("RandomBytes", { length: 32 });
    expect(id).toBe("none");
    expect(Buffer.from(String(outputs.base64), "base64").toString("hex")).toBe(outputs.hex);
    expect(handler("RandomBytes").secretOutputs).toEqual(["base64", "hex"]);
    expect(await failuresOf("RandomBytes", { length: 0 })).toEqual(["length"]);
  });

  it("RandomInteger stays in its range, reaches both ends, and repeats with a seed", async () => {
    const results = new Set<unknown>();
    for (let i = 0; i < 200; i++)
      results.add((await make("RandomInteger", { min: -1, max: 1 })).outputs.result);
    expect([...results].sort()).toEqual([-1, 0, 1]);
    const seeded = await make("RandomInteger", { min: 0, max: 1_000_000, seed: "s" });
    expect((await make("RandomInteger", { min: 0, max: 1_000_000, seed: "s" })).id).toBe(seeded.id);
    expect(await failuresOf("RandomInteger", { min: 2, max: 1 })).toEqual(["max"]);
  });

  it("RandomShuffle permutes, repeats and cuts", async () => {
    const inputs = ["a", "b", "c"];
    const all = (await make("RandomShuffle", { inputs })).outputs.results as string[];
    expect([...all].sort()).toEqual(inputs);
    const more = (await make("RandomShuffle", { inputs, resultCount: 7 })).outputs.results as string[];
    expect(more).toHaveLength(7);
    expect([...more.slice(0, 3)].sort()).toEqual(inputs);
    expect((await make("RandomShuffle", { inputs, resultCount: 0 })).outputs.results).toEqual([]);
  });

  it("RandomPet has as many words as asked", async () => {
    expect((await make("RandomPet", { length: 4, separator: "_", prefix: "x" })).id).toMatch(
      /^x(_[a-z]+){4}$/,
    );
    expect((await make("RandomPet", {})).id).toMatch(/^[a-z]+-[a-z]+$/);
  });

  it("RandomUuid4 and RandomUuid7 carry their version, and 7 sorts by time", async () => {
    expect((await make("RandomUuid4", {})).id).toMatch(/^.{14}4.{4}[89ab]/);
    const first = (await make("RandomUuid7", {})).id;
    expect(first).toMatch(/^[0-9a-f-]{14}7.{4}[89ab]/);
    expect(Math.abs(Number.parseInt(first.replace("-", "").slice(0, 12), 16) - Date.now())).toBeLessThan(
      10_000,
    );
    await expect(async () =>
      handler("RandomUuid").read?.({ id: "x", outputs: {}, inputs: {} }, ctx),
    ).rejects.toThrow("must be a UUID");
  });

  it("an import says what it can't do", async () => {
    await expect(async () =>
      handler("RandomPet").read?.({ id: "x", outputs: {}, inputs: {} }, ctx),
    ).rejects.toThrow("can't be imported");
  });
});

describe("seeded draws", () => {
  it("favour no outcome", () => {
    const draw = drawSeeded("fair");
    const draws = Array.from({ length: 3000 }, () => draw(3));
    for (const outcome of [0, 1, 2]) {
      expect(draws.filter((drawn) => drawn === outcome).length).toBeGreaterThan(850);
    }
    expect(shuffle([1, 2, 3, 4], drawSeeded("x"))).toEqual(shuffle([1, 2, 3, 4], drawSeeded("x")));
  });
});

describe.each(Object.entries(generators))("table of %s", (token, generator) => {
  const table = generatedTable(generator);

  it("has the properties of the SDK", () => {
    const sdk = sdkProperties("@pulumi/random", token);
    expect(sdk.outputs.length).toBeGreaterThan(0);
    expect(tableNames(table).inputs).toEqual(sdk.inputs.sort());
    expect(tableNames(table).required).toEqual(sdk.required.sort());
    expect(tableNames(table).all).toEqual(sdk.outputs.sort());
  });

  it.skipIf(!published)("agrees with the official schema", () => {
    const official = published?.[token];
    for (const [key, spec] of Object.entries(table)) {
      const property = official?.properties[key];
      expect(property, key).toBeDefined();
      expect(spec.type, key).toBe(property && publishedType(property));
      expect(spec.secret ?? false, key).toBe(property?.secret ?? false);
      expect(!spec.output, key).toBe(official?.inputProperties[key] !== undefined);
    }
  });
});
