// Variables by role: what is read, in the check and in the program, and which fixes are named for what isn't.
import { describe, expect, it } from "vitest";
import { defineSettings } from "./define.ts";
import { readValues } from "./read.ts";
import { Secret } from "./secret.ts";
import { variableRules, variableSettings } from "./variables.ts";

const system = defineSettings({ keys: variableSettings("web", "worker"), rules: variableRules });

function read(raw: Record<string, { value: unknown; secure?: boolean }>) {
  const all = Object.entries(raw).map(
    ([key, { value, secure = false }]) => [key, { value, secure }] as const,
  );
  return readValues(system, new Map(all));
}

/** The plain value of one variable. */
function plain(value: unknown) {
  const { values, issues } = read({ environment: { value: { web: { A: value } } } });
  return issues.length > 0 ? issues.map(({ problem }) => problem) : values.environment?.web?.A;
}

describe("plain variables", () => {
  it.each([
    ["on", "on"],
    ["", ""],
    [" two words\nand lines\t", " two words\nand lines\t"],
    ['{"a": "$b"}', '{"a": "$b"}'],
    // As `pulumi config set --path` writes such text.
    [3000, "3000"],
    [true, "true"],
  ])("%j arrives as %j", (value, expected) => {
    expect(plain(value)).toBe(expected);
  });

  it.each([
    [1.1],
    [Number.MAX_SAFE_INTEGER + 1],
    [null],
    [["a"]],
    ["a\0b"],
    ["x".repeat(200_000)],
    [new Secret()],
  ])("%j is refused", (value) => {
    expect(plain(value)).toHaveLength(1);
  });

  it.each(["A", "_a1", "discovery.type", "X-Y"])("may be called %s", (name) => {
    const { values, issues } = read({ environment: { value: { worker: { [name]: "x" } } } });
    expect(issues).toEqual([]);
    expect(values.environment?.worker).toEqual({ [name]: "x" });
  });

  it.each(["", "1A", "A B", "A=B", "ä", "a/b", "-A", "A".repeat(201)])("can't be called %j", (name) => {
    const { issues } = read({ environment: { value: { web: { [name]: "x" } } } });
    expect(issues.map(({ problem }) => problem)).toEqual(["invalid-name"]);
  });

  it("are all looked at in one run", () => {
    const { issues } = read({ environment: { value: { web: { "1": "x", B: null }, wep: {}, worker: "x" } } });
    expect(issues.map(({ path }) => path.join("."))).toEqual([
      "environment.web.1",
      "environment.web.B",
      "environment.wep",
      "environment.worker",
    ]);
  });

  it("know none where a stack says nothing", () => {
    expect(read({}).values).toEqual({ environment: {}, secrets: {} });
  });
});

describe("secret variables", () => {
  it("are secrets in the check, which can't read them", () => {
    const { values, issues } = read({ secrets: { value: { web: { A: new Secret() } } } });
    expect(issues).toEqual([]);
    expect(values.secrets?.web?.A).toBeInstanceOf(Secret);
  });

  it("are secrets in the program, which gets them in plain text and hears that they were encrypted", () => {
    const { values, issues } = read({ secrets: { value: { web: { A: "hunter2" } }, secure: true } });
    expect(issues).toEqual([]);
    expect(values.secrets?.web?.A?.reveal()).toBe("hunter2");
    expect(JSON.stringify(values)).not.toContain("hunter2");
  });

  it("aren't plain, empty, or encrypted as one", () => {
    const problems = (value: unknown, secure = false) =>
      read({ secrets: { value, secure } }).issues.map(({ problem }) => problem);
    expect(problems({ web: { A: "hunter2" } })).toEqual(["plain-secret"]);
    expect(problems({ web: { A: "" } }, true)).toEqual(["empty"]);
    expect(problems({ web: new Secret() })).toEqual(["wrong-type"]);
    expect(problems(undefined, true)).toEqual(["wrong-type"]);
  });

  it("aren't taken from among the plain ones, by the program either", () => {
    const { issues } = read({ environment: { value: { web: { A: "x" } }, secure: true } });
    expect(issues.map(({ problem }) => problem)).toEqual(["needless-secret"]);
  });

  it("don't stand under both keys", () => {
    const { issues } = read({
      environment: { value: { web: { A: "x" }, worker: { B: "x" } } },
      secrets: { value: { web: { A: new Secret(), B: new Secret() } } },
    });
    expect(issues).toMatchObject([{ problem: "duplicate-key", path: ["environment", "web", "A"] }]);
  });
});
