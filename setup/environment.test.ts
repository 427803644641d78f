// Where things live, what the engine is told, and the passphrase.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeLauncher } from "./bundle-launcher.ts";
import { engineVariables, shellExports } from "./engine-env.ts";
import { resolvePaths } from "./paths.ts";
import { installedExecutable } from "./plugins.ts";
import { ensureState } from "./state.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-env-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("paths", () => {
  it.each([
    [{ HOME: "/h" }, "/h/.cache/tandem", "/h/.local/share/tandem"],
    [{ HOME: "/h", XDG_CACHE_HOME: "/c", XDG_DATA_HOME: "/d" }, "/c/tandem", "/d/tandem"],
    [{ HOME: "/h", XDG_CACHE_HOME: "/c", TANDEM_CACHE: "/x", TANDEM_HOME: "/y" }, "/x", "/y"],
  ])("%o", (env, cache, data) => {
    expect(resolvePaths(env)).toMatchObject({ cache, data, pulumiHome: `${cache}/pulumi-home` });
  });

  it("leave the user's PULUMI_HOME", () => {
    expect(resolvePaths({ HOME: "/h", PULUMI_HOME: "/p" }).pulumiHome).toBe("/p");
  });
});

describe("the engine's variables", () => {
  const engine = { directory: "/tools/pulumi" };
  const variables = (env: Record<string, string>) =>
    engineVariables(resolvePaths({ HOME: "/h", ...env }), engine, { HOME: "/h", PATH: "/bin", ...env });

  it("name the local backend and the passphrase's file, and never a passphrase", () => {
    const all = variables({});
    expect(all.PULUMI_BACKEND_URL).toBe("file:///h/.local/share/tandem/state");
    expect(all.PULUMI_CONFIG_PASSPHRASE_FILE).toBe("/h/.local/share/tandem/passphrase");
    expect(all).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE");
  });

  it("put our Node and the engine first, once", () => {
    const first = `${dirname(process.execPath)}:/tools/pulumi`;
    expect(variables({}).PATH).toBe(`${first}:/bin`);
    expect(variables({ PATH: `/bin:/tools/pulumi:${dirname(process.execPath)}` }).PATH).toBe(`${first}:/bin`);
  });

  it("leave the user's backend and passphrase, also an empty one", () => {
    const all = variables({ PULUMI_BACKEND_URL: "s3://b", PULUMI_CONFIG_PASSPHRASE: "" });
    expect(all).not.toHaveProperty("PULUMI_BACKEND_URL");
    expect(all).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE_FILE");
    expect(all.PULUMI_CREDENTIALS_PATH).toBe("/h/.pulumi");
    expect(variables({ PULUMI_CONFIG_PASSPHRASE_FILE: "/f" })).not.toHaveProperty(
      "PULUMI_CONFIG_PASSPHRASE_FILE",
    );
  });

  it("pin the sessions of a postgresql plugin that isn't ours, last of all options and once", () => {
    const first = variables({ PGOPTIONS: "-c search_path=mine" }).PGOPTIONS ?? "";
    expect(first).toMatch(/^-c search_path=mine -c search_path=pg_catalog,pg_temp -c /);
    expect(variables({ PGOPTIONS: first }).PGOPTIONS).toBe(first);
    const paths = resolvePaths({ HOME: folder });
    const file = installedExecutable(paths.pulumiHome, "postgresql");
    writeLauncher(paths, "pulumi-resource-postgresql", file);
    expect(engineVariables(paths, engine, { HOME: folder })).not.toHaveProperty("PGOPTIONS");
  });

  it("reach a shell as they are, whatever they hold", () => {
    const nasty = 'it\'s $HOME `id` "quoted" \\ \n; rm -rf x';
    const script = `${shellExports({ NASTY: nasty })} printf %s "$NASTY"`;
    expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe(nasty);
  });
});

describe("state", () => {
  const make = (env: Record<string, string> = {}) => {
    const all = { TANDEM_HOME: join(folder, "home"), TANDEM_CACHE: join(folder, "cache"), ...env };
    const paths = resolvePaths(all);
    ensureState(paths, all);
    return paths;
  };

  it("gets a passphrase once, readable by its owner only", () => {
    const paths = make();
    const first = readFileSync(paths.passphrase, "utf8");
    expect(first).toMatch(/^[\w-]{43}\n$/);
    expect(statSync(paths.passphrase).mode & 0o777).toBe(0o600);
    expect(statSync(paths.data).mode & 0o777).toBe(0o700);
    make();
    expect(readFileSync(paths.passphrase, "utf8")).toBe(first);
    expect(readdirSync(paths.data).sort()).toEqual(["passphrase", "state"]);
    expect(statSync(join(paths.pulumiHome, "logs")).isFile()).toBe(true);
  });

  it("gets none where the user has one, nor a folder where state is elsewhere", () => {
    const paths = make({ PULUMI_CONFIG_PASSPHRASE: "", PULUMI_BACKEND_URL: "s3://b" });
    expect(readdirSync(paths.data)).toEqual([]);
  });

  it("is not given a new passphrase where stacks need the old one", () => {
    const paths = make();
    rmSync(paths.passphrase);
    mkdirSync(join(paths.state, ".pulumi/stacks/shop"), { recursive: true });
    writeFileSync(join(paths.state, ".pulumi/stacks/shop/staging.json"), "{}");
    expect(() => make()).toThrow(/passphrase is missing, but .* holds stacks/);
  });

  it("of two runs at once both use the same passphrase", async () => {
    const script = `
      const { resolvePaths } = await import(${JSON.stringify(new URL("./paths.ts", import.meta.url).href)});
      const { ensureState } = await import(${JSON.stringify(new URL("./state.ts", import.meta.url).href)});
      const { readFileSync } = await import("node:fs");
      const env = { TANDEM_HOME: ${JSON.stringify(join(folder, "two"))}, TANDEM_CACHE: ${JSON.stringify(join(folder, "two-cache"))} };
      ensureState(resolvePaths(env), env);
      process.stdout.write(readFileSync(resolvePaths(env).passphrase, "utf8"));`;
    const { execFile } = await import("node:child_process");
    const { promisify } = await import("node:util");
    const run = promisify(execFile);
    const args = ["--input-type=module", "-e", script];
    const both = await Promise.all([1, 2, 3, 4].map(() => run(process.execPath, args)));
    expect(new Set(both.map(({ stdout }) => stdout)).size).toBe(1);
  });
});
