// What the npm package needs of others, and what it gives them.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import build from "../../tsconfig.build.json" with { type: "json" };
import { packageRoot } from "../paths.ts";
import { assets } from "./assets.ts";
import { forPackage, oldestNode } from "./manifest.ts";

/** What the build compiles, with all that it imports. */
const compiled = [...build.files, ...globSync(build.include, { cwd: packageRoot, exclude: build.exclude })];

/** Files with all that they import, and their texts. @param entries the first ones. @default what the build compiles */
function shipped(entries: readonly string[] = compiled): Map<string, string> {
  const texts = new Map<string, string>();
  const pending = [...entries];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (texts.has(file)) continue;
    const text = readFileSync(join(packageRoot, file), "utf8");
    texts.set(file, text);
    const from = dirname(join(packageRoot, file));
    for (const name of importsOf(text).filter((imported) => /^\..*\.ts$/.test(imported))) {
      pending.push(relative(packageRoot, join(from, name)));
    }
  }
  return texts;
}

function importsOf(text: string): string[] {
  // Types are gone once it is built.
  const code = text.replaceAll(/^(import|export) type [^;]*;/gm, "");
  return [...code.matchAll(/(?:\bfrom|^import|\bimport\()\s*"([\w@./:-]+)"/gm)].map(([, name = ""]) => name);
}

/** Paths from the root that a text reads; one that is known at run time only stands as its expression. */
function readsOf(text: string): string[] {
  const joins = [...text.matchAll(/\bjoin\(\s*packageRoot,\s*([^()]+?)\s*\)/g)].map(([, parts = ""]) =>
    parts
      .split(/,\s*/)
      .filter((part) => part !== "")
      .map((part) => /^"([^"]*)"$/.exec(part)?.[1] ?? `<${part}>`)
      .join("/"),
  );
  // Folders that are handed on by their paths.
  const named = [...text.matchAll(/"((?:docs|examples|standins)\/[\w./-]+)"/g)].map(([, path = ""]) => path);
  const addresses = text.matchAll(/import\.meta\.(?:dirname|filename)|new URL\([^)]*import\.meta\.url/g);
  return [...joins, ...named, ...[...addresses].map(([address]) => `<${address}>`)];
}

/** What the build makes in `dist/` beside compiled files and assets. */
const madeByBuild = ["bundles", "<REVISION_FILE>", "examples/app.revision"];

/** What is read otherwise, and why that is no file which the package lacks. */
const elsewhere: Readonly<Record<string, string>> = {
  "ops/cli.ts: <import.meta.dirname>": "the commands, which the build compiles",
  "setup/paths.ts: package.json": "what tells a checkout by",
  "setup/stamps.ts: <file>": "go.mod and others below standins/; of bundles in a checkout only",
  "setup/stamps.ts: <folder>": "sources of bundles, in a checkout only",
  "setup/bundles.ts: <bundled[name]>": "in a checkout only: the package brings its bundles made",
  "setup/bundles.ts: <entry>": "when the package is built",
  "setup/go-build.ts: <folder>/go.mod": "below standins/",
  "setup/go-build.ts: <program.folder>": "below standins/",
  "ops/import/literal.ts: <import.meta.dirname>": "in the text of a topology that is written",
  "ops/commands/workflow-files.ts: docs/workflows.md": "a name in a text; it lies beside dist/",
  "ops/commands/workflows.ts: docs/workflows.md": "a name in a message; it lies beside dist/",
  "ops/commands/test.ts: node_modules/.bin/<name>": "tests are a checkout's",
  "ops/commands/system-rows.ts: stacks": "tests are a checkout's",
};

const packageOf = (name: string) => name.split("/", name.startsWith("@") ? 2 : 1).join("/");

describe("the command of the npm package", () => {
  /** Runs it as a Node of another version would. */
  function runAs(version: string): string {
    const script = JSON.stringify(join(packageRoot, "setup/package/tandem.cjs"));
    const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`;
    const code = `Object.defineProperty(process, "versions", { value: ${versions} }); require(${script});`;
    const { status, stderr } = spawnSync(process.execPath, ["-e", code], { encoding: "utf8" });
    expect(status).toBe(2);
    return stderr;
  }

  it.each(["18.20.4", "20.11.0", "22.17.1", "23.5.0"])("says to Node %s which one it needs", (version) => {
    expect(runAs(version)).toBe(
      `tandem: needs Node 22.18, 24 or newer, and this is ${version}\n        install it from https://nodejs.org/\n`,
    );
  });

  it.each(["22.18.0", "23.6.0", "24.0.0", "26.1.0"])("runs with Node %s, where it is built", (version) => {
    expect(runAs(version)).toContain("this is a checkout, in which nothing is built");
  });
});

describe("the npm package", () => {
  it("imports only what it depends on, so that it works where nothing else is installed", () => {
    // The bundler is for checkouts: the package brings its bundles made.
    const own = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    const missing = [...shipped()]
      .filter(([file]) => file !== "setup/bundle.ts")
      .flatMap(([file, text]) =>
        importsOf(text)
          .filter((name) => !name.startsWith(".") && !isBuiltin(name))
          .map(packageOf)
          .filter((name) => !own.includes(name))
          .map((name) => `${file}: ${name}`),
      );
    expect(shipped().size).toBeGreaterThan(300);
    expect(missing).toEqual([]);
  });

  it("holds every file that its code reads beside itself", () => {
    const holds = (path: string) =>
      assets.some((asset) => path === asset || path.startsWith(`${asset}/`)) ||
      shipped().has(path) ||
      madeByBuild.includes(path);
    const found = [...shipped()]
      .flatMap(([file, text]) => readsOf(text).map((path) => ({ file, path })))
      // Bundles are made of these in a checkout, and brought by the package.
      .filter(({ file, path }) => file !== "setup/bundles.ts" || !path.startsWith("standins/"));
    const missing = found
      .filter(({ file, path }) => !holds(path) && !Object.hasOwn(elsewhere, `${file}: ${path}`))
      .map(({ file, path }) => `${file}: ${path}`);
    expect(missing, "name it in setup/package/assets.ts").toEqual([]);
    expect(found.map(({ path }) => path)).toEqual(expect.arrayContaining(["docs/template", "examples/app"]));
    const known = found.map(({ file, path }) => `${file}: ${path}`);
    expect(Object.keys(elsewhere).filter((one) => !known.includes(one))).toEqual([]);
    for (const asset of assets) expect(existsSync(join(packageRoot, asset)), asset).toBe(true);
  });

  it("has settings that load nothing of Pulumi, since a check should be over before that is loaded", () => {
    const found = [...shipped(["infra/settings/index.ts"]).values()].flatMap(importsOf);
    expect(found).toContain("zod");
    expect(found.filter((name) => name.startsWith("@pulumi/"))).toEqual([]);
  });

  it("takes Pulumi's SDKs from the repository that it is in, as of the version that it is tested with", () => {
    const peers: Record<string, string> = manifest.peerDependencies;
    const tested: Record<string, string> = manifest.devDependencies;
    expect(Object.keys(peers)).toEqual(Object.keys(tested).filter((name) => name.startsWith("@pulumi/")));
    for (const [name, range] of Object.entries(peers)) expect(range).toBe(`^${tested[name]}`);
  });

  it("exports the built form of what a checkout exports", () => {
    const made = forPackage(manifest);
    expect(Object.keys(made.exports)).toEqual(Object.keys(manifest.exports));
    expect(made.exports["./settings"]).toEqual({
      types: "./dist/infra/settings/index.d.ts",
      default: "./dist/infra/settings/index.js",
    });
    expect(made).not.toHaveProperty("scripts");
    for (const source of Object.values(manifest.exports)) {
      expect(existsSync(join(packageRoot, source)), source).toBe(true);
      if (source.endsWith(".ts")) expect(build.files).toContain(source.slice(2));
    }
    expect(oldestNode(manifest)).toBe("22.18");
  });
});
