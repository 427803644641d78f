// Every sort of wrong stack file that the check knows: the key, the reason, and the command that fixes it.
import { describe, expect, it } from "vitest";
import { fileCases, valueCases } from "./cases.ts";
import { readStack } from "./index.ts";
import { ruleCases } from "./rule-cases.ts";
import {
  add,
  checkStaging,
  drop,
  find,
  inProject,
  isFix,
  productionSource,
  put,
  stagingSource,
} from "./testing.ts";
import { variableCases } from "./variable-cases.ts";

const all = [...valueCases, ...ruleCases, ...fileCases, ...variableCases];

describe("a stack file", () => {
  it("is fine as it stands in this repository, for both stacks", async () => {
    for (const stack of ["staging", "production"]) {
      const { problems, settings } = await inProject({}, (projectDir) =>
        readStack({ projectDir, stack, deep: false }),
      );
      expect(problems).toEqual([]);
      expect(settings?.voipSync).toBe(stack === "production");
    }
  });

  it.each(all)("with %s", async (_, edits, kind, key, reason, fix) => {
    const problems = await checkStaging(edits);
    const problem = find(problems, kind, key);
    expect(problem.reason).toMatch(reason);
    expect(problem.fix).toSatisfy((command: string) => isFix(command, fix));
    expect(problem).toMatchObject({ severity: "error", file: "Pulumi.staging.yaml" });
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  it("can be wrong in at least 25 ways", () => {
    expect(new Set(all.map(([, , kind]) => kind)).size).toBeGreaterThanOrEqual(25);
    expect(new Set(all.map(([what]) => what)).size).toBe(all.length);
  });

  it("gets every problem in one run, in the order of its lines", async () => {
    const perKey = new Map(valueCases.map((one) => [one[3].split(/[.[]/)[0], one]));
    const several = [...perKey.values(), ...ruleCases.filter(([what]) => BESIDE.includes(what))];
    const problems = await checkStaging(several.flatMap(([, edits]) => edits));
    expect(several.length).toBeGreaterThanOrEqual(15);
    for (const [, , kind, key] of several) find(problems, kind, key);
    const lines = problems.map(({ line }) => line ?? 0);
    expect(lines).toEqual(lines.toSorted((one, other) => one - other));
  });

  it("says the line of what is wrong inside a key", async () => {
    const problems = await checkStaging([
      put("oracle:limits", "\n    app:\n      memory: 1g\n      cpus: -1"),
    ]);
    expect(problems).toMatchObject([{ key: "oracle:limits.app.cpus", line: 17 }]);
  });

  it("is not asked for what an ESC environment may give", async () => {
    expect(await checkStaging([drop("oracle:hostname"), add("environment: [shared]")])).toEqual([]);
  });

  it("tells of an ESC environment, whose values only the engine reads and the program has to check", async () => {
    const read = (source: string) =>
      inProject({ "Pulumi.staging.yaml": source }, (projectDir) =>
        readStack({ projectDir, stack: "staging", deep: false }),
      );
    expect(await read(add("environment: [shared]")(stagingSource))).toMatchObject({ hasEnvironment: true });
    expect(await read(stagingSource)).toMatchObject({ hasEnvironment: false });
  });

  it("only warns of what has no use", async () => {
    const problems = await checkStaging([put("oracle:postgresForwardPort", "16101")]);
    expect(problems).toMatchObject([{ severity: "warning", key: "oracle:postgresForwardPort" }]);
  });
});

/** Cases of keys that no value case is about. */
const BESIDE = [
  "an unknown key",
  "a plain secret",
  "a provider's plain secret",

  "VoIP in two stacks",
];

describe("two stacks", () => {
  it("collide on a wildcard address, but not on different Docker hosts", async () => {
    const wild = put("oracle:bindAddress", "0.0.0.0")(productionSource);
    const same = await checkStaging([put("oracle:hostPort", "3100")], { "Pulumi.production.yaml": wild });
    expect(same).toMatchObject([{ kind: "port-of-other-stack" }]);
    const elsewhere = add(
      "  oracle:dockerHost: ssh://me@a.example.com",
      "  oracle:postgresForwardPort: 16100",
    );
    const production = elsewhere(productionSource);
    const apart = await checkStaging([put("oracle:hostPort", "3100")], {
      "Pulumi.production.yaml": production,
    });
    expect(apart).toEqual([]);
  });

  it("collide on forwarded ports, which are all on this machine", async () => {
    const host = (name: string) => `  oracle:dockerHost: ssh://me@${name}.example.com`;
    const forward = "  oracle:postgresForwardPort: 16100";
    const production = add(host("two"), forward)(productionSource);
    const problems = await checkStaging([add(host("one"), forward)], {
      "Pulumi.production.yaml": production,
    });
    expect(problems).toMatchObject([{ kind: "port-of-other-stack", key: "oracle:postgresForwardPort" }]);
  });
});
