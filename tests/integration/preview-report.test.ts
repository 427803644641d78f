// The report on changes of settings: each with its own verdict, and what `up` then does, seen from outside and under load.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { marker } from "../../ops/inspect/plan/markdown.ts";
import { NO_PAIR, STACKS } from "../support/preview-change.ts";
import { settingGroups } from "../support/preview-changes.ts";
import { codeGroups } from "../support/preview-code-changes.ts";
import { testGroups } from "../support/preview-groups.ts";
import { PreviewPair } from "../support/preview-pair.ts";

let pair: PreviewPair;

beforeAll(async () => {
  pair = await PreviewPair.create();
});

afterAll(async () => {
  await pair?.remove();
});

describe("the report on both environments", () => {
  it("is tested with at least 40 changes, those of code and images in the other file", () => {
    const groups = [...settingGroups(NO_PAIR), ...codeGroups(NO_PAIR)];
    expect(groups.flatMap(({ changes }) => changes).length).toBeGreaterThanOrEqual(40);
  });

  it("takes one line for each that doesn't change, as Markdown, with the difference folded", async () => {
    const { exitCode, output } = await pair.project.tandem(["preview", ...STACKS, "--report"]);
    expect(exitCode, output).toBe(0);
    expect(output).toContain(marker(pair.project.name));
    expect(output).toContain("**staging**: no changes\n");
    expect(output).toMatch(
      /^\*\*production\*\*: no changes; advisory policies: digest-in-production \(\d\)$/m,
    );
    expect(output).toMatch(/<details><summary>\d+ settings differ between staging and production<\/summary>/);
  });
});

describe("settings", () => {
  testGroups(settingGroups, () => pair);
});
