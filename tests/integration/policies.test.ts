// The policy pack on the real engine: each rule on inputs that break it and on inputs that don't, levels, stack rules.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemNames } from "../../ops/engine/systems.ts";
import { rules } from "../../policies/pack.ts";
import { types } from "../../policies/rule.ts";
import { SOAK } from "../support/long-form.ts";
import { CASES } from "../support/policy-cases.ts";
import { CLEAN, type Inputs, type Kind } from "../support/policy-clean.ts";
import { TestProgram } from "../support/program.ts";
import { type Outcome, ROOMY, ROOT, TestProject } from "../support/project.ts";

const PACK = join(ROOT, "policies/pulumi-analyzer-tandem");

interface Violation {
  policy: string;
  level: string;
  urn: string;
  /** Logical name of the resource; "" where the stack as a whole is meant. */
  resource: string;
  message: string;
}

interface TestResource {
  kind: string;
  name: string;
  inputs: Inputs;
}

const PROGRAM = `
import { readFileSync } from "node:fs";
import * as docker from "@pulumi/docker";
import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tandem from ${JSON.stringify(join(ROOT, "provider/sdk.ts"))};

const classes = {
  Container: docker.Container, Network: docker.Network, Volume: docker.Volume, Migration: tandem.Migration, Image: tandem.Image,
  Start: tandem.ContainerStart, Role: postgresql.Role, Grant: postgresql.Grant, Password: random.RandomPassword,
  Route: tandem.Route, Guard: tandem.DataGuard, Database: postgresql.Database,
};
const server = new postgresql.Provider("server", { host: "127.0.0.1", port: 1, username: "nobody", password: "nothing" });
const text = readFileSync("resources.json", "utf8").replace(/[$]SYSTEM/g, pulumi.getProject()).replace(/[$]STACK/g, pulumi.getStack());
for (const { kind, name, inputs, protect } of JSON.parse(text)) {
  const provider = ["Role", "Grant", "Database"].includes(kind) ? { provider: server } : {};
  new classes[kind](name, inputs, { ...provider, protect });
}
`;

const SETTINGS = {
  names: ["house_"],
  foreign: ["allowed_network"],
  publish: ["0.0.0.0:3100"],
  liveEffects: ["CALL_CUSTOMERS"],
  ...ROOMY,
  // For more containers than an environment has.
  budget: { cpus: 1000, memoryMb: 1_000_000, pids: 100_000 },
};
const STACKS = ["staging", "production"] as const;
/** Types of the resources, by the classes of the program. */
const TYPES: Readonly<Record<Kind, string>> = {
  Container: types.container,
  Network: types.network,
  Volume: types.volume,
  Migration: types.migration,
  Image: types.image,
  Start: types.start,
  Role: types.role,
  Grant: types.grant,
  Password: types.password,
  Route: types.route,
  Guard: types.guard,
};

interface Sample extends TestResource {
  rule: string;
  urn: string;
}

/** What is to break a rule in a stack, or its clean twins: the same resource without that, and what only comes close. */
function samplesOf(stack: string, sort: "bad" | "good"): Sample[] {
  return CASES.filter((entry) => (entry.stack ?? "staging") === stack).flatMap(({ rule, kind, bad, good }) =>
    (sort === "bad" ? bad : [{}, ...(good ?? [])]).map((changes, index): Sample => {
      const name = `${sort}-${rule}-${kind}-${index}`;
      const urn = `urn:pulumi:${stack}::${program.system}::${TYPES[kind]}::${name}`;
      return { kind, name, rule, urn, inputs: { ...CLEAN[kind], ...changes } };
    }),
  );
}

let program: TestProgram;

/** Previews the resources in a stack. */
async function preview(
  stack: string,
  resources: readonly (TestResource & { protect?: boolean })[],
  policies: object = SETTINGS,
): Promise<Outcome & { violations: Violation[] }> {
  writeFileSync(join(program.folder, "resources.json"), JSON.stringify(resources));
  program.configure(stack, { "tandem:policies": policies });
  const outcome = await program.run("preview", "--stack", stack, "--policy-pack", PACK, "--json");
  const events = outcome.output
    .split("\n")
    .filter((line) => line.startsWith("{") && line.includes('"policyEvent"'))
    .map((line) => (JSON.parse(line) as { policyEvent: Record<string, string> }).policyEvent);
  const violations = events.map(
    ({ policyName = "", enforcementLevel = "", resourceUrn = "", message = "" }) => ({
      policy: policyName,
      level: enforcementLevel,
      urn: resourceUrn,
      resource: resourceUrn.includes("pulumi:pulumi:Stack") ? "" : (resourceUrn.split("::").at(-1) ?? ""),
      message,
    }),
  );
  return { ...outcome, violations };
}

const VOLUME: TestResource = { kind: "Volume", name: "data", inputs: { ...CLEAN.Volume } };
const SERVER: TestResource = {
  kind: "Container",
  name: "server",
  inputs: { ...CLEAN.Container, volumes: [{ volumeName: CLEAN.Volume.name, containerPath: "/data" }] },
};
const GUARD: TestResource = { kind: "Guard", name: "guard", inputs: CLEAN.Guard };
const DATABASE: TestResource = { kind: "Database", name: "database", inputs: { name: "app" } };

beforeAll(async () => {
  program = await TestProgram.create(PROGRAM);
  await program.addStack("staging");
  await program.addStack("production");
});
afterAll(() => program.remove());

describe("the policy pack", () => {
  it("has a case for every rule about a resource", () => {
    const tested = new Set(CASES.map(({ rule }) => rule));
    const missing = rules.filter((rule) => !("checkStack" in rule) && !tested.has(rule.name));
    expect(missing.map(({ name }) => name)).toEqual([]);
    expect(rules.length).toBeGreaterThanOrEqual(25);
  });

  // One program per stack holds whatever breaks a rule beside its clean twin, another one the twins alone. Per rule the resources
  // that it names are compared as a set, so a rule that another one's resource or a twin sets off fails both its own test and theirs.
  let mixed: Map<string, Awaited<ReturnType<typeof preview>>>;
  beforeAll(async () => {
    mixed = new Map();
    for (const stack of STACKS) {
      mixed.set(stack, await preview(stack, [...samplesOf(stack, "bad"), ...samplesOf(stack, "good")]));
    }
  });

  it.each(
    rules.filter((rule) => !("checkStack" in rule)).map(({ name, level }) => [name, level] as const),
  )("%s fires on each resource that breaks it, and on no other", (rule, level) => {
    const [violating, twins] = (["bad", "good"] as const).map((sort) =>
      STACKS.flatMap((stack) => samplesOf(stack, sort)).filter((sample) => sample.rule === rule),
    );
    const found = STACKS.flatMap((stack) => mixed.get(stack)?.violations ?? []).filter(
      ({ policy }) => policy === rule,
    );
    expect(new Set(found.map(({ urn }) => urn))).toEqual(new Set(violating?.map(({ urn }) => urn)));
    expect(violating?.length).toBeGreaterThan(0);
    // Of each kind that is spoilt there is one that isn't.
    const kinds = (samples: Sample[] | undefined) => new Set(samples?.map(({ kind }) => kind));
    expect(kinds(twins)).toEqual(kinds(violating));
    expect(new Set(found.map((violation) => violation.level))).toEqual(new Set([level]));
  });

  it.each(STACKS)("stops %s, and repeats no value that may be secret", (stack) => {
    const { exitCode = 0, output, violations } = mixed.get(stack) ?? {};
    expect(exitCode, output).not.toBe(0);
    expect(JSON.stringify(violations)).not.toContain("hidden");
    const known = new Set(samplesOf(stack, "bad").map(({ urn }) => urn));
    expect(violations?.filter(({ urn }) => !known.has(urn))).toEqual([]);
  });

  it.each(STACKS)("lets the clean twins pass in %s", async (stack) => {
    const { exitCode, violations, output } = await preview(stack, samplesOf(stack, "good"));
    expect(violations).toEqual([]);
    expect(exitCode, output).toBe(0);
  });

  it("looks at a stack as a whole: budget, guards, protection", async () => {
    const budget = { cpus: 0.4, memoryMb: 100, pids: 40 };
    const start: TestResource = { kind: "Start", name: "start", inputs: CLEAN.Start };
    const unguarded = await preview("staging", [VOLUME, SERVER, start], { budget });
    expect(unguarded.violations.map(({ policy, resource }) => `${policy} ${resource}`).sort()).toEqual([
      "guarded-volumes server",
      "host-budget ",
      "host-budget ",
      "host-budget ",
    ]);
    const shareless = await preview("staging", [SERVER, GUARD, VOLUME], { budget: { cpus: 1, pids: 50 } });
    expect(shareless.violations).toMatchObject([
      { policy: "budget-set", level: "advisory", resource: "", message: expect.stringContaining("memoryMb") },
    ]);
    expect(shareless.exitCode, shareless.output).toBe(0);
    const open = await preview("production", [VOLUME, SERVER, GUARD, DATABASE]);
    expect(open.violations.map(({ policy, resource }) => `${policy} ${resource}`).sort()).toEqual([
      "production-data data",
      "production-data database",
    ]);
    const kept = [VOLUME, DATABASE].map((resource) => ({ ...resource, protect: true }));
    const roomy = { budget: { cpus: 1, memoryMb: 128, pids: 50 } };
    const safe = await preview("production", [...kept, SERVER, GUARD, start], roomy);
    expect(safe.violations).toEqual([]);
    expect(safe.exitCode, safe.output).toBe(0);
  });

  it("takes each stack's own levels, and tells a level of a policy that there isn't", async () => {
    const bad = samplesOf("staging", "bad").filter(({ rule }) => rule === "no-privileged");
    const warned = await preview("staging", bad, { levels: { "no-privileged": "advisory" }, ...ROOMY });
    expect(warned.violations.map(({ policy, level }) => [policy, level])).toEqual([
      ["no-privileged", "advisory"],
    ]);
    expect(warned.exitCode, warned.output).toBe(0);
    const off = await preview("staging", bad, { levels: { "no-privileged": "disabled" }, ...ROOMY });
    expect(off.violations).toEqual([]);
    const wrong = await preview("staging", [], {
      levels: { "no-privilege": "disabled" },
      publish: ["everywhere"],
    });
    expect(wrong.violations.map(({ policy }) => policy)).toEqual(["policy-settings"]);
    expect(wrong.exitCode).not.toBe(0);
  });

  it("stops an update before anything is made", async () => {
    const bad: TestResource = {
      kind: "Network",
      name: "bad",
      inputs: { ...CLEAN.Network, name: "$SYSTEM_other_network" },
    };
    await preview("staging", [VOLUME, bad]);
    const { exitCode, output } = await program.run(
      "up",
      "--yes",
      "--stack",
      "staging",
      "--policy-pack",
      PACK,
    );
    expect(exitCode).not.toBe(0);
    expect(output).toContain("own-names");
    expect((await program.run("stack", "export", "--stack", "staging")).output).not.toContain(
      "docker:index/volume",
    );
  });
});

describe("every system of the repository", () => {
  // The suites of the others bring all of their stacks up, with the policies before it.
  it.each(
    SOAK ? systemNames() : ["oracle"],
  )("%s keeps the policies in all its stacks, as its own files have them", async (system) => {
    const project = await TestProject.create({}, system, true);
    try {
      expect(project.stacks.length).toBeGreaterThan(0);
      // An environment's preview needs the names that the servers which it shares hand out.
      if (project.stacks.includes("shared")) {
        project.configure("shared", { protectData: false });
        const shared = await project.tandem(["up", "shared", "--yes"]);
        expect(shared.exitCode, shared.output).toBe(0);
      }
      for (const stack of project.stacks) {
        const { databaseServer } = project.config(stack) as { databaseServer?: { kind: string } };
        if (databaseServer?.kind === "managed") {
          // A secret, which the tracked files can't hold.
          await project.setSecret(stack, "databasePassword", `canary-of-${stack}`);
        }
        const { exitCode, output } = await project.tandem(["preview", stack]);
        expect(exitCode, output).toBe(0);
        expect(output).toContain("Policies:");
        expect(output).not.toMatch(/\[mandatory\]|policy-settings|budget/);
      }
    } finally {
      await project.remove();
    }
  });
});
