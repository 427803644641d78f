// The workflows that `tandem init` and `tandem new` make, by GitHub's own parser and expressions; what becomes of files that
// are there.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemsBelow } from "../../infra/check/projects.ts";
import { packageRoot } from "../../setup/paths.ts";
import {
  applies,
  broughtUp,
  preparation,
  pushOf,
  readWorkflow,
  runByHand,
  schemaErrors,
  workflowFiles,
} from "../../tests/support/workflows.ts";
import { createSystem } from "./new-system.ts";
import { sharedWorkflows, systemWorkflow, type Written, writeWorkflows } from "./workflow-files.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tandem-workflows-"));
});

afterEach(() => rmSync(root, { recursive: true }));

const read = (path: string) => readFileSync(join(root, path), "utf8");
const all = () => readdirSync(join(root, ".github"), { recursive: true }).map(String).toSorted();

/** As `tandem init` and `tandem new` do it in a repository of somebody's. */
function make(name: string, folder: string): Written {
  createSystem(name, { root, folder: join(root, folder), installed: true });
  const systems = systemsBelow(root);
  const own = systems.filter(({ project }) => project === name).map((system) => systemWorkflow(system, true));
  return writeWorkflows(root, new Map([...own, ...sharedWorkflows(systems, root)]));
}

const FILES = [
  "actions/tandem-prepare/action.yml",
  "workflows/shop.yml",
  "workflows/tandem-deploy.yml",
  "workflows/tandem-drift.yml",
  "workflows/tandem-preview.yml",
];

describe("the workflows of a repository that has the package installed", () => {
  it("are what GitHub's parser accepts, with all that they call, and name nothing of this one", async () => {
    expect(make("shop", "infra").made.toSorted()).toEqual(FILES.map((file) => `.github/${file}`));
    for (const file of workflowFiles(root)) expect(await schemaErrors(file, root), file).toEqual([]);
    for (const file of FILES) {
      const text = read(`.github/${file}`);
      expect(text).not.toMatch(/oracle|shared\]|\.\/tandem\b|workflows\/deploy\.yml|actions\/prepare/);
    }
    const commands = ["deploy", "drift", "preview"].flatMap((name) =>
      Object.values(readWorkflow(`tandem-${name}.yml`, root).jobs).flatMap(({ steps }) =>
        (steps ?? []).flatMap(({ run }) => /^npx --no tandem ci [\w-]+/.exec(run ?? "") ?? []),
      ),
    );
    expect(commands).toEqual(
      ["deploy", "commit-stack-files", "drift-issues", "preview-report"].map(
        (step) => `npx --no tandem ci ${step}`,
      ),
    );
  });

  it("bring up staging by develop, production by main, and by hand from where each is deployed from", () => {
    make("shop", "infra");
    expect(broughtUp("refs/heads/develop", root)).toEqual(["shop staging"]);
    expect(broughtUp("refs/heads/main", root)).toEqual(["shop production"]);
    expect(broughtUp("refs/heads/feature", root)).toEqual([]);
    const from = (action: string, stack: string) =>
      runByHand("shop.yml", "refs/heads/main", { action, stack, version: "" }, root);
    expect(from("rollback", "staging")).toMatchObject({ system: "shop", refs: "refs/heads/develop" });
    expect(from("rollback", "production")).toMatchObject({ stack: "production", refs: "refs/heads/main" });
    expect(from("promote", "production")).toMatchObject({ action: "promote", refs: "refs/heads/develop" });
  });

  it("have the rights, actions and conditions of this repository's", () => {
    make("shop", "infra");
    const uses = (file: string, folder = packageRoot) =>
      Object.values(readWorkflow(file, folder).jobs).flatMap(({ steps }) =>
        (steps ?? []).flatMap((step) => (step.uses?.includes("@") ? [step.uses] : [])),
      );
    for (const name of ["deploy", "preview", "drift"]) {
      const [made, ours] = [readWorkflow(`tandem-${name}.yml`, root), readWorkflow(`${name}.yml`)];
      expect(made.permissions).toEqual(ours.permissions);
      expect(Object.values(made.jobs).map((job) => [job.if, job.environment])).toEqual(
        Object.values(ours.jobs).map((job) => [job.if, job.environment]),
      );
      expect(uses(`tandem-${name}.yml`, root)).toEqual(uses(`${name}.yml`));
      expect(uses(`${name}.yml`)).toHaveLength(1);
    }
    // A tag may have the default branch's name.
    const drift = readWorkflow("tandem-drift.yml", root).jobs.drift?.if;
    const from = (ref: string) => ({
      github: { ...pushOf(ref), event: { repository: { default_branch: "main" } } },
      vars: { TANDEM_RUNNER: '["self-hosted"]' },
    });
    expect(applies(drift, from("refs/heads/main"))).toBe(true);
    expect(applies(drift, from("refs/tags/main"))).toBe(false);
    const { permissions, jobs } = readWorkflow("shop.yml", root);
    expect(permissions).toEqual({ contents: "read" });
    const writing = Object.values(jobs).filter((job) => job.permissions?.contents === "write");
    expect(writing.map((job) => applies(job.if, { github: { event_name: "push" } }))).toEqual([false]);
  });

  it.each([
    ["package-lock.json", "npm ci --ignore-scripts"],
    ["pnpm-lock.yaml", "corepack pnpm install --frozen-lockfile --ignore-scripts"],
    ["yarn.lock", "corepack yarn install --frozen-lockfile --ignore-scripts"],
  ])("install what %s names, and run no package's script", (lock, command) => {
    writeFileSync(join(root, lock), "");
    make("shop", "infra");
    const made = preparation("tandem-prepare", root);
    expect(made.slice(0, -1)).toEqual(preparation());
    expect(made.at(-1)).toEqual({ run: command, shell: "bash" });
  });

  it("of a second system are one file, and what both share then names both", () => {
    make("shop", "infra");
    const first = read(".github/workflows/shop.yml");
    const written = make("book-club", "stacks/book-club");
    expect(written).toEqual({
      made: [".github/workflows/book-club.yml"],
      listed: [".github/workflows/tandem-preview.yml", ".github/workflows/tandem-drift.yml"],
      kept: [],
    });
    expect(read(".github/workflows/shop.yml")).toBe(first);
    expect(read(".github/workflows/tandem-drift.yml")).toContain(`'["book-club", "shop"]'`);
    expect(broughtUp("refs/heads/develop", root)).toEqual(["book-club staging", "shop staging"]);
  });

  it("never take the place of a file that is there", () => {
    mkdirSync(join(root, ".github/workflows"), { recursive: true });
    for (const name of ["shop", "tandem-drift", "mine"]) {
      writeFileSync(join(root, `.github/workflows/${name}.yml`), "# Mine.\n");
    }
    const { kept, made } = make("shop", "infra");
    expect(kept).toEqual([".github/workflows/shop.yml", ".github/workflows/tandem-drift.yml"]);
    expect(made).toHaveLength(3);
    expect(all()).toContain("workflows/mine.yml");
    for (const path of kept) expect(read(path)).toBe("# Mine.\n");
  });
});

describe("the workflows of this repository", () => {
  it.each([
    ["lugh", "develop"],
    ["eduaiia", "staging"],
    ["blue-banded-bee", "staging"],
  ])("%s has the one that is made for a new system, with its branch", (project, branch) => {
    const [path, text] = systemWorkflow({ project, folder: join(packageRoot, "stacks", project) }, false);
    expect(readFileSync(join(packageRoot, path), "utf8")).toBe(text.replaceAll("develop", branch));
  });
});
