// The guards: each case is refused for its reason with its command; the tracked files and an explicit word pass.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GuardCase, guardCases } from "./guard-cases.ts";
import { checkStack } from "./index.ts";
import { put } from "./testing.ts";
import { guardTable } from "./testing-guards.ts";
import { Repository, systems } from "./testing-repository.ts";

const PASSPHRASE = "guards";
/** What the tracked files lack, by system and stack: secrets, which a person sets on the machine that deploys. */
const SECRETS_TO_SET: Readonly<Record<string, string>> = {
  "blue-banded-bee staging": "databasePassword",
  "blue-banded-bee production": "databasePassword",
  "live-listen staging": "databasePassword",
  "live-listen production": "databasePassword",
};
const folder = mkdtempSync(join(tmpdir(), "tandem-guards-"));
const before = process.env.PULUMI_CONFIG_PASSPHRASE;
let repository: Repository;

beforeAll(() => {
  process.env.PULUMI_CONFIG_PASSPHRASE = PASSPHRASE;
  repository = new Repository(folder, "g-", PASSPHRASE);
});
beforeEach(() => repository.write());
afterAll(() => {
  if (before === undefined) delete process.env.PULUMI_CONFIG_PASSPHRASE;
  else process.env.PULUMI_CONFIG_PASSPHRASE = before;
  rmSync(folder, { recursive: true, force: true });
});

/** The errors of a stack, in the words of the cases. */
async function errors(system: string, stack: string) {
  const problems = await checkStack({ projectDir: repository.projectOf(system), stack, deep: false });
  return problems
    .filter(({ severity }) => severity === "error")
    .map(({ kind, key, reason, fix }) => ({
      kind,
      key: repository.inWordsOfCases(key),
      reason: repository.inWordsOfCases(reason),
      fix: repository.inWordsOfCases(fix),
    }));
}

describe("a guard refuses", () => {
  // Cases with secrets run through the real command only: to read one takes a third of a second.
  const quick = guardCases.filter(({ secrets }) => secrets === undefined);
  it.each(
    quick.map((one) => [`${one.system} ${one.stack}: ${one.what}`, one] as const),
  )("%s", async (_, one) => {
    repository.spoil(one);
    const fix = `pulumi config ${one.fix}`;
    expect(await errors(one.system, one.stack)).toContainEqual({
      kind: one.kind,
      key: one.key,
      reason: expect.stringMatching(one.reason),
      fix,
    });
  });
});

describe("no guard minds", () => {
  it("the files as they are tracked, but for secrets that a person must set", async () => {
    for (const system of systems()) {
      for (const stack of repository.stacksOf(system)) {
        const secret = SECRETS_TO_SET[`${system} ${stack}`];
        const key = `${system}:${secret}`;
        const fix = `pulumi config set --secret ${key} --stack ${stack}`;
        const lacking = { kind: "incomplete", key, reason: expect.stringMatching(/^is needed/), fix };
        const expected = secret === undefined ? [] : [lacking];
        expect(await errors(system, stack), `${system} ${stack}`).toEqual(expected);
      }
    }
  });

  const passes = { system: "lugh", kind: "", key: "", reason: /./, fix: "", what: "" };

  it("an experiment in production that is named", async () => {
    const edits = [put("lugh:agentPool", "true"), put("tandem:experiments", "[agentPool]")];
    repository.spoil({ ...passes, stack: "production", edits });
    expect(await errors("lugh", "production")).toEqual([]);
  });

  it("different secrets of the same name", async () => {
    const secrets: [Record<string, string>, Record<string, string>] = [
      { telegramBotToken: "one bot" },
      { telegramBotToken: "another bot" },
    ];
    repository.spoil({ ...passes, stack: "staging", edits: [], secrets });
    expect(await errors("lugh", "staging")).toEqual([]);
  });

  it.each([
    ["its own hostname and port", "https://staging-oracle.ingeniotech.co.uk:3101/"],
    ["a hostname that ends like production's", "https://not-theoracle.ingeniotech.co.uk"],
    ["a mail address at production's domain", "info@theoracle.ingeniotech.co.uk"],
    ["production's port on somebody else's server", "https://api.example.com:3100/"],
    ["a number like production's port", "3100"],
  ])("a variable with %s", async (_, value) => {
    const edits = [put("oracle:environment", `{app: {UPSTREAM: "${value}"}}`)];
    repository.spoil({ ...passes, system: "oracle", stack: "staging", edits });
    expect(await errors("oracle", "staging")).toEqual([]);
  });

  it("variables that the stack says are shared", async () => {
    const secret = { "secrets.app.API_KEY": "a key that both have" };
    const edits = [
      put("oracle:environment", '{app: {UPSTREAM: "https://theoracle.ingeniotech.co.uk"}}'),
      put("tandem:sharedVariables", "[app.UPSTREAM, app.API_KEY]"),
    ];
    const secrets: GuardCase["secrets"] = [secret, secret];
    repository.spoil({ ...passes, system: "oracle", stack: "staging", edits, secrets });
    expect(await errors("oracle", "staging")).toEqual([]);
    // The other one has to say it too.
    expect(await errors("oracle", "production")).toMatchObject([{ key: "oracle:secrets.app.API_KEY" }]);
  });

  it("a stack that says itself that it is production", async () => {
    const edits = [put("tandem:policies", "{production: true}"), put("oracle:voipSync", "true")];
    const others = [put("oracle:voipSync", "false")];
    repository.spoil({ ...passes, system: "oracle", stack: "staging", edits, others });
    expect(await errors("oracle", "staging")).toEqual([]);
  });
});

describe("docs/guards.md", () => {
  it("lists every case", () => {
    const text = readFileSync(resolve(import.meta.dirname, "../../docs/guards.md"), "utf8");
    expect(text).toContain(guardTable(guardCases));
  });
});
