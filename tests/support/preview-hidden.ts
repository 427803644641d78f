// A program on the Docker provider's own resources whose plan says less, or more, than what its `up` does.
import type { PreviewReport, StackReport } from "../../ops/inspect/plan/report.ts";
import { appReference, referenceOf } from "../../setup/images/catalog.ts";
import { docker } from "./docker.ts";
import { dockerCli, dockerOk } from "./docker-cli.ts";
import { TestProgram } from "./program.ts";

/**
 * Two containers use an image by its tag through `RemoteImage`, two by its id. The second round changes a flag of that
 * `RemoteImage`, the memory of one container of either kind, and what the provider never gives to one that runs.
 */
const source = (round: 1 | 2) => `
import * as docker from "@pulumi/docker";
const labels = [{ label: "tandem.system", value: "$SYSTEM" }];
const base = { labels, command: ["sleep", "600"], stopTimeout: 1 };
const image = new docker.RemoteImage("image", { name: "$SYSTEM:dev", keepLocally: true, forceRemove: ${round === 2} });
const fixed = ${JSON.stringify(appReference())};
new docker.Container("unnamed", { ...base, image: image.imageId });
new docker.Container("limited", { ...base, image: image.imageId, memory: ${64 * round} });
new docker.Container("asked", { ...base, image: fixed, memory: ${64 * round} });
new docker.Container("kept", {
  ...base,
  image: fixed,
  healthcheck: { tests: ["CMD", "true", "${round}"], interval: "1s" },
  init: ${round === 2},
  tmpfs: { "/scratch": "rw,size=${round}m" },
});
`;

interface Metadata {
  op: string;
  urn: string;
  type: string;
}

const nameOf = ({ urn }: Metadata) => urn.split("::").at(-1) ?? "";

/** The program, in its first round. */
export class HiddenPlan {
  private readonly program: TestProgram;

  private constructor(program: TestProgram) {
    this.program = program;
  }

  /** Makes it and brings it up. */
  static async create(): Promise<HiddenPlan> {
    const plan = new HiddenPlan(await TestProgram.create(source(1)));
    await plan.tag(appReference());
    await plan.ok("up", "--yes", "--skip-preview");
    return plan;
  }

  /** Goes to the second round: the tag leads to another image meanwhile, as after a pull. */
  async change(): Promise<void> {
    await this.tag(referenceOf("node"));
    this.program.write(source(2));
  }

  /** What the engine's own preview does to the containers, by name; those that it leaves alone are left out. */
  async engineSteps(): Promise<Record<string, string>> {
    const output = await this.ok("preview", "--json");
    const steps = output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .flatMap(
        (line) => (JSON.parse(line) as { resourcePreEvent?: { metadata: Metadata } }).resourcePreEvent ?? [],
      )
      .map(({ metadata }) => metadata)
      .filter(({ op, type }) => op !== "same" && type === "docker:index/container:Container");
    return Object.fromEntries(steps.map((step) => [nameOf(step), step.op]));
  }

  /** The report on it. */
  async report(): Promise<StackReport> {
    const { output } = await this.program.tandem("preview", "dev", "--report", "--json");
    const begin = output.indexOf("{\n");
    if (begin === -1) throw new Error(output);
    const [part] = (JSON.parse(output.slice(begin)) as PreviewReport).stacks;
    if (part === undefined) throw new Error(output);
    return part;
  }

  /** Brings it up. @returns names of the containers that are others now, and of those that are as they were but for limits */
  async up(): Promise<{ replaced: string[]; as: string[] }> {
    const before = await this.containers();
    await this.ok("up", "--yes", "--skip-preview");
    const after = await this.containers();
    const names = Object.keys(after).sort();
    return {
      replaced: names.filter((name) => after[name] !== before[name]),
      as: names.filter((name) => after[name] === before[name]),
    };
  }

  /** Removes everything of it. */
  async remove(): Promise<void> {
    await this.program.remove();
    await dockerCli(["rmi", `${this.program.system}:dev`]);
  }

  /** Id and what the container was made with, by the resource's name. */
  private async containers(): Promise<Record<string, string>> {
    const filters = JSON.stringify({ label: [`tandem.system=${this.program.system}`] });
    const all = await docker.listContainers({ all: true, filters });
    const entries = all.map(async ({ Id }) => {
      const { Name, Config, HostConfig } = await docker.getContainer(Id).inspect();
      const made = [Id, Config.Healthcheck, HostConfig.Init, HostConfig.Tmpfs];
      return [Name.replace(/^\//, "").replace(/-[0-9a-f]{7}$/, ""), JSON.stringify(made)] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  private async ok(...args: string[]): Promise<string> {
    const { exitCode, output } = await this.program.pulumi(...args);
    if (exitCode !== 0) throw new Error(output);
    return output;
  }

  private async tag(image: string): Promise<void> {
    await dockerOk(["tag", image, `${this.program.system}:dev`]);
  }
}
