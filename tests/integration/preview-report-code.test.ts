// The report on changes of code and images, and on those that must stop: in the pull request's comment, as a page, and by
// what `up` then does. Also what the engine's own plan hides.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { marker } from "../../ops/inspect/plan/markdown.ts";
import { GitHubEmulator } from "../emulators/github.ts";
import { openBrowser } from "../support/browser.ts";
import { type Change, STACKS } from "../support/preview-change.ts";
import { codeGroups } from "../support/preview-code-changes.ts";
import { testGroups } from "../support/preview-groups.ts";
import { HiddenPlan } from "../support/preview-hidden.ts";
import { PreviewPair } from "../support/preview-pair.ts";
import { ROOT } from "../support/project.ts";
import { openPage, violations } from "../support/report-page.ts";
import { evaluateAll, pullRequestOf, readWorkflow } from "../support/workflows.ts";

let pair: PreviewPair;

beforeAll(async () => {
  pair = await PreviewPair.create();
});

afterAll(async () => {
  await pair?.remove();
});

/** One of the changes by its name. */
function changeOf(name: string): Change {
  const change = codeGroups(pair.facts)
    .flatMap(({ changes }) => changes)
    .find((one) => one.name === name);
  if (change === undefined) throw new Error(`there is no change '${name}'`);
  return change;
}

describe("the workflow's script", () => {
  const RISKY = "another volume for Redis, data released";
  let github: GitHubEmulator;

  beforeAll(async () => {
    github = await GitHubEmulator.start();
  });

  afterAll(async () => {
    await github.stop();
  });

  /** Runs it with the variables that the workflow's step gives it where these labels are put on a pull request. */
  async function run(labels: string[], ...changes: Change[]): Promise<{ exitCode: number; comment: string }> {
    const step = readWorkflow("preview.yml").jobs.preview?.steps?.find(({ name }) => name === "Preview");
    const contexts = { github: pullRequestOf("own", labels, labels[0]), matrix: { system: "oracle" } };
    const { NUMBER = "", APPROVED } = evaluateAll(step?.env, contexts);
    const env = { ...pair.project.environment(), ...github.variables, APPROVED };
    const { exitCode = 1 } = await pair.with(changes, () =>
      execa(join(ROOT, "tandem"), ["ci", "preview-report", NUMBER, "--project", pair.project.folder], {
        env,
        reject: false,
        stdin: "ignore",
      }),
    );
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]).toMatchObject({ issue: 7 });
    return { exitCode, comment: github.comments[0]?.body ?? "" };
  }

  it("writes one comment, and passes where nothing is wrong", async () => {
    const { exitCode, comment } = await run([]);
    expect(exitCode).toBe(0);
    expect(comment).toContain(marker(pair.project.name));
    expect(comment).toContain("**staging**: no changes\n");
  });

  it("fails with 5 on a broken policy, whatever was approved, and updates the comment", async () => {
    const { exitCode, comment } = await run(["data approved"], changeOf("a port that the world reaches"));
    expect(exitCode).toBe(5);
    expect(comment).toMatch(/^### staging: 🛑 /m);
    expect(comment).toMatch(/^- 🛑 policy /m);
    expect(comment).toMatch(/^\*\*production\*\*: no changes/m);
  });

  it("fails with 6 on data at risk", async () => {
    const { exitCode, comment } = await run(["bug"], changeOf(RISKY));
    expect(exitCode).toBe(6);
    for (const stack of STACKS) expect(comment).toMatch(new RegExp(`^### ${stack}: 🛑 `, "m"));
    expect(comment).toMatch(/^- 🛑 replaces or removes the volume /m);
  });

  it("passes once somebody has approved it, and still says it", async () => {
    const { exitCode, comment } = await run(["data approved"], changeOf(RISKY));
    expect(exitCode).toBe(0);
    expect(comment).toMatch(/^- 🛑 replaces or removes the volume /m);
  });
});

describe("the report as a page", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
  });

  it("says what is at stake, asks nobody, says nothing to the console and hinders nobody", async () => {
    const { stdout, exitCode } = await pair.with([changeOf("a port that the world reaches")], () =>
      execa(...pair.project.commandLine(["preview", ...STACKS, "--report", "--html"]), {
        ...{ env: pair.project.environment(), reject: false, stdin: "ignore" },
      }),
    );
    expect(exitCode).toBe(5);
    const file = join(pair.project.folder, "preview.html");
    writeFileSync(file, stdout);
    for (const [width, scheme] of [
      [360, "light"],
      [360, "dark"],
      [1280, "light"],
      [1280, "dark"],
    ] as const) {
      const { page, complaints, requests } = await openPage(browser, file, width, scheme);
      expect(await violations(page), `${width}, ${scheme}`).toEqual([]);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([`file://${file}`]);
      const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect(wide, `${width}, ${scheme}`).toBeLessThanOrEqual(0);
      expect(await page.locator("section", { hasText: "staging" }).first().innerText()).toMatch(
        /Stop: policy/,
      );
      expect(await page.getByText("No changes.").count()).toBe(1);
      await page.close();
    }
  });
});

describe("what the engine's plan hides", () => {
  let hidden: HiddenPlan;

  beforeAll(async () => {
    hidden = await HiddenPlan.create();
  });

  afterAll(async () => {
    await hidden?.remove();
  });

  it("is said by the report: containers whose image has moved, and updates that no container gets", async () => {
    await hidden.change();
    // The engine's own word on the same plan.
    expect(await hidden.engineSteps()).toEqual({ asked: "update", kept: "update", limited: "update" });
    const { effects, risks } = await hidden.report();
    expect(effects).toMatchObject({
      hidden: ["limited", "unnamed"],
      restarts: ["limited", "unnamed"],
      replaces: [],
      updates: ["asked"],
      idle: ["kept: healthcheck", "kept: init", "kept: tmpfs"],
    });
    expect(risks.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["restart", "hidden", "idle", "image"]),
    );
    expect(await hidden.up()).toEqual({ replaced: ["limited", "unnamed"], as: ["asked", "kept"] });
  });
});

describe("code and images", () => {
  testGroups(codeGroups, () => pair);
});
