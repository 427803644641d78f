// `tandem report` on The Oracle's pair, in a real browser: what the page says, and that everybody can read it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Comparison } from "../../ops/parity/compare.ts";
import type { Report } from "../../ops/report/model.ts";
import { renderReport } from "../../ops/report/page/page.ts";
import { openBrowser } from "../support/browser.ts";
import { docker } from "../support/docker.ts";
import { TestProject } from "../support/project.ts";
import { containerOf } from "../support/snapshot.ts";

const CANARIES = { staging: "canary-of-staging-4711", production: "canary-of-production-0815" };
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = [
  ["phone", 360],
  ["large phone", 390],
  ["desktop", 1280],
] as const;

let project: TestProject;
let browser: Browser;

beforeAll(async () => {
  project = await TestProject.create({
    staging: { "tandem:policies": { budget: { cpus: 3, memoryMb: 2048, pids: 2000 } } },
  });
  for (const stack of ["staging", "production"] as const) {
    await project.setSecret(stack, "voipToken", CANARIES[stack]);
    const up = await project.tandem(["up", stack, "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
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

/** Makes the page; returns its file. */
async function makePage(): Promise<string> {
  const made = await project.tandem(["report"]);
  expect(made.exitCode, made.output).toBe(0);
  const file = join(project.folder, `report-${project.name}.html`);
  expect(existsSync(file)).toBe(true);
  return file;
}

/** Opens the page and keeps what the console complains of, and what it asks for. */
async function open(file: string, width: number, colorScheme: "light" | "dark" = "light") {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(`file://${file}`);
  return { page, complaints, requests };
}

/** Whatever the accessibility checker finds, with what is folded away unfolded. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
  // Run from outside of the page, whose policy allows no script.
  await page.evaluate(AXE);
  return (await page.evaluate(
    "axe.run().then(({violations}) => violations.map(({id, nodes}) => id + ': ' + nodes[0].html))",
  )) as string[];
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
    } of environments) {
      expect(condition).toBe("up");
      expect(plan).toMatchObject({ ok: true, value: { changes: 0 } });
      expect(policies).toMatchObject({ ok: true });
      expect(restorePoints).toMatchObject({ ok: true });
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
    file = await makePage();
    for (const [size, width] of SIZES) {
      for (const scheme of ["light", "dark"] as const) {
        const { page, complaints, requests } = await open(file, width, scheme);
        expect(await violations(page), `${size}, ${scheme}`).toEqual([]);
        const needed = await page.evaluate("document.documentElement.scrollWidth");
        expect(needed, `${size}, ${scheme}`).toBe(width);
        expect(complaints).toEqual([]);
        expect(requests.filter((url) => !url.startsWith("file:") && !url.startsWith("data:"))).toEqual([]);
        await page.close();
      }
    }
  });

  it("can be walked through with the keyboard alone", async () => {
    const { page } = await open(file, 1280);
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
  it("leads with what is broken and how to mend it, and shows no secret", async () => {
    project.configure("production", { replicas: 2 });
    const name = await containerOf(project.name, "staging", "redis");
    await docker.getContainer(name).stop();
    expect((await project.tandem(["drift", "staging"])).exitCode).toBe(2);
    const file = await makePage();
    const text = readFileSync(file, "utf8");
    for (const secret of Object.values(CANARIES)) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/postgres:\/\/|redis:\/\/|v1:[\w+/=]{8}/);
    const { page } = await open(file, 360);
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

  it("is made where one is down and the host of the other doesn't answer", async () => {
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
    const { page, complaints } = await open(file, 360);
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
