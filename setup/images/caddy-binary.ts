// Caddy's own program, compiled from its Go module: the code of the official image, without its packaging.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goBuild } from "../go-build.ts";
import type { Say, SetupContext } from "../step.ts";
import { recipes } from "./catalog.ts";
import { sourceHash } from "./source-hash.ts";

const caddyModule = "github.com/caddyserver/caddy/v2";
const moduleFolder = join(recipes, "caddy");
/** What upstream leaves out of its own binaries too: database drivers of a certificate authority nobody runs here. */
const tags = "nobadger,nomysql,nopgx";

/** Version of Caddy in our go.mod, such as `v2.11.9`. @throws when go.mod requires none */
export function caddyVersion(): string {
  const text = readFileSync(join(moduleFolder, "go.mod"), "utf8");
  const found = new RegExp(`^\\s*(?:require )?${caddyModule} (v\\d+\\.\\d+\\.\\d+)\\b`, "m").exec(text)?.[1];
  if (found === undefined) throw new Error(`${moduleFolder}/go.mod requires no version of ${caddyModule}`);
  return found;
}

/**
 * Compiles Caddy for this machine's processor, or finds it compiled; about a minute the first time.
 *
 * @returns the static binary's path, in the cache
 * @throws when Go is missing or too old, or the build fails
 */
export async function caddyBinary(context: SetupContext, say: Say): Promise<string> {
  const version = caddyVersion();
  const hash = sourceHash(moduleFolder, ["go.mod", "go.sum"], [tags, process.arch]);
  const output = join(context.paths.tools, `caddy-${version}-${hash.slice(0, 12)}`, "caddy");
  if (!existsSync(output)) {
    await goBuild(
      {
        folder: "standins/images/caddy",
        target: `${caddyModule}/cmd/caddy`,
        variables: [`${caddyModule}.CustomVersion=${version}`],
        tags,
        output,
        log: "images.log",
      },
      context,
      (line) => say(`Caddy ${version}: ${line}`),
    );
  }
  return output;
}
