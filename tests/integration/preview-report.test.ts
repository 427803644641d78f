// The report on changes: more than 30 of config, code and image, each with its verdict, and what `up` then does, seen from outside.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { Effects } from "../../ops/plan/effects.ts";
import { marker } from "../../ops/plan/markdown.ts";
import type { PreviewReport, StackReport } from "../../ops/plan/report.ts";
import { GitHubEmulator } from "../emulators/github.ts";
import { docker } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { look, observed, type Sight, watchEvents } from "../support/observed-effects.ts";
import type { Change, Group, Verdict } from "../support/preview-change.ts";
import { changeGroups } from "../support/preview-changes.ts";
import { freePort, ROOT, TestProject } from "../support/project.ts";

const STACKS = ["staging", "production"] as const;
type Stack = (typeof STACKS)[number];
/** All hostnames that the changes give staging, so that a route is seen to come and go. */
const HOSTNAMES = ["staging-oracle.localhost", "rehearsal.localhost", "theoracle.localhost"];
const NOTHING: Effects = {
  ...{ restarts: [], replaces: [], updates: [], creates: [], removes: [], data: [], migrations: [] },
  ...{ opens: [], closes: [], routes: [], exposes: [], secrets: [], hidden: [], images: [] },
};

let project: TestProject;
let image: string;
let groups: Group[];

/** Gives the tag a content that it didn't have. */
async function buildImage(revision: string): Promise<void> {
  const base = "tandem-example:0.1.0";
  await dockerOk(["build", "-q", "-t", image, "-"], `FROM ${base}\nLABEL test.revision=${revision}\n`);
}

const topology = () => join(project.folder, "system/topology.ts");

/** The Oracle's own folder as the project's, so that its code can change. */
function copySystem(): void {
  const folder = join(project.folder, "system");
  mkdirSync(folder);
  for (const file of readdirSync(join(ROOT, "stacks/oracle")).filter((name) => !name.endsWith(".test.ts"))) {
    const text = readFileSync(join(ROOT, "stacks/oracle", file), "utf8");
    writeFileSync(join(folder, file), text.replaceAll('"../../', `"${ROOT}`));
  }
  const main = 'import { system } from "./topology.ts";\n';
  const program = `import { runSystem } from ${JSON.stringify(join(ROOT, "infra/program.ts"))};\n`;
  writeFileSync(join(folder, "main.ts"), `${program}${main}export default () => runSystem(system);\n`);
  const path = join(project.folder, "Pulumi.yaml");
  const document = parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, stringify({ ...document, main: "system/main.ts", tandem: { system: "./system" } }));
}

async function apply(change: Change): Promise<void> {
  for (const stack of STACKS) if (change[stack] !== undefined) project.configure(stack, change[stack]);
  for (const [key, value] of Object.entries(change.secrets ?? {}))
    await project.setSecret("staging", key, value);
  if (change.image !== undefined) await buildImage("two");
  if (change.code === undefined) return;
  const text = readFileSync(topology(), "utf8");
  const fresh = text.replace(change.code[0], () => change.code?.[1] ?? "");
  expect(fresh, change.name).not.toBe(text);
  writeFileSync(topology(), fresh);
}

/** Verdicts added up. */
function expectedOf(changes: readonly Change[], stack: Stack): Required<Verdict> {
  const verdicts = changes.flatMap(({ expected }) => expected[stack] ?? []);
  const effects = Object.fromEntries(
    Object.keys(NOTHING).map((key) => {
      const all = verdicts.flatMap((verdict) => (verdict.effects[key as keyof Effects] ?? []) as string[]);
      return [key, [...new Set(all)].sort()];
    }),
  ) as unknown as Effects;
  return { effects, risks: [...new Set(verdicts.flatMap(({ risks }) => risks ?? []))].sort() };
}

async function report(
  ...flags: string[]
): Promise<{ exitCode: number; document: PreviewReport; text: string }> {
  const { exitCode, output } = await project.tandem(["preview", ...STACKS, "--report", "--json", ...flags]);
  const begin = output.indexOf("{\n");
  expect(begin, output).toBeGreaterThanOrEqual(0);
  return { exitCode, document: JSON.parse(output.slice(begin)) as PreviewReport, text: output };
}

function partOf({ stacks }: PreviewReport, stack: Stack): StackReport {
  const part = stacks.find((one) => one.stack === stack);
  if (part === undefined) throw new Error(`the report has no part on ${stack}`);
  return part;
}

const sightOf = (stack: Stack): Promise<Sight> => look(project.name, stack, HOSTNAMES);

/** What the report said, in the words of what can be seen from outside. */
function foretold({ effects }: StackReport) {
  const { restarts, replaces, updates, creates, removes, migrations, opens, closes } = effects;
  const images = [...new Set(effects.images.map(({ component }) => component))].sort();
  const data = effects.data.map((name) => name.replace(/^volume /, ""));
  const routes = effects.routes.length > 0;
  return { restarts, replaces, updates, creates, removes, migrations, opens, closes, data, images, routes };
}

beforeAll(async () => {
  project = await TestProject.create();
  image = `${project.name}:dev`;
  copySystem();
  await buildImage("one");
  const [newGateway, newPostgres] = [await freePort(), await freePort()];
  const { hostPort, postgresPort } = project.config("staging");
  const ports = { gateway: Number(hostPort), postgres: Number(postgresPort), newGateway, newPostgres };
  project.configure("staging", { image, watchSeconds: 1 });
  project.configure("production", { watchSeconds: 1 });
  groups = changeGroups(ports, image);
  for (const stack of STACKS) {
    const up = await project.tandem(["up", stack, "--yes"]);
    expect(up.exitCode, up.output).toBe(0);
  }
});

afterAll(async () => {
  await project.remove();
  await docker
    .getImage(image)
    .remove({ force: true })
    .catch(() => undefined);
});

describe("the report on both environments", () => {
  it("covers at least 30 changes", () => {
    expect(
      changeGroups({ gateway: 1, newGateway: 2, newPostgres: 3, postgres: 4 }, "x").flatMap(
        ({ changes }) => changes,
      ).length,
    ).toBeGreaterThanOrEqual(30);
  });

  it("takes one line for each that doesn't change, as Markdown, with the difference folded", async () => {
    const { exitCode, output } = await project.tandem(["preview", ...STACKS, "--report"]);
    expect(exitCode, output).toBe(0);
    expect(output).toContain(marker(project.name));
    expect(output).toContain("**staging**: no changes\n");
    expect(output).toMatch(
      /^\*\*production\*\*: no changes; advisory policies: digest-in-production \(\d\)$/m,
    );
    expect(output).toMatch(/<details><summary>\d+ settings differ between staging and production<\/summary>/);
  });

  // The groups are made once the ports are known: they are told apart by their number.
  it.each(
    [...changeGroups({ gateway: 0, newGateway: 0, newPostgres: 0, postgres: 0 }, "").entries()].map(
      ([index, { changes }]) => [changes.map(({ name }) => name).join(" + "), index] as const,
    ),
  )("foretells %s", async (_, index) => {
    const group = groups[index] as Group;
    const kept = STACKS.map((stack) => readFileSync(project.stackFile(stack), "utf8"));
    const code = readFileSync(topology(), "utf8");
    for (const change of group.changes) await apply(change);

    const { exitCode, document, text } = await report();
    expect(text).not.toMatch(/canary-/);
    for (const stack of STACKS) {
      const { effects, risks } = partOf(document, stack);
      const expected = expectedOf(group.changes, stack);
      const told = { ...effects, images: [], data: [] };
      expect.soft({ stack, effects: told }).toEqual({
        stack,
        effects: { ...expected.effects, images: [], data: [] },
      });
      const kinds = risks.map(({ kind }) => kind).filter((kind) => kind !== "advice");
      expect.soft([...new Set(kinds)].sort()).toEqual(expected.risks);
    }
    expect.soft(exitCode).toBe(group.refused ?? (group.approved ? 6 : 0));
    if (group.approved) expect((await report("--approve-data")).exitCode).toBe(0);

    for (const stack of STACKS) {
      const part = partOf(document, stack);
      if (part.changes.length === 0 && !part.stop) continue;
      const before = await sightOf(stack);
      const events = await watchEvents(project.name, stack);
      const up = await project.tandem(["up", stack, "--yes"]);
      expect(up.exitCode === 0, up.output).toBe(!part.stop || group.approved === true);
      const seen = observed(before, await sightOf(stack), events());
      if (part.stop && !group.approved) expect(Object.values(seen).flat()).toEqual([false]);
      else expect.soft({ stack, ...seen }).toEqual({ stack, ...foretold(part) });
    }
    if (group.refused === undefined) return;
    STACKS.map((stack, place) => writeFileSync(project.stackFile(stack), kept[place] ?? ""));
    writeFileSync(topology(), code);
  });

  it("goes into one comment of the pull request, by the workflow's own script", async () => {
    const github = await GitHubEmulator.start();
    try {
      const script = join(ROOT, ".github/scripts/preview-report.sh");
      const env = { ...project.environment(), ...github.variables };
      for (let round = 0; round < 2; round++) {
        const { exitCode, all } = await execa(script, ["7", "--project", project.folder], {
          ...{ env, all: true, reject: false, stdin: "ignore" },
        });
        expect(exitCode, all).toBe(0);
      }
      expect(github.comments).toHaveLength(1);
      expect(github.comments[0]).toMatchObject({
        issue: 7,
        body: expect.stringContaining(marker(project.name)),
      });
    } finally {
      await github.stop();
    }
  });
});
