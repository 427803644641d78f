// `tandem report` on The Oracle's pair, in a real browser: what the page says, and that everybody can read it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Comparison } from "../../ops/inspect/parity/compare.ts";
import type { Report } from "../../ops/inspect/report/model.ts";
import { renderReport } from "../../ops/inspect/report/page/page.ts";
import { makeRestorePoint, type RestorePoint } from "../../provider/postgres/restore-point.ts";
import { openBrowser } from "../support/browser.ts";
import { docker } from "../support/docker.ts";
import { long } from "../support/long-form.ts";
import { ROOMY, TestProject } from "../support/project.ts";
import { expectForEverybody, makePage, openPage, violations } from "../support/report-page.ts";
import { containerOf } from "../support/snapshot.ts";

const CANARIES = { staging: "canary-of-staging-4711", production: "canary-of-production-0815" };
const SIZES = { phone: 360, "large phone": 390, desktop: 1280 };
/** What a provider might ask; The Oracle's own table is empty. */
const PRICES = [
  { item: "server", per: "environment", from: 12.5, to: 20 },
  { item: "memory", per: "memoryGib", from: 3, to: 3 },
];

let project: TestProject;
let browser: Browser;
/** One of each environment. */
const points: RestorePoint[] = [];

beforeAll(async () => {
  project = await TestProject.create({
    staging: {
      prices: PRICES,
      "tandem:policies": { ...ROOMY, budget: { cpus: 3, memoryMb: 2048, pids: 2000 } },
    },
    production: { prices: PRICES },
  });
  for (const stack of ["staging", "production"] as const) {
    await project.setSecret(stack, "voipToken", CANARIES[stack]);
    const up = await project.tandem(["up", stack, "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
  }
  for (const stack of ["staging", "production"]) {
    const containerId = await containerOf(project.name, stack, "postgres");
    const name = `${project.name}_${stack}`.replaceAll("-", "_");
    points.push(await makeRestorePoint(docker, { containerId, name }, "migration"));
  }
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await project.remove();
});

/** The document in what a command printed. */
function documentIn<T>(output: string): T {
  return JSON.parse(output.slice(output.indexOf("{\n"), output.lastIndexOf("\n}") + 2)) as T;
}

async function reportDocument(): Promise<Report> {
  const { exitCode, output } = await project.tandem(["report", "--json"]);
  expect(exitCode, output).toBe(0);
  return documentIn<Report>(output);
}

const focused = (page: Page) =>
  page.evaluate("document.activeElement.textContent.trim().slice(0, 40)") as Promise<string>;

describe("a pair that is well", () => {
  let file: string;

  it("is told so, with everything known of both", async () => {
    const { verdict, sentence, problems, environments, parity } = await reportDocument();
    expect(problems.filter(({ level }) => level !== "note")).toEqual([]);
    expect(verdict).toBe("good");
    expect(sentence).toContain("Staging and production are well");
    for (const {
      name,
      condition,
      topology,
      limits,
      plan,
      policies,
      restorePoints,
      deploys,
      cost,
    } of environments) {
      expect(condition).toBe("up");
      expect(plan).toMatchObject({ ok: true, value: { changes: 0 } });
      expect(policies).toMatchObject({ ok: true });
      expect(restorePoints).toMatchObject({ ok: true, value: { points: [points.shift()] } });
      const month = { currency: "USD", from: 17, to: 24.5, unpriced: [] };
      expect(cost).toMatchObject({ ok: true, value: month });
      expect(deploys).toMatchObject({ ok: true, value: [{ kind: "update", result: "succeeded" }] });
      expect(limits).toMatchObject({ ok: true, value: { used: { cpus: 3, memoryMb: 1536, pids: 1088 } } });
      const edges = topology.ok ? topology.value.edges.map(({ from, to }) => `${from} > ${to}`) : [];
      expect(edges.toSorted(), name).toEqual([
        ...["container:app > container:postgres", "container:app > container:redis"],
        ...["container:gateway > container:app", "container:gateway > volume:gateway_config"],
        ...["container:postgres > volume:pgdata", "container:redis > volume:redisdata"],
        "entry > container:gateway",
      ]);
    }
    // One preview for all: it must say of both what `tandem parity`'s own says.
    const { output } = await project.tandem(["parity", "--json"]);
    expect(parity).toEqual({ ok: true, value: documentIn<Comparison>(output) });
  });

  it("fits each screen, light and dark, asks nobody, says nothing to the console and hinders nobody", async () => {
    file = await makePage(project);
    await expectForEverybody(browser, file, SIZES);
  });

  it("lists restore points with the way back, and adds a month's cost up", async () => {
    const { page } = await openPage(browser, file, 390);
    for (const [index, stack] of ["staging", "production"].entries()) {
      const restore = page.locator("#restore-points table").nth(index);
      expect(await restore.locator("tbody tr").allTextContents()).toEqual([
        expect.stringMatching(/^\d{8}-\d{6}-before-migration.*\d+ KiB$/s),
      ]);
      const section = await page.locator("#restore-points").textContent();
      expect(section).toContain(`./tandem rollback ${stack} --database`);
      const cost = page.locator("#cost .pair > *").nth(index);
      expect(await cost.locator(".sum").textContent()).toBe("USD 17–24.50");
      expect(await cost.locator("tbody tr").allTextContents()).toEqual([
        expect.stringMatching(/^server.*1 environment.*USD 12.50–20$/s),
        expect.stringMatching(/^memory.*1.5 GiB of memory.*USD 4.50$/s),
      ]);
    }
    await page.close();
  });

  it("can be walked through with the keyboard alone", async () => {
    const { page } = await openPage(browser, file, 1280);
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the report");
    const stops: string[] = [];
    const all = (await page.locator("nav a").allTextContents()).concat(
      await page.locator("summary:visible").allTextContents(),
    );
    for (let index = 0; index < all.length; index++) {
      await page.keyboard.press("Tab");
      stops.push(await focused(page));
    }
    expect(stops).toEqual(all.map((text) => text.trim().slice(0, 40)));
    const last = page.locator("details").filter({ has: page.locator("summary:focus") });
    expect(await last.getAttribute("open")).toBeNull();
    await page.keyboard.press("Enter");
    expect(await last.getAttribute("open")).not.toBeNull();
    await page.close();
  });
});

describe("a pair that isn't", () => {
  it("leads with what is broken and how to fix it, and shows no secret", async () => {
    project.configure("production", { replicas: 2 });
    const name = await containerOf(project.name, "staging", "redis");
    await docker.getContainer(name).stop();
    expect((await project.tandem(["drift", "staging"])).exitCode).toBe(2);
    const file = await makePage(project);
    const text = readFileSync(file, "utf8");
    for (const secret of Object.values(CANARIES)) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/postgres:\/\/|redis:\/\/|v1:[\w+/=]{8}/);
    const { page } = await openPage(browser, file, 360);
    expect(await page.locator("h1").textContent()).toMatch(
      /^Something is broken in staging: redis doesn't run/,
    );
    const problems = await page.locator("#attention > ol > li").allTextContents();
    expect(problems.join("\n")).toMatch(/redis doesn't run, it is exited.*\.\/tandem up staging/);
    expect(problems.join("\n")).toMatch(/changed by hand: container \S+redis.*\.\/tandem drift staging/);
    expect(problems.join("\n")).toMatch(/differ that must not.*\.\/tandem parity staging production/);
    expect(await page.locator("#topology").textContent()).toContain("doesn't run");
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  long("is made where one is down and the host of the other doesn't answer", async () => {
    expect((await project.tandem(["down", "staging", "--yes"])).exitCode).toBe(0);
    project.configure("production", { dockerHost: `unix://${project.folder}/nobody.sock` });
    const document = await reportDocument();
    const [staging, production] = document.environments;
    expect(staging).toMatchObject({ condition: "down", containers: { ok: true }, deploys: { ok: true } });
    expect(production).toMatchObject({
      condition: "unknown",
      containers: { ok: false },
      plan: { ok: false },
    });
    const file = join(project.folder, "broken.html");
    writeFileSync(file, renderReport(document));
    const { page, complaints } = await openPage(browser, file, 360);
    expect(await page.locator("h1").textContent()).toContain("Something is broken in production");
    expect(await page.locator("section").count()).toBe(11);
    expect(await page.getByText("Not available").count()).toBeGreaterThan(4);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("says what is wrong with the command", async () => {
    const other = await project.tandem(["report", "staging", "elsewhere"]);
    expect([other.exitCode, other.output]).toEqual([2, expect.stringContaining('no stack "elsewhere"')]);
    const same = await project.tandem(["report", "staging", "staging"]);
    expect([same.exitCode, same.output]).toEqual([2, expect.stringContaining("no pair")]);
  });
});
