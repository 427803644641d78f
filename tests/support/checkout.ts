// A checkout of this repository as a runner has it: the files, a git repository with a remote, and the name, ports and
// state of a test's project.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { ROOT, type StackConfig, TestProject } from "./project.ts";
import { type JobOutcome, runJob } from "./runner.ts";
import type { Contexts, Job } from "./workflows.ts";

/** The checkout, on branch `develop`. */
export class Checkout {
  readonly project: TestProject;
  private readonly folder = mkdtempSync(join(tmpdir(), "tandem-checkout-"));
  private readonly remote = mkdtempSync(join(tmpdir(), "tandem-remote-"));

  private constructor(project: TestProject) {
    this.project = project;
  }

  /** Makes it; settings by stack. */
  static async create(overrides: Record<string, StackConfig>): Promise<Checkout> {
    const checkout = new Checkout(await TestProject.create(overrides));
    const { folder, project, remote } = checkout;
    // Its history goes on from here: the commit that last changed the example app is part of that image, whose tag would
    // move under other runs if it were another one.
    const hasHistory = existsSync(join(ROOT, ".git"));
    if (hasHistory) {
      const flags = ["--quiet", "--no-checkout", "--origin", "source"];
      await execa("git", ["clone", ...flags, ROOT, folder]);
      await checkout.git("update-ref", "refs/heads/develop", "HEAD");
      await checkout.git("symbolic-ref", "HEAD", "refs/heads/develop");
    }
    const left = new Set(["node_modules", ".git"]);
    cpSync(ROOT, folder, { recursive: true, filter: (path) => !left.has(basename(path)) });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const text = readFileSync(join(folder, "Pulumi.yaml"), "utf8");
    writeFileSync(join(folder, "Pulumi.yaml"), text.replace(/^name: .*$/m, `name: ${project.name}`));
    for (const stack of Object.keys(overrides)) {
      cpSync(project.stackFile(stack), join(folder, `Pulumi.${stack}.yaml`));
    }
    await execa("git", ["init", "--quiet", "--bare", remote]);
    // A runner may have the last commit only.
    await execa("git", ["-C", remote, "config", "receive.shallowUpdate", "true"]);
    if (!hasHistory) await checkout.git("init", "--quiet", "--initial-branch=develop");
    await checkout.git("add", "--all");
    await checkout.git(
      "-c",
      "user.name=t",
      "-c",
      "user.email=t@t",
      "commit",
      "--quiet",
      "--message",
      "begin",
    );
    await checkout.git("remote", "add", "origin", remote);
    await checkout.git("push", "--quiet", "origin", "develop");
    return checkout;
  }

  /** Runs git in it. @returns its output */
  async git(...args: string[]): Promise<string> {
    return (await execa("git", args, { cwd: this.folder })).stdout;
  }

  /** Runs the commands of a job's steps as a runner does. */
  async run(job: Job, contexts: Contexts): Promise<JobOutcome> {
    return await runJob(job, contexts, this.folder, this.project.environment());
  }

  /** Removes it and all that was deployed from it. */
  async remove(): Promise<void> {
    await this.project.remove();
    for (const folder of [this.folder, this.remote]) rmSync(folder, { recursive: true, force: true });
  }
}
