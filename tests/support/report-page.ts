// Pages of `tandem report` in tests: made of a pair that runs, and looked at in a real browser.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { docker } from "./docker.ts";
import type { TestProject } from "./project.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Makes the page of staging and production; returns its file. */
export async function makePage(project: TestProject): Promise<string> {
  const file = join(project.folder, `report-${project.name}.html`);
  const made = await project.tandem(["report", "--out", file]);
  expect(made.exitCode, made.output).toBe(0);
  return file;
}

/**
 * Makes the page of a pair that is up, and holds it against Docker: every container of both is there, everything could
 * be asked, and nothing is said to be broken or to break a policy.
 *
 * @returns the page's file.
 */
export async function expectWholePage(project: TestProject): Promise<string> {
  const file = await makePage(project);
  const text = readFileSync(file, "utf8");
  expect(text).not.toContain("Not available");
  expect(text).not.toMatch(/Something is broken|breaks the policy/);
  for (const stack of ["staging", "production"]) {
    const label = [`tandem.system=${project.name}`, `tandem.environment=${stack}`];
    const running = await docker.listContainers({ filters: { label } });
    expect(running.length, stack).toBeGreaterThan(1);
    for (const { Names, Labels } of running) {
      const name = String(Names[0]).slice(1);
      expect(text).toContain(`${Labels["tandem.component"]}<br><span class="name">${name}</span>`);
    }
  }
  return file;
}

/** A page in the browser, with what its console complains of, and what it asks for. */
export interface OpenPage {
  page: Page;
  complaints: string[];
  requests: string[];
}

/** Opens a page. */
export async function openPage(
  browser: Browser,
  file: string,
  width: number,
  colorScheme: "light" | "dark" = "light",
): Promise<OpenPage> {
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
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
  // Run from outside of the page, whose policy allows no script.
  await page.evaluate(AXE);
  return (await page.evaluate(
    "axe.run().then(({violations}) => violations.map(({id, nodes}) => id + ': ' + nodes[0].html))",
  )) as string[];
}

/** Fits the screen, asks nobody, says nothing to the console and hinders nobody: on each size, light and dark. */
export async function expectForEverybody(
  browser: Browser,
  file: string,
  sizes: Readonly<Record<string, number>>,
): Promise<void> {
  for (const [size, width] of Object.entries(sizes)) {
    for (const scheme of ["light", "dark"] as const) {
      const { page, complaints, requests } = await openPage(browser, file, width, scheme);
      expect(await violations(page), `${size}, ${scheme}`).toEqual([]);
      const needed = await page.evaluate("document.documentElement.scrollWidth");
      expect(needed, `${size}, ${scheme}`).toBe(width);
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith("file:") && !url.startsWith("data:"))).toEqual([]);
      await page.close();
    }
  }
}
