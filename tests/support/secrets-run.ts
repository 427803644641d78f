// For the test of secrets: both environments come up, change, fail and go down, and all that is written down meanwhile is kept.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { appReference, referenceOf } from "../../setup/images/catalog.ts";
import { docker } from "./docker.ts";
import { dockerOk } from "./docker-cli.ts";
import { DockerEvidence } from "./docker-evidence.ts";
import { Observer } from "./observer.ts";
import type { Answer } from "./observer-process.ts";
import { type Outcome, TestProject } from "./project.ts";
import { ask } from "./requests.ts";
import { type Finding, formsOf, type Secret, scan, type Text } from "./secret-scan.ts";

/** Staging has its secrets as variables, production as files. */
export const STACKS = ["staging", "production"] as const;
type Stack = (typeof STACKS)[number];

/** Seconds until an app that only tells what it knows has failed. */
const TELLER_SECONDS = 8;

/** A run of both environments, and what was seen of it. */
export class SecretsRun {
  /** Every secret there was. */
  readonly secrets: Secret[] = [];
  /** Where a secret or the control was found; kinds of places, see `kindOf`. */
  findings: Finding[] = [];
  /** Kinds of texts that were looked through. */
  readonly kinds = new Set<string>();
  /** Volumes without a name, where files of secrets lie. */
  readonly secretVolumes: string[] = [];
  /** What was planted in a file of its own in each form. */
  readonly planted: Secret;
  seen: Answer = { findings: [], rounds: 0, longestGapMs: 0, processes: 0, fileVersions: 0 };
  readonly project: TestProject;
  /** Not secret at all: it stands in one place of each kind, so that looking there is known to work. */
  private readonly control: string;
  private readonly folder = mkdtempSync(join(tmpdir(), "tandem-secrets-"));
  private readonly texts: Text[] = [];
  private readonly tellers: string[] = [];

  private constructor(control: string, project: TestProject) {
    this.control = control;
    this.project = project;
    this.planted = { name: "planted file", value: `${control} "&"` };
    mkdirSync(this.temporary);
  }

  /** Makes the project; nothing is up yet. */
  static async create(): Promise<SecretsRun> {
    const control = `c${randomBytes(8).toString("hex")}`;
    const project = await TestProject.create({
      staging: { banner: control, hostname: hostname("staging", control), secretsAs: "env" },
      production: { banner: control, hostname: hostname("production", control), secretsAs: "files" },
    });
    return new SecretsRun(control, project);
  }

  /** Takes both environments through their life and looks for every secret. */
  async take(): Promise<void> {
    const { project } = this;
    const observer = await Observer.start([this.temporary, project.home, project.folder]);
    const evidence = await DockerEvidence.start(project.name);
    try {
      // Before a stack file has a secret, and with it a salt, the engine works with a copy of it.
      succeeded(await this.tandem("preview", "production"));
      for (const stack of STACKS) await this.work(stack);
      succeeded(await this.tandem("status", "--json"));
      for (const stack of STACKS) succeeded(await this.tandem("logs", stack));
      await this.plantControl();
      this.texts.push(...(await evidence.end()));
      this.secretVolumes.push(...(await this.unnamedVolumes()));
      for (const stack of STACKS) {
        this.secrets.push(...(await this.generated(stack)));
        succeeded(await this.tandem("down", stack, "--yes", "--confirm", stack));
      }
      const passphrase = readFileSync(join(project.home, "passphrase"), "utf8").trim();
      this.secrets.push({ name: "passphrase", value: passphrase });
      const control = { name: "control", value: this.control };
      this.seen = await observer.end([...this.secrets, control, this.planted]);
      this.findings = [
        ...scan(this.texts, [...this.secrets, control]),
        ...this.seen.findings.map((finding) => ({ ...finding, kind: this.kindOf(finding) })),
      ];
      for (const { kind } of this.texts) this.kinds.add(kind);
    } finally {
      await observer.stop();
    }
  }

  /** Removes all of it. */
  async remove(): Promise<void> {
    await this.project.remove();
    for (const image of this.tellers) await dockerOk(["image", "rm", image]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get temporary(): string {
    return join(this.folder, "tmp");
  }

  /** Makes a secret with what programs escape, and keeps it in mind. */
  private canary(name: string): string {
    const value = `${randomBytes(8).toString("hex")} "q" \\b 'a' <&> ü%/+?=#$`;
    this.secrets.push({ name, value });
    return value;
  }

  private async tandem(...args: string[]): Promise<Outcome> {
    const outcome = await this.project.tandem(args, { TMPDIR: this.temporary });
    const kind = `output of tandem ${args[0]}`;
    const command = args.join(" ");
    // Each line of the logs begins with the container that wrote it.
    const texts =
      args[0] === "logs"
        ? outcome.output
            .split("\n")
            .map((text) => ({ kind, where: `${command}: ${text.split(" ")[0]}`, text }))
        : [{ kind, where: command, text: outcome.output }];
    this.texts.push(...texts);
    return outcome;
  }

  private async pulumi(kind: string, stack: Stack, ...args: string[]): Promise<Outcome> {
    const variables = { PULUMI_DEBUG_COMMANDS: "1", TMPDIR: this.temporary };
    const outcome = await this.project.pulumi([...args, "--stack", stack], variables);
    this.texts.push({ kind, where: `${stack}: pulumi ${args.join(" ")}`, text: outcome.output });
    return outcome;
  }

  /** What an environment goes through. */
  private async work(stack: Stack): Promise<void> {
    const { project } = this;
    await project.setSecret(stack, "voipToken", this.canary(`${stack} voipToken`));
    // One that only the stack file names.
    await project.setSecret(stack, "secrets.app.API_KEY", this.canary(`${stack} API_KEY`));
    const password = this.canary(`${stack} basicAuthPassword`);
    await project.setSecret(stack, "basicAuthPassword", password);
    project.configure(stack, { basicAuthUser: "team" });
    succeeded(await this.tandem("up", stack, "--yes"));
    const port = Number(project.config(stack).hostPort);
    for (const [user, status] of [
      ["team", 200],
      ["other", 401],
    ] as const) {
      const answer = await ask(port, hostname(stack, this.control), "/", undefined, `${user}:${password}`);
      if (answer.status !== status) throw new Error(`${user} got ${answer.status}, not ${status}`);
    }
    succeeded(await this.pulumi("stack outputs", stack, "stack", "output", "--json"));
    succeeded(await this.pulumi("config", stack, "config", "--json"));

    // A secret changes.
    await project.setSecret(stack, "voipToken", this.canary(`${stack} other voipToken`));
    project.configure(stack, { banner: `${this.control} again`, logLevel: "trace" });
    succeeded(await this.pulumi("preview --diff", stack, "preview", "--diff"));
    succeeded(await this.pulumi("preview --json", stack, "preview", "--json"));
    await this.verboseUp(stack);
    succeeded(await this.pulumi("refresh", stack, "refresh", "--yes", "--skip-preview", "--diff"));
    succeeded(await this.pulumi("stack history", stack, "stack", "history", "--json"));

    // What the app wrote on its way down is shown; it tells everything.
    for (const role of ["migrate", "web"] as const) {
      project.configure(stack, { image: await this.teller(role), healthTimeoutSeconds: TELLER_SECONDS });
      const failed = await this.tandem("up", stack, "--yes");
      if (failed.exitCode === 0 || !failed.output.includes("NODE_ENV=production")) {
        throw new Error(`the app that tells everything was not heard: ${failed.output}`);
      }
    }
  }

  /** An update with the engine's own log and event log. At level 9 it also writes down each value that it sends to a plugin. */
  private async verboseUp(stack: Stack): Promise<void> {
    const events = join(this.folder, `${stack}-events.json`);
    const flags = ["--yes", "--skip-preview", "--diff", "--event-log", events];
    const verbose = ["-v=9", "--logtostderr", "--logflow", "--debug"];
    const outcome = await this.project.pulumi(["up", ...flags, ...verbose, "--stack", stack], {
      PULUMI_DEBUG_COMMANDS: "1",
      TMPDIR: this.temporary,
    });
    succeeded(outcome);
    this.texts.push({ kind: "event log", where: stack, text: readFileSync(events, "utf8") });
    for (const line of outcome.output.split("\n")) {
      const kind = /(Unm|M)arshaling property for RPC/.test(line)
        ? "engine's trace of values"
        : "verbose log";
      this.texts.push({ kind, where: stack, text: line });
    }
  }

  /** Every password that was generated for a stack, from its decrypted state. */
  private async generated(stack: Stack): Promise<Secret[]> {
    interface Resource {
      urn: string;
      type: string;
      outputs?: { result?: { plaintext?: string } };
    }
    const { output } = await this.project.pulumi(["stack", "export", "--show-secrets", "--stack", stack]);
    const { deployment } = JSON.parse(output) as { deployment: { resources: Resource[] } };
    return deployment.resources
      .filter(({ type }) => type === "random:index/randomPassword:RandomPassword")
      .map(({ urn, outputs }) => ({
        name: `${stack} ${urn.split("::").at(-1)}`,
        value: JSON.parse(outputs?.result?.plaintext ?? '""') as string,
      }));
  }

  /** An image of the app that writes down all it was given, and fails: while it migrates, or only afterwards. */
  private async teller(role: "migrate" | "web"): Promise<string> {
    const tag = `${this.project.name}-${role}:1`;
    if (this.tellers.includes(tag)) return tag;
    const tell = "env; env >&2; cat /run/secrets/* 2>/dev/null; exit 3";
    const script = `if [ "$1" = migrate ] && [ ${role} = web ]; then exec node dist/main.js migrate; fi; ${tell}`;
    const lines = [
      `FROM ${appReference()}`,
      `LABEL tandem.test=${this.project.name}`,
      `ENTRYPOINT ${JSON.stringify(["sh", "-c", script, "sh"])}`,
    ];
    await execa("docker", ["build", "--quiet", "--tag", tag, "-"], {
      input: `${lines.join("\n")}\n`,
      env: { DOCKER_BUILDKIT: "0" },
    });
    this.tellers.push(tag);
    return tag;
  }

  /** Puts the control where nothing of The Oracle stands. */
  private async plantControl(): Promise<void> {
    const { control, project } = this;
    for (const [index, [, form]] of formsOf(this.planted.value).entries()) {
      writeFileSync(join(this.temporary, `planted-${index}`), `before ${form} after`);
    }
    const labels = [`tandem.system=${project.name}`, `planted=${control}`];
    await dockerOk([
      ...["run", "--detach", "--network", "none", "--entrypoint", "sh"],
      ...labels.flatMap((label) => ["--label", label]),
      ...["--health-cmd", `true ${control}`, "--name", `${project.name}-planted`],
      ...[referenceOf("redis"), "-c", `echo ${control}; sleep 600`],
    ]);
    const nothing = ["-e", "setTimeout(() => undefined, 500)", control];
    spawn(process.execPath, nothing, { env: { PLANTED: control }, stdio: "ignore" });
  }

  /** The unnamed volumes of the environments' containers. */
  private async unnamedVolumes(): Promise<string[]> {
    const filters = JSON.stringify({ label: [`tandem.system=${this.project.name}`, "tandem.environment"] });
    const containers = await docker.listContainers({ all: true, filters });
    return containers.flatMap(({ Mounts }) =>
      Mounts.flatMap(({ Name }) => (Name !== undefined && /^[0-9a-f]{64}$/.test(Name) ? [Name] : [])),
    );
  }

  /** Kind of place of a finding; that of a file by its path. */
  private kindOf({ kind, where }: Finding): string {
    if (kind !== "file") return kind;
    if (where.startsWith(this.temporary)) return "temporary file";
    if (where.startsWith(this.project.folder)) return "stack file";
    const path = where.slice(this.project.home.length);
    if (path === "/passphrase") return "passphrase file";
    if (path.startsWith("/config/")) return "copy of the stack file";
    if (path.startsWith("/kept/")) return "state that down keeps";
    if (path.startsWith("/history/")) return "history of deploys and migrations";
    if (path.includes("/.pulumi/history/")) return "history";
    if (/\.(bak|attrs)/.test(path)) return "backup of the state";
    return path.includes("/.pulumi/stacks/") ? "state" : "other file of ours";
  }
}

function hostname(stack: Stack, control: string): string {
  return `${stack}-${control}.localhost`;
}

function succeeded(outcome: Outcome): void {
  if (outcome.exitCode !== 0) throw new Error(outcome.output);
}
