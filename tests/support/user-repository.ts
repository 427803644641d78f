// A repository of somebody's that has the npm package installed: made anew, with what a package manager puts there.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { execa } from "execa";
import { removeLabelled, uniqueName } from "./docker.ts";
import { freePort, ROOT } from "./project.ts";
import { type JobOutcome, runJob } from "./runner.ts";
import { applies, calledBy, callInputs, pushOf, readWorkflow } from "./workflows.ts";

/** Folders of the checkout that are no part of it, or made from it. */
const LEFT_OUT = /(^|\/)(node_modules|\.git|dist)$/;

/**
 * Packs this checkout as `npm pack` does it, in a copy: package.json is another one meanwhile.
 *
 * @param folder where the copy and the archive go
 * @param next packs another version: its number, and a line that its provider has more
 * @returns path of the archive
 */
export async function pack(folder: string, next?: { version: string; line: string }): Promise<string> {
  const checkout = join(folder, `checkout-${next?.version ?? "own"}`);
  cpSync(ROOT, checkout, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !LEFT_OUT.test(relative(ROOT, source)),
  });
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  // The example app's revision is part of its image, whose tag would move under other runs if it were another one.
  if (existsSync(join(ROOT, ".git"))) symlinkSync(join(ROOT, ".git"), join(checkout, ".git"));
  if (next !== undefined) {
    const manifest = join(checkout, "package.json");
    const text = readFileSync(manifest, "utf8");
    writeFileSync(manifest, text.replace(/"version": "[^"]*"/, `"version": "${next.version}"`));
    appendFileSync(join(checkout, "provider/main.ts"), `${next.line}\n`);
  }
  const { stdout } = await execa("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: checkout,
    env: { GIT_OPTIONAL_LOCKS: "0" },
  });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }];
  return join(folder, filename);
}

/** An outcome of a command. */
export interface Ran {
  exitCode: number;
  output: string;
}

/** The repository, with a git folder and nothing else. */
export class UserRepository {
  /** The name of its folder, and so of its first system. */
  readonly name = uniqueName("house-");
  private readonly base = mkdtempSync(join(tmpdir(), "tandem-user-"));
  readonly folder = join(this.base, this.name);
  private readonly home = join(this.base, "home");
  private readonly path: string;

  /** @param bin folders that come first in the PATH: another Node, a package manager */
  constructor(...bin: string[]) {
    mkdirSync(join(this.folder, ".git"), { recursive: true });
    this.path = [...bin, process.env.PATH ?? ""].join(delimiter);
  }

  /** Runs a line of a shell in the repository, with the state of its own. */
  async run(line: string, folder = "."): Promise<Ran> {
    const { all, exitCode } = await execa("sh", ["-ec", line], {
      cwd: join(this.folder, folder),
      all: true,
      reject: false,
      stdin: "ignore",
      env: this.variables(),
    });
    return { exitCode: exitCode ?? 1, output: all };
  }

  private variables(): Record<string, string | undefined> {
    const own = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
    return {
      ...Object.fromEntries(own.map((key) => [key, undefined])),
      PATH: this.path,
      TANDEM_HOME: this.home,
      NO_COLOR: "1",
      npm_config_prefer_offline: "true",
      npm_config_audit: "false",
      npm_config_fund: "false",
    };
  }

  /** Commits all that it holds to `develop`, which a remote has then, too. */
  async push(): Promise<void> {
    const commands = [
      "git init --quiet --initial-branch=develop",
      "printf 'node_modules\\nown\\n' >.gitignore && git add --all",
      "git -c user.name=t -c user.email=t@t commit --quiet --message begin",
      "git init --quiet --bare ../remote && git remote add origin ../remote && git push --quiet origin develop",
    ];
    const { exitCode, output } = await this.run(commands.join(" && "));
    if (exitCode !== 0) throw new Error(output);
  }

  /** Runs the job that a workflow of its calls, as a runner without secrets and variables of the repository. */
  async runJob(file: string, ref: string, inputs?: Readonly<Record<string, string>>): Promise<JobOutcome> {
    const event_name = inputs === undefined ? "push" : "workflow_dispatch";
    const contexts = {
      github: { ...pushOf(ref), event_name, token: "token-of-the-run" },
      vars: {},
      secrets: {},
    };
    const callers = Object.values(readWorkflow(file, this.folder).jobs);
    const [caller = {}] = callers.filter((job) => applies(job.if, contexts));
    const called = calledBy(caller, this.folder);
    const [job = {}] = Object.values(called?.jobs ?? {});
    const handed = called && callInputs(caller, called, { ...contexts, inputs: inputs ?? {} });
    return await runJob(job, { ...contexts, inputs: handed ?? {} }, this.folder, this.variables());
  }

  /** Text of a file. */
  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  /** Writes a file. */
  write(file: string, text: string): void {
    mkdirSync(join(this.folder, file, ".."), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  /** Moves staging of a folder's system to ports that nobody uses on this machine. @returns the gateway's */
  async freePorts(folder = "infra"): Promise<number> {
    const [gateway, postgres] = [await freePort(), await freePort()];
    const file = `${folder}/Pulumi.staging.yaml`;
    const text = this.read(file)
      .replace(/hostPort: \d+/, `hostPort: ${gateway}`)
      .replace(/postgresPort: \d+/, `postgresPort: ${postgres}`);
    this.write(file, text);
    return gateway;
  }

  /** Removes it and all that was deployed from it. */
  async remove(): Promise<void> {
    await removeLabelled(`tandem.system=${this.name}`);
    rmSync(this.base, { recursive: true, force: true });
  }
}
