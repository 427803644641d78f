// The fixing commands of the check, run by a shell with the real Pulumi CLI: each fixes what it was given for.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueCases } from "../../infra/check/cases.ts";
import { checkStack } from "../../infra/check/index.ts";
import { ruleCases } from "../../infra/check/rule-cases.ts";
import { find, productionSource, projectSource, stagingSource } from "../../infra/check/testing.ts";

const folder = mkdtempSync(join(tmpdir(), "tandem-fixes-"));
const stackFile = join(folder, "Pulumi.staging.yaml");
const env = {
  PULUMI_BACKEND_URL: `file://${folder}`,
  PULUMI_CONFIG_PASSPHRASE: "only for this test",
  PULUMI_SKIP_UPDATE_CHECK: "true",
  EDITOR: "false",
};
let salt = "";

/** Runs a command as a user would; a secret that it asks for comes from standard input. */
function shell(command: string) {
  return execa("sh", ["-c", command], { cwd: folder, env, input: "a-secret-of-this-test", timeout: 30_000 });
}

beforeAll(async () => {
  writeFileSync(join(folder, "Pulumi.yaml"), projectSource);
  writeFileSync(join(folder, "Pulumi.production.yaml"), productionSource);
  await shell("pulumi stack init staging");
  salt = readFileSync(stackFile, "utf8");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

// A file that an editor must fix has no command of its own.
const fixable = [...valueCases, ...ruleCases].filter(([, , , , , fix]) => !String(fix).includes("EDITOR"));

describe("the fixing command", () => {
  it.each(fixable)("for %s", async (_, edits, kind, key) => {
    const spoilt = edits.reduce((text, edit) => edit(text), stagingSource);
    const salted = spoilt.includes("encryptionsalt") || kind === "broken-secret";
    writeFileSync(stackFile, salted ? spoilt : `${spoilt.trimEnd()}\n${salt}`);
    const { fix } = find(await check(), kind, key);
    await shell(fix);
    const left = await check();
    expect(left.filter((problem) => problem.kind === kind && problem.key === key)).toEqual([]);
  });
});

function check() {
  return checkStack({ projectDir: folder, stack: "staging", deep: false });
}
