// Unit tests of the policy pack: its docs page, its settings, the names of its rules.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { CIS_SECTION, DEVIATIONS, UNCHECKED } from "./cis.ts";
import { policiesFor, rules, SETTINGS_POLICY } from "./pack.ts";
import { numbersOf, renderPage } from "./page.ts";
import { readPolicySettings } from "./settings.ts";

const names = rules.map(({ name }) => name);
const read = (value: unknown, stack = "staging") =>
  readPolicySettings({ "tandem:policies": JSON.stringify(value) }, stack, names);

describe("the policy pack", () => {
  it("has a docs page as current as itself", () => {
    const page = readFileSync(new URL("../docs/policies.md", import.meta.url), "utf8");
    expect(page, "run: node policies/page.ts > docs/policies.md").toBe(renderPage());
  });

  it("names each rule once, with a reason and a way to fix", () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain(SETTINGS_POLICY);
    for (const { title, reason, fix } of rules) {
      expect(title).toMatch(/^[A-Z].*\.$/);
      expect(reason).toMatch(/^\S.*\.$/);
      expect(fix.length).toBeGreaterThan(5);
    }
  });

  it("takes each rule at the level that the stack wants", () => {
    const { settings } = read({ levels: { labels: "disabled", "own-names": "advisory" } });
    const policies = policiesFor({ system: "shop", environment: "staging", settings }, []);
    const levels = new Map(policies.map(({ name, level }) => [name, level]));
    expect(levels.get("labels")).toBe("disabled");
    expect(levels.get("own-names")).toBe("advisory");
    expect(levels.get("memory-limit")).toBe("mandatory");
    expect(policies).toHaveLength(rules.length + 1);
  });
});

describe("section 5 of the CIS Docker Benchmark", () => {
  it("is checked by a rule or left out with a reason, number by number", () => {
    const checked = rules.flatMap(numbersOf).filter((number) => number.startsWith("5."));
    const left = UNCHECKED.map(({ number }) => number);
    expect(CIS_SECTION).toHaveLength(32);
    expect([...new Set([...checked, ...left])].toSorted()).toEqual(CIS_SECTION.toSorted());
    expect(left.filter((number) => checked.includes(number))).toEqual([]);
    expect(Object.keys(DEVIATIONS).filter((number) => !checked.includes(number))).toEqual([]);
  });

  it("has no rule on the UTS name space as long as the Docker provider has no input for it", () => {
    const require = createRequire(import.meta.url);
    const inputs = readFileSync(require.resolve("@pulumi/docker/container.d.ts"), "utf8");
    expect(inputs).toContain("pidMode?:");
    expect(inputs, "add a rule for 5.21 to policies/rules/isolation.ts").not.toMatch(/\buts\w*\?:/i);
  });
});

describe("the settings of the policies", () => {
  it("take production from the stack's name where nothing is said", () => {
    expect(readPolicySettings({}, "production", names).settings.production).toBe(true);
    expect(readPolicySettings({}, "staging", names).settings.production).toBe(false);
    expect(read({ production: true }, "live").settings.production).toBe(true);
    expect(read({ production: false }, "production").settings.production).toBe(false);
  });

  it.each([
    [{ levels: { nonsense: "advisory" } }, "there is no policy of this name"],
    [{ levels: { labels: "sometimes" } }, "tandem:policies.levels.labels"],
    [{ publish: ["everything"] }, "tandem:policies.publish.0"],
    [{ budget: { memory: "4g" } }, "tandem:policies.budget"],
    [{ host: { name: "server" } }, "tandem:policies.host.cpus"],
    [{ level: {} }, "tandem:policies"],
  ])("tell what is wrong in %j", (value, problem) => {
    expect(read(value).problems.join("\n")).toContain(problem);
  });

  it("are the defaults where they can't be read", () => {
    const { settings, problems } = readPolicySettings({ "tandem:policies": "no json" }, "staging", names);
    expect(problems).toEqual(["tandem:policies is no object"]);
    expect(settings.publish).toEqual([]);
  });
});
