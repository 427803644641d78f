// Unit tests of what the workflows do on GitHub: one comment and one issue each, against an emulator of its API.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GitHubEmulator } from "../../../tests/emulators/github.ts";
import type { Drift } from "../drift/finding.ts";
import { type DriftReport, renderDriftMarkdown } from "../drift/render.ts";
import { GitHub } from "./client.ts";
import { putComment } from "./comment.ts";
import { settleIssue } from "./drift-issue.ts";

const MARK = "<!-- tandem-preview:shop -->";
let emulator: GitHubEmulator;
let github: GitHub;

beforeEach(async () => {
  emulator = await GitHubEmulator.start();
  github = new GitHub(emulator.variables);
});
afterEach(() => emulator.stop());

describe("the comment on a pull request", () => {
  it("is made once, updated in its place, and left alone where nothing changed", async () => {
    const user = { type: "User" as const };
    for (let id = 1; id <= 149; id++) emulator.comments.push({ id, issue: 7, body: `talk ${id}`, user });
    // A person's, with the mark: it is neither changed nor taken for the report.
    emulator.comments.push({ id: 150, issue: 7, body: `${MARK}\nall is well`, user });
    await putComment(github, 7, `${MARK}\nfirst`);
    await putComment(github, 7, `${MARK}\nsecond`);
    await putComment(github, 7, `${MARK}\nsecond`);
    expect(emulator.comments.filter(({ body }) => body.startsWith(MARK)).map(({ body }) => body)).toEqual([
      `${MARK}\nall is well`,
      `${MARK}\nsecond`,
    ]);
    expect(emulator.changes).toEqual(["POST /issues/7/comments", "PATCH /issues/comments/151"]);
  });

  it("is refused without its mark, and a wrong token is told", async () => {
    await expect(putComment(github, 7, "hello")).rejects.toThrow("its mark");
    const wrong = new GitHub({ ...emulator.variables, GITHUB_TOKEN: "wrong" });
    await expect(putComment(wrong, 7, MARK)).rejects.toThrow("GitHub answers 401");
    expect(() => new GitHub({})).toThrow("GITHUB_TOKEN");
  });
});

describe("the issue about drift", () => {
  const drift = (subject: string): Drift => ({
    subject,
    details: ["is | gone"],
    gravity: "data",
    fix: ["docker volume ls"],
    findings: [],
    firstSeen: "2026-01-01T00:00:00.000Z",
  });
  const report = (stack: string, ...subjects: string[]): DriftReport => ({
    project: "shop",
    stack,
    command: `./tandem drift ${stack}`,
    at: "2026-01-02T00:00:00.000Z",
    seconds: 1,
    drifts: subjects.map(drift),
  });

  it("is opened, updated and closed, one per stack", async () => {
    await settleIssue(github, report("staging"));
    expect(emulator.issues).toEqual([]);
    await settleIssue(github, report("staging", "volume a"));
    await settleIssue(github, report("production", "volume b"));
    await settleIssue(github, report("staging", "volume a", "volume c"));
    expect(emulator.issues.map(({ title, state }) => [title, state])).toEqual([
      ["Drift: staging of shop", "open"],
      ["Drift: production of shop", "open"],
    ]);
    expect(emulator.issues[0]?.body).toContain("volume c");
    await settleIssue(github, report("staging"));
    expect(emulator.issues.map(({ state }) => state)).toEqual(["closed", "open"]);
    await settleIssue(github, report("staging", "volume a"));
    expect(emulator.issues).toHaveLength(3);
  });

  it("stays within GitHub's length, and counts what has no room", async () => {
    const many = report(
      "staging",
      ...Array.from({ length: 2000 }, (_, index) => `volume ${index} ${"x".repeat(50)}`),
    );
    expect(renderDriftMarkdown(many).length).toBeLessThan(65_536);
    expect(renderDriftMarkdown(many)).toMatch(/and \d+ more/);
    await settleIssue(github, many);
    expect(emulator.issues).toHaveLength(1);
  });
});
