// What a person sees: both environments in headless Chromium.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser } from "../support/browser.ts";
import { TestProject } from "../support/project.ts";

let project: TestProject;
let browser: Browser;

beforeAll(async () => {
  project = await TestProject.create({ production: { basicAuthUser: undefined } });
  for (const stack of ["staging", "production"]) {
    const up = await project.tandem(["up", stack, "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
  }
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await project.remove();
});

/** Opens an environment's page and keeps what the console complains of. */
async function open(stack: string): Promise<{ page: Page; complaints: string[] }> {
  const { hostname, hostPort } = project.config(stack);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`http://${hostname}:${hostPort}/`, { waitUntil: "load" });
  return { page, complaints };
}

describe("the page", () => {
  it("Oracle: banner, staging shows it to a browser, takes a note, finds it again and is live", async () => {
    const { page, complaints } = await open("staging");
    await page.getByText("STAGING ENVIRONMENT").waitFor();
    await page.locator('[data-testid=live][data-state="open"]').waitFor();
    await page.getByRole("textbox").first().fill("seen by a browser");
    await page.getByRole("button").first().click();
    await page.getByText("seen by a browser").first().waitFor();
    expect(complaints).toEqual([]);
  });

  it("Oracle: banner, production shows none to a browser and none of staging's notes", async () => {
    const { page, complaints } = await open("production");
    expect(await page.getByTestId("banner").count()).toBe(0);
    expect(await page.getByText("seen by a browser").count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
