// The steps of GitHub's workflows: that each is there, what its commands are called with, and what they don't get to see.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { packageRoot } from "../../setup/paths.ts";
import { GitHubEmulator } from "../../tests/emulators/github.ts";
import { readWorkflow, workflowFiles } from "../../tests/support/workflows.ts";
import { runStep } from "./ci.ts";

/** Stands in for `./tandem`: notes down what it gets, and answers with a report. */
const LAUNCHER = `#!/bin/sh
echo "$* token=\${GITHUB_TOKEN-unset} passphrase=\${PULUMI_CONFIG_PASSPHRASE-unset}" >>"$0.log"
case $* in *drift*) echo '{"reports": []}' ;; *preview*) echo '<!-- mark -->' ;; esac
case $* in *broken*) exit 4 ;; esac
`;
let folder: string;
let launcher: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-ci-"));
  launcher = join(folder, "tandem");
  writeFileSync(launcher, LAUNCHER);
  chmodSync(launcher, 0o755);
  vi.stubEnv("TANDEM_LAUNCHER", launcher);
  vi.stubEnv("GITHUB_TOKEN", "token-of-the-run");
  vi.stubEnv("GITHUB_STEP_SUMMARY", "");
  // As GitHub hands on a secret that the repository lacks.
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const called = () =>
  readFileSync(`${launcher}.log`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.replace(/\/\S+/g, "<file>"));

describe("the steps of workflows", () => {
  it("that the workflows run are there, and no other script is", () => {
    const runs = workflowFiles().flatMap((file) =>
      Object.values(readWorkflow(file).jobs).flatMap(({ steps }) =>
        (steps ?? []).map(({ run }) => run ?? ""),
      ),
    );
    const steps = runs.flatMap((run) => /^\.\/tandem ci ([\w-]+)/.exec(run)?.[1] ?? []);
    expect(steps).toHaveLength(4);
    for (const step of steps) expect(existsSync(join(packageRoot, "ops/ci", `${step}.sh`)), step).toBe(true);
  });

  it("refuse one that there isn't, with those that there are", async () => {
    await expect(runStep("../../tandem", [])).rejects.toMatchObject({
      message: 'there is no step "../../tandem"',
      fix: expect.stringContaining("preview-report PULL_REQUEST"),
    });
  });

  it("keep the token from what is looked at, and hand on no empty variable", async () => {
    expect(await runStep("drift-issues", ["--system", "shop"])).toBe(0);
    expect(await runStep("preview-report", ["7", "--system", "shop"])).toBe(0);
    expect(called()).toEqual([
      "--system shop drift --json --wait 1800 token=unset passphrase=unset",
      "ci put-issues <file> token=token-of-the-run passphrase=unset",
      "--system shop preview --report token=unset passphrase=unset",
      "ci put-comment 7 <file> token=token-of-the-run passphrase=unset",
    ]);
  });

  it("end as the command ends that they run", async () => {
    expect(await runStep("deploy", ["up", "broken", ""])).toBe(4);
    expect(await runStep("deploy", ["destroy", "staging", ""])).toBe(2);
    expect(called()).toHaveLength(1);
  });

  it("put a report where it belongs", async () => {
    const emulator = await GitHubEmulator.start();
    try {
      for (const [name, value] of Object.entries(emulator.variables)) vi.stubEnv(name, value);
      const report = join(folder, "report");
      writeFileSync(report, "<!-- mark -->\nfirst");
      await runStep("put-comment", ["7", report]);
      expect(emulator.comments.map(({ issue, body }) => [issue, body])).toEqual([
        [7, "<!-- mark -->\nfirst"],
      ]);
      const drift = {
        subject: "volume a",
        details: [],
        gravity: "data",
        fix: [],
        findings: [],
        firstSeen: "",
      };
      writeFileSync(
        report,
        JSON.stringify({
          reports: [{ project: "shop", stack: "staging", at: "", seconds: 1, drifts: [drift] }],
        }),
      );
      await runStep("put-issues", [report]);
      expect(emulator.issues.map(({ title }) => title)).toEqual(["Drift: staging of shop"]);
    } finally {
      await emulator.stop();
    }
  });
});
