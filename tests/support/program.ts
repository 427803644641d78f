// A small Pulumi program of a test's own, on the components, in a folder of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { removeLabelled, uniqueName } from "./docker.ts";
import { type Outcome, ROOT, TestProject } from "./project.ts";

/** A project whose program a test writes; state and passphrase are the test's own. */
export class TestProgram {
  /** Name of project and system. */
  readonly system = uniqueName("test-");
  readonly folder = mkdtempSync(join(tmpdir(), "tandem-program-"));
  /** Variables that its runs get. */
  variables: Record<string, string> = {};
  private project: TestProject | undefined;

  /** Writes the program; `tandem` stands for the components, `$SYSTEM` for the system's name. */
  static async create(source: string): Promise<TestProgram> {
    const program = new TestProgram();
    program.project = await TestProject.create();
    writeFileSync(
      join(program.folder, "Pulumi.yaml"),
      `name: ${program.system}\nruntime: {name: nodejs, options: {typescript: false}}\nmain: index.ts\n` +
        `plugins: {providers: [{name: tandem, path: ${JSON.stringify(join(ROOT, "provider"))}}]}\n`,
    );
    writeFileSync(join(program.folder, "package.json"), '{"type": "module"}\n');
    symlinkSync(join(ROOT, "node_modules"), join(program.folder, "node_modules"));
    program.write(source);
    await program.pulumi("stack", "select", "--create");
    return program;
  }

  /** Replaces the program. */
  write(source: string): void {
    const text = source
      .replaceAll('from "tandem"', `from ${JSON.stringify(join(ROOT, "components/index.ts"))}`)
      .replaceAll("$SYSTEM", this.system);
    writeFileSync(join(this.folder, "index.ts"), text);
  }

  /** Runs `pulumi` on the program's stack `dev`. */
  async pulumi(...args: string[]): Promise<Outcome> {
    const stack = args[0] === "stack" ? ["dev"] : ["--stack", "dev"];
    return await this.run(...args, ...stack);
  }

  /** Makes a stack of another name with the given config, by key with namespace. */
  async addStack(name: string, config: Record<string, unknown> = {}): Promise<void> {
    await this.run("stack", "init", name, "--no-select");
    this.configure(name, config);
  }

  /** Gives a stack the config, in the place of what it has. */
  configure(stack: string, config: Record<string, unknown>): void {
    const file = join(this.folder, `Pulumi.${stack}.yaml`);
    const document = existsSync(file) ? (parse(readFileSync(file, "utf8")) as object) : {};
    writeFileSync(file, stringify({ ...document, config }));
  }

  /** Runs `pulumi` in the program's folder as it is given. */
  async run(...args: string[]): Promise<Outcome> {
    if (this.project === undefined) throw new Error("the program was not created");
    // With --json the engine's events come one by one, policy violations among them.
    const streaming = { ...this.variables, PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" };
    return await this.project.pulumi([...args, "--cwd", this.folder], streaming);
  }

  /** Runs `./tandem` on the program's project. */
  async tandem(...args: string[]): Promise<Outcome> {
    if (this.project === undefined) throw new Error("the program was not created");
    return await this.project.tandem(args, {}, this.folder);
  }

  /** Removes everything that it made. */
  async remove(): Promise<void> {
    await removeLabelled(`tandem.system=${this.system}`);
    await this.project?.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
