// Caddy's own program, compiled from its Go module: the code of the official image, without its packaging.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "../executables.ts";
import type { Paths } from "../paths.ts";
import { run } from "../run.ts";
import type { Say } from "../step.ts";
import { recipes } from "./catalog.ts";
import type { Engine } from "./engine.ts";
import { sourceHash } from "./source-hash.ts";

const caddyModule = "github.com/caddyserver/caddy/v2";
const moduleFolder = join(recipes, "caddy");
/** What upstream leaves out of its own binaries too: database drivers of a certificate authority nobody runs here. */
const tags = "nobadger,nomysql,nopgx";

/** Version of Caddy in our go.mod, such as `v2.11.9`. */
export function caddyVersion(): string {
  const text = readFileSync(join(moduleFolder, "go.mod"), "utf8");
  const version = text.split("\n").find((line) => line.trim().startsWith(`${caddyModule} v`));
  const found = /\s(v\d+\.\d+\.\d+)\b/.exec(version ?? "")?.[1];
  if (found === undefined) throw new Error(`${moduleFolder}/go.mod requires no version of ${caddyModule}`);
  return found;
}

/**
 * Compiles Caddy for Linux on `architecture`, or finds it compiled; about a minute the first time.
 *
 * @returns the static binary's path, in the cache
 * @throws when there is no Go, or the build fails
 */
export async function caddyBinary(
  engine: Engine & { paths: Paths },
  architecture: string,
  say: Say,
): Promise<string> {
  const version = caddyVersion();
  const hash = sourceHash(moduleFolder, ["go.mod", "go.sum"], [tags]);
  const folder = join(engine.paths.tools, `caddy-${version}-${architecture}-${hash.slice(0, 12)}`);
  const binary = join(folder, "caddy");
  if (existsSync(binary)) return binary;
  if (findOnPath("go", engine.env).length === 0) {
    throw new Error("compiling Caddy needs Go (1.21 or newer; it fetches the release it wants): install Go");
  }
  mkdirSync(folder, { recursive: true });
  // Into a name of its own first: a half-written file must never be taken for the binary.
  const partial = join(folder, `caddy.${process.pid}`);
  say(`compile Caddy ${version}`);
  try {
    const flags = `-s -w -X ${caddyModule}.CustomVersion=${version}`;
    const args = ["build", "-mod=readonly", "-trimpath", "-tags", tags, "-ldflags", flags, "-o", partial];
    await run("go", [...args, `${caddyModule}/cmd/caddy`], {
      cwd: moduleFolder,
      log: join(engine.paths.logs, "images.log"),
      env: { CGO_ENABLED: "0", GOOS: "linux", GOARCH: architecture },
      onLine: (line) => say(`compile Caddy: ${line}`),
    });
    chmodSync(partial, 0o755);
    renameSync(partial, binary);
  } finally {
    rmSync(partial, { force: true });
  }
  return binary;
}
