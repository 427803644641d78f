// A bare engine for tests of our plugins: a Pulumi home and state of its own, our bundles in it and nothing else.
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa, execaSync } from "execa";
import { stringify } from "yaml";
import { bundle } from "../../setup/bundle.ts";
import { type Outcome, ROOT } from "./project.ts";

/** Plugins of ours by name, with the version of the SDK that asks for them. */
export const PLUGINS = { random: "4.21.2", postgresql: "3.18.1", cloudflare: "6.22.1" } as const;

/**
 * The engine's executable on this machine.
 *
 * @throws Error where there is none: a suite that lacks its engine must fail, and not be skipped
 */
export function requireEngine(): string {
  const { stdout, exitCode } = execaSync("sh", ["-c", "command -v pulumi"], { reject: false });
  if (exitCode !== 0 || !stdout) throw new Error("no `pulumi` on the PATH: run this by ./tandem test <file>");
  return realpathSync(stdout);
}

/** An engine with our language host and plugins. */
export class TestEngine {
  readonly folder = mkdtempSync(join(tmpdir(), "tandem-engine-"));
  readonly #bin = join(this.folder, "bin");

  /** Bundles and installs everything; takes a few seconds. */
  static async create(engine: string): Promise<TestEngine> {
    const test = new TestEngine();
    mkdirSync(test.#bin);
    mkdirSync(join(test.folder, "state"));
    // The host has to lie beside the engine's own file, or the engine would warn of it.
    try {
      linkSync(engine, join(test.#bin, "pulumi"));
    } catch {
      copyFileSync(engine, join(test.#bin, "pulumi"));
      chmodSync(join(test.#bin, "pulumi"), 0o755);
    }
    await bundle(join(ROOT, "standins/language-host/main.ts"), join(test.#bin, "pulumi-language-nodejs"));
    copyFileSync(
      join(ROOT, "node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs"),
      join(test.#bin, "pulumi-resource-pulumi-nodejs"),
    );
    for (const [name, version] of Object.entries(PLUGINS)) {
      const file = join(test.folder, `pulumi-resource-${name}`);
      await bundle(join(ROOT, `standins/providers/${name}/main.ts`), file);
      const installed = await test.run(test.folder, [
        "plugin",
        "install",
        "resource",
        name,
        version,
        "--file",
        file,
      ]);
      if (installed.exitCode !== 0) throw new Error(installed.output);
    }
    return test;
  }

  /** Makes a project with the given program and an empty stack `test`. */
  async project(name: string, program: string, files: Record<string, string> = {}): Promise<EngineProject> {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const runtime = { name: "nodejs", options: { typescript: false } };
    const all: Record<string, string> = {
      "package.json": JSON.stringify({ name, type: "module" }),
      "Pulumi.yaml": stringify({ name, runtime, main: "program/main.ts" }),
      "program/main.ts": program,
      ...files,
    };
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const project = new EngineProject(this, folder);
    await project.ok("stack", "init", "test");
    return project;
  }

  /** Runs the engine in a folder. */
  async run(cwd: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    const start = performance.now();
    const result = await execa(join(this.#bin, "pulumi"), ["--non-interactive", ...args], {
      cwd,
      reject: false,
      all: true,
      stdin: "ignore",
      env: { ...this.environment(), ...env },
    });
    return {
      exitCode: result.exitCode ?? -1,
      output: result.all ?? "",
      seconds: (performance.now() - start) / 1000,
    };
  }

  /** Variables that make the engine this test's own. */
  environment(): Record<string, string> {
    return {
      PATH: [this.#bin, dirname(process.execPath), process.env.PATH ?? ""].join(delimiter),
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      NODE_COMPILE_CACHE: join(this.folder, "compile-cache"),
      NO_COLOR: "1",
      FORCE_COLOR: "0",
    };
  }

  /** Removes everything on disk. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A project on a test engine. */
export class EngineProject {
  readonly folder: string;
  readonly #engine: TestEngine;

  constructor(engine: TestEngine, folder: string) {
    this.#engine = engine;
    this.folder = folder;
  }

  /** Runs the engine, whatever comes of it. */
  run(...args: string[]): Promise<Outcome> {
    return this.#engine.run(this.folder, args);
  }

  /** Runs the engine and expects success; gives its output. */
  async ok(...args: string[]): Promise<string> {
    const { exitCode, output } = await this.run(...args);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${exitCode}:\n${output}`);
    return output;
  }

  /** Replaces the program. */
  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** Sets a config value. */
  async config(key: string, value: string, secret = false): Promise<void> {
    await this.ok("config", "set", ...(secret ? ["--secret"] : ["--plaintext"]), key, "--", value);
  }

  /** Resources in the state, with secrets in plain text if wanted. */
  async resources(showSecrets = false): Promise<StateResource[]> {
    const text = await this.ok("stack", "export", ...(showSecrets ? ["--show-secrets"] : []));
    const state = JSON.parse(text) as { deployment: { resources?: StateResource[] } };
    return state.deployment.resources ?? [];
  }
}

/** A resource in the state. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}
