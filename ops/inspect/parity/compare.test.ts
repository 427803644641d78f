// Comparing two stacks: every kind of difference is found, allowed ones are told as allowed, stale entries are named.

import { describe, expect, it } from "vitest";
import type { ParityDefinition } from "../../../infra/settings/parity.ts";
import { types } from "../../../lib/resource-types.ts";
import { compareStacks } from "./compare.ts";
import { type PlannedResource, plannedResources, type ResolvedStack, UNKNOWN } from "./resolved.ts";

const environmentOf = (stack: string) => ({
  APP_ENV: stack,
  NODE_ENV: "production",
  FRONTEND_URL: `https://${stack}.example.com`,
  FEATURE_POOL: "false",
});

function resources(stack: string): PlannedResource[] {
  const resource = (type: string, name: string, inputs: PlannedResource["inputs"] = {}) => ({
    type,
    name,
    inputs,
    protect: false,
  });
  return [
    resource(types.stack, `shop-${stack}`),
    resource("tandem:index:AppService", "app", {
      environment: environmentOf(stack),
      secrets: ["DATABASE_URL"],
    }),
    resource(types.image, "app-image", { reference: "shop:1", imageId: "sha256:aa" }),
    resource(types.container, `shop_${stack}_app-1`, {
      memory: 512,
      cpus: "1.0",
      envs: ["A=1", `APP_ENV=${stack}`],
      healthcheck: { tests: ["CMD", "node", "health.js"], interval: "10s" },
      labels: [
        { label: "tandem.environment", value: stack },
        { label: "tandem.files", value: `fingerprint of ${stack}'s key` },
      ],
      networksAdvanced: [{ name: `shop_${stack}_network` }],
    }),
    resource(types.start, `shop_${stack}_app-1-start`, {
      containerId: stack.repeat(3),
      containerName: `shop_${stack}_app-1-${stack === "staging" ? "0a1b2c3" : "3c2b1a0"}`,
      pids: 256,
    }),
    resource(types.extension, "postgres-extension-vector", { name: "vector" }),
    resource(types.route, "app-route", { hostnames: [`${stack}.example.com`], watchSeconds: 10 }),
  ];
}

const mayDiffer: ParityDefinition = { settings: { hostname: "each has its own" }, resources: {} };

function stack(name: string, change: Partial<ResolvedStack> = {}): ResolvedStack {
  const settings = { hostname: `${name}.example.com`, logLevel: "info", limits: { app: { memoryMb: 512 } } };
  return { system: "shop", stack: name, resources: resources(name), settings, parity: mayDiffer, ...change };
}

/** Compares the pair after a change of one input of production. */
function changed(type: string, inputs: Record<string, unknown>, allowed = mayDiffer) {
  const other = resources("production").map((resource) =>
    resource.type.endsWith(type) ? { ...resource, inputs: { ...resource.inputs, ...inputs } } : resource,
  );
  return compareStacks(
    stack("staging", { parity: allowed }),
    stack("production", { resources: other, parity: allowed }),
  );
}

const wrong = ({ differences }: ReturnType<typeof compareStacks>) =>
  differences.filter(({ reason }) => reason === undefined).map(({ kind, path }) => `${kind} ${path}`);

describe("two stacks that are the same", () => {
  it("A9: have a release's routes told by those themselves, and what it alone says by the release", () => {
    const takeOver = (name: string, watchSeconds: number) => ({
      type: types.takeOver,
      name: "app-take-over",
      inputs: {
        starts: [{ service: "worker", watchSeconds }],
        routes: [{ hostnames: [name === "staging" ? "any.example.com" : "other.example.com"] }],
      },
      protect: false,
    });
    const withOne = (name: string, watchSeconds: number) =>
      stack(name, { resources: [...resources(name), takeOver(name, watchSeconds)] });
    expect(wrong(compareStacks(withOne("staging", 10), withOne("production", 10)))).toEqual([]);
    expect(wrong(compareStacks(withOne("staging", 10), withOne("production", 5)))).toEqual([
      "resource TakeOver:app-take-over.starts.0.watchSeconds",
    ]);
  });

  it("may name the same image by its tag and by its id", () => {
    expect(wrong(changed("Image", { reference: "sha256:aa" }))).toEqual([]);
    const promoted = resources("production").map((resource) =>
      resource.name === "app-image"
        ? { ...resource, inputs: { ...resource.inputs, reference: "sha256:aa" } }
        : resource,
    );
    const settings = (image: string) => ({ hostname: `${image}.example.com`, image });
    const same = compareStacks(
      stack("staging", { settings: settings("shop:1") }),
      stack("production", { resources: promoted, settings: settings("sha256:aa") }),
    );
    expect(wrong(same).filter((path) => path.includes("image"))).toEqual([]);
    expect(wrong(changed("Image", { reference: "sha256:bb", imageId: "sha256:bb" }))).toEqual([
      "image Image:app-image.reference",
      "version Image:app-image.imageId",
    ]);
  });

  it("differ in their own names and in what may differ only", () => {
    const same = compareStacks(stack("staging"), stack("production"));
    expect(wrong(same)).toEqual([]);
    expect(same.stale).toEqual([]);
    expect(same.differences).toEqual([
      {
        kind: "setting",
        path: "setting:hostname",
        values: ["staging.example.com", "production.example.com"],
        reason: "each has its own",
      },
    ]);
  });

  it("differ in the names of containers that a setting of theirs begins", () => {
    const parity: ParityDefinition = { settings: { app: "each has its own name" }, resources: {} };
    const named = (name: string, app: string, suffix: string) => {
      const container = { containerName: `${app}_app-1-${suffix}` };
      const start = { type: types.start, name: `${app}_app-1-start`, inputs: container };
      return stack(name, { settings: { app }, parity, resources: [{ ...start, protect: false }] });
    };
    const staging = named("staging", "shop-staging", "0a1b2c3");
    expect(wrong(compareStacks(staging, named("production", "shop-live", "3c2b1a0")))).toEqual([]);
    expect(wrong(compareStacks(staging, named("production", "shop-live", "other")))).not.toEqual([]);
  });

  it("say nothing of what is not known yet in one of them", () => {
    expect(wrong(changed("Container", { envs: UNKNOWN }))).toEqual([]);
    expect(wrong(changed("Container", { envs: ["A=1", UNKNOWN] }))).toEqual([]);
  });
});

describe("every kind of difference", () => {
  it.each([
    [
      "a variable",
      "AppService",
      { environment: { ...environmentOf("production"), DEBUG: "1" } },
      "environment AppService:app.environment.DEBUG",
    ],
    [
      "a flag",
      "AppService",
      { environment: { ...environmentOf("production"), FEATURE_POOL: "true" } },
      "environment AppService:app.environment.FEATURE_POOL",
    ],
    [
      "a build that isn't production's",
      "AppService",
      { environment: { ...environmentOf("production"), NODE_ENV: "development" } },
      "environment AppService:app.environment.NODE_ENV",
    ],
    [
      "a secret",
      "AppService",
      { secrets: ["DATABASE_URL", "TOKEN"] },
      "environment AppService:app.secrets.TOKEN",
    ],
    ["a secret among the variables", "Container", { envs: "[secret]" }, "environment Container:app-1.envs"],
    ["a version of an image", "Image", { imageId: "sha256:bb" }, "version Image:app-image.imageId"],
    ["memory", "Container", { memory: 1024 }, "limit Container:app-1.memory"],
    ["CPUs", "Container", { cpus: "2.0" }, "limit Container:app-1.cpus"],
    ["processes", "ContainerStart", { pids: 64 }, "limit ContainerStart:app-1-start.pids"],
    [
      "a health check",
      "Container",
      { healthcheck: { tests: ["CMD", "true"], interval: "10s" } },
      "health check Container:app-1.healthcheck.tests",
    ],
    ["a command", "Container", { command: ["node", "--inspect"] }, "resource Container:app-1.command"],
    [
      "a network",
      "Container",
      { networksAdvanced: [{ name: "bridge" }] },
      "resource Container:app-1.networksAdvanced.0.name",
    ],
    [
      "an extension",
      "Extension",
      { version: "0.8" },
      "extension Extension:postgres-extension-vector.version",
    ],
    ["middleware", "Route", { basicAuthUser: "team" }, "middleware Route:app-route.basicAuthUser"],
    ["the watch", "Route", { watchSeconds: 0 }, "middleware Route:app-route.watchSeconds"],
    [
      "another environment's hostname",
      "Route",
      { hostnames: ["staging.example.com"] },
      "middleware Route:app-route.hostnames",
    ],
  ])("%s", (_what, type, inputs, expected) => {
    expect(wrong(changed(type, inputs))).toEqual([expected]);
  });

  it("a service and a resource that only one has are told once", () => {
    const less = resources("production").filter(({ type }) => !/Container$|Extension$/.test(type));
    const found = compareStacks(stack("staging"), stack("production", { resources: less }));
    expect(wrong(found)).toEqual([
      "service Container:app-1",
      "extension Extension:postgres-extension-vector",
    ]);
  });

  it("settings, and what is protected", () => {
    const settings = { ...stack("production").settings, logLevel: "debug", limits: { app: { memoryMb: 1 } } };
    const guarded = resources("production").map((r) => ({ ...r, protect: r.type.endsWith("Extension") }));
    const found = compareStacks(stack("staging"), stack("production", { settings, resources: guarded }));
    expect(wrong(found)).toEqual([
      "setting setting:logLevel",
      "setting setting:limits.app.memoryMb",
      "extension Extension:postgres-extension-vector.protect",
    ]);
  });
});

describe("variables that the stack files give", () => {
  const variable = (name: string, secret = false) => ({ service: "app", name, secret });

  /** A stack whose file gives the app these variables, at each place where they arrive. */
  function giving(name: string, plain: Record<string, string>, secrets: string[] = []): ResolvedStack {
    const variables = [
      ...Object.keys(plain).map((key) => variable(key)),
      ...secrets.map((key) => variable(key, true)),
    ];
    const lines = Object.entries(plain).map(([key, value]) => `${key}=${value}`);
    const environment = { ...environmentOf(name), ...plain };
    const changes: Record<string, Record<string, unknown>> = {
      AppService: { environment, secrets: ["DATABASE_URL", ...secrets] },
      Container: { envs: ["A=1", `APP_ENV=${name}`, ...lines, ...secrets.map((key) => `${key}_FILE=/x`)] },
    };
    const migration = {
      type: "tandem:docker:Migration",
      name: "app-migration",
      inputs: { environment: { ...plain, ...Object.fromEntries(secrets.map((key) => [key, "[secret]"])) } },
      protect: false,
    };
    const all = resources(name).map((resource) => {
      const change = changes[resource.type.split(":").at(-1) ?? ""];
      return change === undefined ? resource : { ...resource, inputs: { ...resource.inputs, ...change } };
    });
    return stack(name, { resources: [...all, migration], variables });
  }

  it("may have different values, and that is told once", () => {
    const found = compareStacks(
      giving("staging", { X: "1" }, ["KEY"]),
      giving("production", { X: "2" }, ["KEY"]),
    );
    expect(wrong(found)).toEqual([]);
    const told = found.differences.filter(({ path }) => path.endsWith(".X"));
    expect(told).toMatchObject([
      {
        path: "AppService:app.environment.X",
        values: ["1", "2"],
        reason: expect.stringContaining("may differ"),
      },
    ]);
    expect(found.stale).toEqual([]);
  });

  it("are told once by name where only one stack has them, a secret one without its value", () => {
    const found = compareStacks(giving("staging", { X: "1" }, ["KEY"]), giving("production", {}));
    expect(wrong(found)).toEqual([
      "environment AppService:app.environment.X",
      "environment AppService:app.secrets.KEY",
    ]);
    expect(found.differences.find(({ path }) => path.endsWith("KEY"))?.values).toEqual(["there", undefined]);
  });

  it("may be named in the allow-list as any other variable", () => {
    const allowed = { ...mayDiffer, resources: { "*.environment.X": "staging tries it" } };
    const one = { ...giving("staging", { X: "1" }), parity: allowed };
    expect(wrong(compareStacks(one, giving("production", {})))).toEqual([]);
  });

  it("must not differ where the topology sets them in the other stack", () => {
    const other = giving("production", { X: "2" });
    expect(wrong(compareStacks(giving("staging", { X: "1" }), { ...other, variables: [] }))).toEqual([
      "environment AppService:app.environment.X",
    ]);
  });
});

describe("the allow-list", () => {
  it("names the reason, by path or by a pattern", () => {
    const allowed = { ...mayDiffer, resources: { "Container:*.memory": "staging is small" } };
    const { differences, stale } = changed("Container", { memory: 64 }, allowed);
    expect(differences.map(({ path, reason }) => [path, reason])).toEqual([
      ["setting:hostname", "each has its own"],
      ["Container:app-1.memory", "staging is small"],
    ]);
    expect(stale).toEqual([]);
  });

  it("doesn't stretch to what it doesn't name", () => {
    const allowed = { ...mayDiffer, resources: { "Container:app-1.mem": "a part of a name" } };
    expect(wrong(changed("Container", { memory: 64 }, allowed))).toEqual(["limit Container:app-1.memory"]);
  });

  it("tells entries that allow nothing", () => {
    const parity = { settings: { ...mayDiffer.settings, logLevel: "x" }, resources: { "*.gone": "y" } };
    expect(compareStacks(stack("staging", { parity }), stack("production", { parity })).stale).toEqual([
      "setting:logLevel",
      "*.gone",
    ]);
  });
});

describe("a preview", () => {
  it("counts a replaced resource once, as it will be, and a deleted one not at all", () => {
    const urn = (name: string) => `urn:pulumi:staging::shop::a$b::${name}`;
    const step = (op: string, name: string, memory: number) => ({
      op,
      newState: { urn: urn(name), type: "t", inputs: { memory } },
    });
    const steps = [
      step("create-replacement", "app", 2),
      step("replace", "app", 2),
      step("delete-replaced", "app", 1),
      step("delete", "old", 1),
      { op: "delete" },
      step("same", "db", 3),
    ];
    expect(plannedResources(steps)).toEqual([
      { type: "t", name: "app", inputs: { memory: 2 }, protect: false },
      { type: "t", name: "db", inputs: { memory: 3 }, protect: false },
    ]);
  });
});
