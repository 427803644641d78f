// Budgets: each stack of this repository has a share of its server that its limits fit, and shares of one server fit it.
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { AMOUNT_KEYS } from "../../lib/host-budget.ts";
import { budgetIssues, budgetOf, demanded, dockerIssues, hostOf, type Tenant } from "./budgets.ts";
import { loadProject } from "./project-file.ts";
import { loadSiblings } from "./siblings.ts";
import { stacksIn } from "./stack-file.ts";
import { loadSystem } from "./system.ts";
import { checkStaging, find, put } from "./testing.ts";
import { projectFolder, systems } from "./testing-repository.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** The template of `tandem new` is a system, too, as soon as somebody takes it. */
const TEMPLATE = "docs/template";

/** All tracked stacks of a project. */
async function tenantsOf(folder: string): Promise<Tenant[]> {
  const { project } = loadProject(folder);
  if (project === undefined) throw new Error(`${folder} has no project`);
  const loaded = await loadSystem(folder, project);
  if ("problem" in loaded) throw new Error(loaded.problem.reason);
  // Of a stack that there isn't, all others are siblings.
  return loadSiblings(folder, project, "none", loaded.settings);
}

const folders = [
  ...systems().map((system) => [system, projectFolder(system)]),
  ["template", join(ROOT, TEMPLATE)],
];

describe.each(folders)("%s", (_, folder = "") => {
  it("has a server and a share of it in every stack, which the limits fit", async () => {
    const tenants = await tenantsOf(folder);
    expect(tenants.map(({ stack }) => stack).toSorted()).toEqual(stacksIn(folder).toSorted());
    for (const tenant of tenants) {
      expect(hostOf(tenant), tenant.stack).toBeDefined();
      expect(tenant.demands.length, tenant.stack).toBeGreaterThan(0);
      for (const key of AMOUNT_KEYS) {
        const share = budgetOf(tenant)?.[key] ?? 0;
        expect(demanded(tenant.demands, key), `${tenant.stack}, ${key}`).toBeGreaterThan(0);
        expect(share, `${tenant.stack}, ${key}`).toBeGreaterThanOrEqual(demanded(tenant.demands, key));
      }
    }
  });

  it("fits each server with all stacks that are on it, seen from any of them", async () => {
    const tenants = await tenantsOf(folder);
    for (const tenant of tenants) {
      const others = tenants.filter((other) => other !== tenant);
      expect(budgetIssues(tenant, others), tenant.stack).toEqual([]);
    }
  });
});

const tenant = (stack: string, policies: object, cpus = 1): Tenant => ({
  stack,
  foreign: new Map([["tandem:policies", policies]]),
  demands: [{ path: ["limits", "app"], cpus, memoryMb: 512, pids: 100, count: 2 }],
});
const SERVER = { name: "server", cpus: 4, memoryMb: 4096 };

describe("shares of one server", () => {
  it("are added up with those of every stack that names it, and refused where they are too much", () => {
    const own = tenant("staging", { host: SERVER, budget: { cpus: 1.5, memoryMb: 2048 } });
    const production = tenant("production", { host: SERVER, budget: { cpus: 2, memoryMb: 2048 } });
    const elsewhere = tenant("shared", { host: { ...SERVER, name: "other" }, budget: { cpus: 4 } });
    expect(budgetIssues(own, [production, elsewhere])).toEqual([]);
    const shared = tenant("shared", { host: SERVER, budget: { cpus: 1, memoryMb: 1 } });
    const [cpus, memory, ...more] = budgetIssues(own, [production, shared]);
    expect(more).toEqual([]);
    expect(cpus).toMatchObject({
      problem: "over-budget",
      path: ["tandem:policies", "budget", "cpus"],
      reason:
        "staging (1.5), production (2) and shared (1) may use 4.5 CPUs together, and their host server has 4",
      fix: [{ do: "set", path: ["tandem:policies", "budget", "cpus"], value: "1" }],
    });
    expect(memory?.path.at(-1)).toBe("memoryMb");
  });

  it("are what the limits add up to where a stack sets none, and processes where the server's are told", () => {
    const none = tenant("production", { host: { ...SERVER, pids: 250 } });
    const own = tenant("staging", JSON.parse(JSON.stringify({ host: { ...SERVER, pids: 250 } })), 1.01);
    expect(budgetIssues(own, [none]).map(({ path }) => path.at(-1))).toEqual(["cpus", "pids"]);
  });

  it("are refused where two stacks tell the server's size differently", () => {
    const own = tenant("staging", { host: SERVER });
    const [issue, ...more] = budgetIssues(own, [tenant("production", { host: { ...SERVER, cpus: 8 } })]);
    expect(more).toEqual([]);
    expect(issue).toMatchObject({
      problem: "unlike-other-stack",
      reason: "4 CPUs for server, and production says 8: it is one server",
    });
  });

  it("are an error of the stack's file, with the command that fixes it", async () => {
    const host = "{name: ingcoolify, cpus: 12, memoryMb: 8192}";
    const problems = await checkStaging([
      put("tandem:policies", `{host: ${host}, budget: {cpus: 9, memoryMb: 2048, pids: 1400}}`),
    ]);
    const problem = find(problems, "over-budget", "tandem:policies.budget.cpus");
    expect(problem.severity).toBe("error");
    expect(problem.fix).toBe("pulumi config set --path tandem:policies.budget.cpus 8 --stack staging");
  });
});

describe("limits on a Docker that is smaller", () => {
  const docker = { cpus: 2, memoryMb: 1536 };

  it("are told of all stacks on it: memory always, CPUs where no server is named", () => {
    const own = tenant("staging", {}, 1.5);
    const both = dockerIssues(own, [tenant("production", {})], docker);
    expect(both.map(({ path, severity, fix }) => [path, severity, fix[0]])).toEqual([
      [["limits"], "warning", { do: "set", path: ["limits", "app", "memory"], value: "256m" }],
      [["limits"], "warning", { do: "set", path: ["limits", "app", "cpus"], value: "0.75" }],
    ]);
    expect(both[1]?.reason).toBe(
      "together the containers of staging and production may use 5 CPUs, more than the 2 of the Docker host",
    );
    const named = tenant("staging", { host: SERVER }, 1.5);
    expect(dockerIssues(named, [tenant("production", {})], docker)).toHaveLength(1);
  });

  it("are not added to those of a stack on another one", () => {
    const elsewhere = { ...tenant("production", {}), dockerHost: "ssh://me@server" };
    expect(dockerIssues(tenant("staging", {}), [elsewhere], docker)).toEqual([]);
  });
});
