// The guards through the real `up`: at least twenty ways to reach into another environment, or to act where one may not.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { guardCases } from "../../infra/check/guard-cases.ts";
import { Repository } from "../../infra/check/testing-repository.ts";
import { dockerActions, filesBelow, problemsIn } from "../support/bad-config.ts";
import { uniqueName } from "../support/docker.ts";
import { ROOT } from "../support/project.ts";

const PASSPHRASE = "guards";
/** Cases that it takes to say that the guards hold. */
const LEAST = 20;
const folder = mkdtempSync(join(tmpdir(), "tandem-guards-"));
const home = mkdtempSync(join(tmpdir(), "tandem-home-"));
const prefix = `${uniqueName("g")}-`;
let repository: Repository;
let began: number;

beforeAll(() => {
  repository = new Repository(folder, prefix, PASSPHRASE);
  began = Date.now();
});
beforeEach(() => repository.write());
afterAll(() => {
  for (const path of [folder, home]) rmSync(path, { recursive: true, force: true });
});

/** Runs `./tandem up` as a user in this repository would. */
async function up(system: string, stack: string): Promise<{ exitCode: number | undefined; output: string }> {
  const args = ["--project", repository.projectOf(system), "up", stack, "--yes"];
  const variables = { PULUMI_CONFIG_PASSPHRASE: PASSPHRASE, PULUMI_BACKEND_URL: undefined };
  const { exitCode, all } = await execa(join(ROOT, "tandem"), args, {
    reject: false,
    all: true,
    stdin: "ignore",
    cwd: repository.projectOf(system),
    env: { ...variables, TANDEM_HOME: home, NO_COLOR: "1" },
  });
  return { exitCode, output: all };
}

describe("up refuses an environment with", () => {
  it.each(
    guardCases.map((one) => [`${one.what} (${one.system} ${one.stack})`, one] as const),
  )("%s", async (_, one) => {
    repository.spoil(one);
    const before = { ...filesBelow(folder), ...filesBelow(home) };
    const { exitCode, output } = await up(one.system, one.stack);
    expect(exitCode, output).toBe(2);
    expect({ ...filesBelow(folder), ...filesBelow(home) }).toEqual(before);
    const printed = problemsIn(repository.projectOf(one.system), output).map(({ key, reason, fix }) => ({
      key: repository.inWordsOfCases(key),
      reason: repository.inWordsOfCases(reason),
      fix: repository.inWordsOfCases(fix),
    }));
    expect(printed).toContainEqual({
      key: one.key,
      reason: expect.stringMatching(one.reason),
      fix: `pulumi config ${one.fix}`,
    });
    expect(output).toContain("nothing was touched");
    for (const secret of Object.values(one.secrets?.[0] ?? {})) expect(output).not.toContain(secret);
  });

  it(`${LEAST} cases and more`, () => {
    expect(guardCases.length).toBeGreaterThanOrEqual(LEAST);
  });

  it("no word to Docker that changes anything", async () => {
    expect(await dockerActions(prefix, began)).toEqual([]);
  });
});
