// A pair of The Oracle's environments whose settings, code and images a test changes: reported on, brought up, looked at.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { PreviewReport, StackReport } from "../../ops/inspect/plan/report.ts";
import { appReference, referenceOf } from "../../setup/images/catalog.ts";
import { imageIdOf } from "./app-versions.ts";
import { dockerCli, dockerOk } from "./docker-cli.ts";
import { Load, type Report } from "./load.ts";
import { look, type Observed, observed, watchEvents } from "./observed-effects.ts";
import {
  type Change,
  type ImageName,
  ownImage,
  type PairFacts,
  type Ports,
  passwordOf,
  STACKS,
  type Stack,
  USER,
} from "./preview-change.ts";
import { freePort, type Outcome, ROOT, TestProject } from "./project.ts";

/** All hostnames that the changes give an environment, so that a route is seen to come and go. */
const HOSTNAMES = ["staging-oracle.localhost", "rehearsal.localhost", "theoracle.localhost"];

/** What came of an `up`, and what users noticed. */
export interface Applied {
  up: Outcome;
  seen: Observed;
  load: Report;
}

/** The pair; staging runs an image of its own. */
export class PreviewPair {
  readonly project: TestProject;
  readonly facts: PairFacts;

  private constructor(project: TestProject, facts: PairFacts) {
    this.project = project;
    this.facts = facts;
  }

  /** Makes it and brings both up. */
  static async create(): Promise<PreviewPair> {
    const project = await TestProject.create({
      staging: { watchSeconds: 1 },
      production: { watchSeconds: 1 },
    });
    const ids = await makeImages(project.name);
    project.configure("staging", { image: ownImage(project.name, "dev") });
    const ports = {
      staging: await portsOf(project, "staging"),
      production: await portsOf(project, "production"),
    };
    const pair = new PreviewPair(project, { name: project.name, ports, ids });
    pair.copySystem();
    for (const stack of STACKS) {
      const up = await project.tandem(["up", stack, "--yes"]);
      if (up.exitCode !== 0) throw new Error(up.output);
    }
    return pair;
  }

  /** Makes a change, without any run of the engine. */
  async make({ name, code, tag, secrets, ...change }: Change): Promise<void> {
    for (const stack of STACKS) {
      const settings = change[stack];
      if (settings !== undefined) this.project.configure(stack, settings);
      for (const [key, value] of Object.entries(secrets?.[stack] ?? {}))
        await this.project.setSecret(stack, key, value);
    }
    if (tag !== undefined) await dockerOk(["tag", tag.image, tag.as]);
    if (code === undefined) return;
    const text = readFileSync(this.topology, "utf8");
    const fresh = text.replace(code[0], () => code[1]);
    if (fresh === text) throw new Error(`${name}: the topology has no ${code[0]}`);
    writeFileSync(this.topology, fresh);
  }

  /** Does the work with these changes made, then takes them back. */
  async with<T>(changes: readonly Change[], work: () => Promise<T>): Promise<T> {
    const files = [this.topology, ...STACKS.map((stack) => this.project.stackFile(stack))];
    const kept = files.map((file) => readFileSync(file, "utf8"));
    const tags = changes.flatMap(({ tag }) => tag?.as ?? []);
    const images = await Promise.all(tags.map(imageIdOf));
    try {
      for (const change of changes) await this.make(change);
      return await work();
    } finally {
      for (const [index, file] of files.entries()) writeFileSync(file, kept[index] ?? "");
      for (const [index, tag] of tags.entries()) await dockerOk(["tag", images[index] ?? "", tag]);
    }
  }

  /** The report on both. */
  async report(
    ...flags: string[]
  ): Promise<{ exitCode: number; document: PreviewReport; text: string; seconds: number }> {
    const args = ["preview", ...STACKS, "--report", "--json", ...flags];
    const { exitCode, output, seconds } = await this.project.tandem(args);
    const begin = output.indexOf("{\n");
    if (begin === -1) throw new Error(output);
    return { exitCode, document: JSON.parse(output.slice(begin)) as PreviewReport, text: output, seconds };
  }

  /** Brings one up under load, and sees what it does. */
  async up(stack: Stack, hostname: string): Promise<Applied> {
    const before = await look(this.project.name, stack, HOSTNAMES);
    const port = Number([...before.containers.values()].flat().find(isGateway)?.ports[0]?.split(":").at(-1));
    const few = { connections: 20, slowMs: 200, uploadEverySeconds: 5, uploadBytes: 4096 };
    const load = new Load({ port, host: hostname, perSecond: 25, ...few });
    // Harmless where no password is asked for.
    const login = Buffer.from(`${USER}:${passwordOf(stack)}`).toString("base64");
    load.setHeader("authorization", `Basic ${login}`);
    const events = await watchEvents(this.project.name, stack);
    load.start();
    const up = await this.project.tandem(["up", stack, "--yes"]);
    const report = await load.stop();
    const seen = observed(before, await look(this.project.name, stack, HOSTNAMES), events());
    return { up, seen, load: report };
  }

  /** Removes it with its images. */
  async remove(): Promise<void> {
    await this.project.remove();
    const images = ["dev", ...Object.keys(OWN)].map((name) => ownImage(this.project.name, name));
    await dockerCli(["rmi", "--force", ...images]);
  }

  private get topology(): string {
    return join(this.project.folder, "system/topology.ts");
  }

  /** The Oracle's own folder as the project's, so that its code can change. */
  private copySystem(): void {
    const { folder } = this.project;
    mkdirSync(join(folder, "system"));
    for (const file of readdirSync(join(ROOT, "stacks/oracle")).filter(
      (name) => !name.endsWith(".test.ts"),
    )) {
      const text = readFileSync(join(ROOT, "stacks/oracle", file), "utf8").replaceAll('"../../', `"${ROOT}`);
      // The package's own name means nothing outside of it.
      const own = text.replaceAll(/"tandem(\/\w+)?"/g, (_, entry = "") =>
        JSON.stringify(ownEntry(`.${entry}`)),
      );
      writeFileSync(join(folder, "system", file), own);
    }
    const main = 'import { system } from "./topology.ts";\n';
    const program = `import { runSystem } from ${JSON.stringify(join(ROOT, "infra/program.ts"))};\n`;
    writeFileSync(
      join(folder, "system/main.ts"),
      `${program}${main}export default () => runSystem(system);\n`,
    );
    const path = join(folder, "Pulumi.yaml");
    const document = parse(readFileSync(path, "utf8")) as object;
    writeFileSync(path, stringify({ ...document, main: "system/main.ts", tandem: { system: "./system" } }));
  }
}

/** The file that an entry of the package means in this checkout. */
function ownEntry(entry: string): string {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, string>;
  };
  return join(ROOT, exports[entry] ?? "");
}

const isGateway = ({ component }: { component: string }) => component === "gateway";

/** A stack's part of a report. @throws Error if it has none */
export function partOf({ stacks }: PreviewReport, stack: Stack): StackReport {
  const part = stacks.find((one) => one.stack === stack);
  if (part === undefined) throw new Error(`the report has no part on ${stack}`);
  return part;
}

async function portsOf(project: TestProject, stack: Stack): Promise<Ports> {
  const { hostPort, postgresPort } = project.config(stack);
  return {
    gateway: Number(hostPort),
    postgres: Number(postgresPort),
    newGateway: await freePort(),
    newPostgres: await freePort(),
  };
}

/** The pair's own images, by what each is made from. */
const OWN = {
  one: appReference(),
  two: appReference(),
  three: appReference(),
  four: appReference(),
  otherRedis: referenceOf("redis"),
};

/** Makes the images that the changes name: the same files with a label more, so each has a content address of its own. */
async function makeImages(name: string): Promise<Record<ImageName, string>> {
  const ids: Partial<Record<ImageName, string>> = {
    example: await imageIdOf(appReference()),
    redis: await imageIdOf(referenceOf("redis")),
  };
  for (const [image, base] of Object.entries(OWN)) {
    const reference = ownImage(name, image);
    await dockerOk(["build", "-q", "-t", reference, "-"], `FROM ${base}\nLABEL test.revision=${reference}\n`);
    ids[image as ImageName] = await imageIdOf(reference);
  }
  await dockerOk(["tag", ownImage(name, "one"), ownImage(name, "dev")]);
  return ids as Record<ImageName, string>;
}
