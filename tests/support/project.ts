// A project of a test's own: a system's topology and stack files under another name, on free ports, with a state of
// its own, so that it never meets an environment that somebody uses.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import { execa, type Result, type ResultPromise } from "execa";
import { parse, stringify } from "yaml";
import { docker, removeLabelled, uniqueName } from "./docker.ts";
import type { Target } from "./requests.ts";

/** Root of the checkout. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a command ended and what it printed, both streams in one. */
export interface Outcome {
  exitCode: number;
  output: string;
  seconds: number;
}

/** A command that runs; awaited, it gives how it ended. */
export type RunningCommand = ResultPromise<{ all: true; reject: false; stdin: "ignore" }>;

/** Config of a stack by key without namespace. */
export type StackConfig = Record<string, unknown>;

/** The ports from which tests take theirs: outside the range from which the kernel hands out ports of its own accord. */
const PORTS = { first: 20_000, count: 10_000 };
/** Of two test files that run side by side each takes from a part of its own: what is free now may be bound much later. */
const PARTS = 2;

/** What was handed out already: it may be bound minutes later. */
const given = new Set<number>();

/** A port that is free now, and that nobody in this process was given before. */
export async function freePort(): Promise<number> {
  const part = Number(process.env.VITEST_POOL_ID ?? 1) % PARTS;
  const count = PORTS.count / PARTS;
  for (;;) {
    const port = PORTS.first + part * count + Math.floor(Math.random() * count);
    if (given.has(port)) continue;
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (!free) continue;
    given.add(port);
    return port;
  }
}

/** A server, and a share of it, that are large enough for whatever a test makes of a stack. */
export const ROOMY = {
  host: { name: "roomy", cpus: 128, memoryMb: 131_072 },
  budget: { cpus: 32, memoryMb: 32_768, pids: 32_768 },
};
/** What lets a test throw its production away. */
const THROWN_AWAY: StackConfig = {
  protectData: false,
  "tandem:policies": { levels: { "production-data": "disabled" }, ...ROOMY },
};

/** A temporary project on a system's topology; The Oracle's unless another one is named. */
export class TestProject {
  /** The project's name, which is the system's. */
  readonly name: string;
  /** Folder of the project. */
  readonly folder = mkdtempSync(join(tmpdir(), "tandem-project-"));
  /** Home of its state and passphrase. */
  readonly home = mkdtempSync(join(tmpdir(), "tandem-home-"));
  /** Words before each command line, such as those that enter a namespace. */
  inside: readonly string[] = [];
  /** The Docker that it is brought up on. */
  docker: Docker = docker;
  /** Where its staging answers, if not on the port that its config names. */
  gateway: Target | undefined;
  private engineEnvironment: Promise<Record<string, string | undefined>> | undefined;
  /** Folder of the system's own project. */
  private readonly source: string;
  private readonly system: string;

  private constructor(system: string) {
    this.system = system;
    this.name = uniqueName(`${system.slice(0, 10)}-t`);
    this.source = system === "oracle" ? ROOT : join(ROOT, "stacks", system);
  }

  /**
   * Makes the project with free ports and a hostname on loopback for each of its stacks.
   *
   * @param keep leave protection and policies as the system's own files have them; for a test that makes nothing
   */
  static async create(
    overrides: Record<string, StackConfig> = {},
    system = "oracle",
    keep = false,
  ): Promise<TestProject> {
    const project = new TestProject(system);
    project.writeProject();
    for (const stack of project.trackedStacks()) {
      const tracked = project.trackedConfig(stack);
      const ports: StackConfig = {};
      for (const key of Object.keys(tracked)) if (key.endsWith("Port")) ports[key] = await freePort();
      const label = String(tracked.hostname).split(".")[0];
      const hostname = tracked.hostname === undefined ? {} : { hostname: `${label}.localhost` };
      project.writeStack(stack, {
        ...tracked,
        ...ports,
        ...hostname,
        ...(keep ? {} : THROWN_AWAY),
        ...overrides[stack],
      });
    }
    return project;
  }

  /** Runs `./tandem` on this project, or on another folder's with the state of this one. */
  async tandem(args: string[], env: Record<string, string> = {}, folder = this.folder): Promise<Outcome> {
    const start = performance.now();
    return outcome(await this.start(args, env, folder), start);
  }

  /** The command line of `./tandem` on this project. */
  commandLine(args: readonly string[], folder = this.folder): [program: string, args: string[]] {
    const [program = "", ...rest] = [...this.inside, join(ROOT, "tandem"), "--project", folder, ...args];
    return [program, rest];
  }

  /** Starts `./tandem` on this project; the process is that of the command itself. */
  start(args: string[], env: Record<string, string> = {}, folder = this.folder): RunningCommand {
    return execa(...this.commandLine(args, folder), {
      reject: false,
      all: true,
      stdin: "ignore",
      cwd: this.folder,
      env: { ...this.environment(), ...env },
    });
  }

  /** Runs plain `pulumi` in the project's folder, as after `eval "$(./tandem env)"`; `undefined` unsets a variable. */
  async pulumi(
    args: string[],
    changes: Record<string, string | undefined> = {},
    input = "",
  ): Promise<Outcome> {
    this.engineEnvironment ??= this.readEngineEnvironment();
    const env = { ...(await this.engineEnvironment), ...changes };
    const start = performance.now();
    const [program = "", ...before] = [...this.inside, "pulumi"];
    // In front, so that a `--cwd` among the arguments wins.
    const result = await execa(program, [...before, "--cwd", this.folder, ...args, "--non-interactive"], {
      reject: false,
      all: true,
      input,
      cwd: this.folder,
      env,
      extendEnv: false,
    });
    return outcome(result, start);
  }

  /** Sets a secret, or one inside a setting (`secrets.app.NAME`), as a user does, by standard input; makes the stack where there is none yet. */
  async setSecret(stack: string, key: string, value: string): Promise<void> {
    await this.pulumi(["stack", "init", stack, "--no-select"]);
    const path = key.includes(".") ? ["--path"] : [];
    const name = path.length === 0 ? key : `${this.name}:${key}`;
    const set = await this.pulumi(["config", "set", "--secret", ...path, name, "--stack", stack], {}, value);
    if (set.exitCode !== 0) throw new Error(set.output);
  }

  /** The stack's config by key without namespace. */
  config(stack: string): StackConfig {
    const { config } = this.stackDocument(stack);
    return Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.replace(`${this.name}:`, ""), value]),
    );
  }

  /** Changes settings of a stack; `undefined` removes one. */
  configure(stack: string, changes: StackConfig): void {
    this.writeStack(stack, { ...this.config(stack), ...changes });
  }

  /** Names of the system's stacks that have a file. */
  get stacks(): string[] {
    return this.trackedStacks();
  }

  /** Path of a stack's file. */
  stackFile(stack: string): string {
    return join(this.folder, `Pulumi.${stack}.yaml`);
  }

  /** Removes every container, network and volume of the project, and its files. */
  async remove(): Promise<void> {
    await removeLabelled(`tandem.system=${this.name}`, this.docker);
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.home, { recursive: true, force: true });
  }

  private async readEngineEnvironment(): Promise<Record<string, string | undefined>> {
    const script = `eval "$('${join(ROOT, "tandem")}' env)" && env -0`;
    const { stdout } = await execa("sh", ["-c", script], { cwd: this.folder, env: this.environment() });
    const lines = stdout.split("\0").filter((line) => line.includes("="));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  /** Variables that keep a run apart from those of whoever runs the tests. */
  environment(): Record<string, string | undefined> {
    // A backend or passphrase of whoever runs the tests would win over those of the test.
    const own = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
    const without = Object.fromEntries(own.map((name) => [name, undefined]));
    return { ...without, TANDEM_HOME: this.home, NO_COLOR: "1" };
  }

  private trackedStacks(): string[] {
    return readdirSync(this.source).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  }

  private trackedConfig(stack: string): StackConfig {
    const { config } = parse(readFileSync(join(this.source, `Pulumi.${stack}.yaml`), "utf8")) as {
      config: StackConfig;
    };
    return Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.replace(`${this.system}:`, ""), value]),
    );
  }

  private writeProject(): void {
    const project = parse(readFileSync(join(this.source, "Pulumi.yaml"), "utf8")) as {
      [key: string]: unknown;
      main: string;
      tandem: { system: string };
    };
    project.name = this.name;
    project.main = resolve(this.source, project.main);
    project.tandem = { system: resolve(this.source, project.tandem.system) };
    project.plugins = { providers: [{ name: "tandem", path: join(ROOT, "provider") }] };
    writeFileSync(join(this.folder, "Pulumi.yaml"), stringify(project));
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
    writeFileSync(join(this.folder, "package.json"), readFileSync(join(ROOT, "package.json")));
  }

  private writeStack(stack: string, config: StackConfig): void {
    const named = Object.entries(config)
      .filter(([, value]) => value !== undefined)
      // A key of another namespace, such as `tandem:`, stands as it is.
      .map(([key, value]) => [key.includes(":") ? key : `${this.name}:${key}`, value]);
    const document = existsSync(this.stackFile(stack)) ? this.stackDocument(stack) : {};
    writeFileSync(this.stackFile(stack), stringify({ ...document, config: Object.fromEntries(named) }));
  }

  private stackDocument(stack: string): { config: StackConfig } {
    return parse(readFileSync(this.stackFile(stack), "utf8")) as { config: StackConfig };
  }
}

function outcome(result: Result<{ all: true; reject: false }>, start: number): Outcome {
  return {
    exitCode: result.exitCode ?? 1,
    output: result.all ?? "",
    seconds: (performance.now() - start) / 1000,
  };
}
