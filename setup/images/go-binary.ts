// Programs that images need, compiled from their Go modules: the code of the official images, without their packaging.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goBuild } from "../go-build.ts";
import type { Say, SetupContext } from "../step.ts";
import { recipes } from "./catalog.ts";
import { sourceHash } from "./source-hash.ts";

/** A program whose module the go.mod of a recipe requires. */
export interface GoBinary {
  /** Folder of the recipe, and name of the executable. */
  name: string;
  /** Its module. */
  module: string;
  /** Package of the program, from the module's root. */
  target: string;
  /** Variable that holds its version. */
  version: string;
  tags?: string;
}

/** The web server. */
export const caddy: GoBinary = {
  name: "caddy",
  module: "github.com/caddyserver/caddy/v2",
  target: "/cmd/caddy",
  version: "github.com/caddyserver/caddy/v2.CustomVersion",
  // What upstream leaves out of its own binaries too: database drivers of a certificate authority nobody runs here.
  tags: "nobadger,nomysql,nopgx",
};

/** The scheduler of jobs. */
export const supercronic: GoBinary = {
  name: "supercronic",
  module: "github.com/aptible/supercronic",
  target: "",
  version: "main.Version",
  // Time zones in the program: an image may have none.
  tags: "timetzdata",
};

/** Version of the program in our go.mod, such as `v2.11.9`. @throws when go.mod requires none */
export function versionOf({ name, module }: GoBinary): string {
  const file = join(recipes, name, "go.mod");
  const found = new RegExp(`^\\s*(?:require )?${module} (v\\d+\\.\\d+\\.\\d+)\\b`, "m").exec(
    readFileSync(file, "utf8"),
  )?.[1];
  if (found === undefined) throw new Error(`${file} requires no version of ${module}`);
  return found;
}

/**
 * Compiles the program for this machine's processor, or finds it compiled; Caddy takes about a minute the first time.
 *
 * @returns the static binary's path, in the cache
 * @throws when Go is missing or too old, or the build fails
 */
export async function goBinary(binary: GoBinary, context: SetupContext, say: Say): Promise<string> {
  const { name, module, target, tags } = binary;
  const version = versionOf(binary);
  const hash = sourceHash(join(recipes, name), ["go.mod", "go.sum"], [tags ?? "", process.arch]);
  const output = join(context.paths.tools, `${name}-${version}-${hash.slice(0, 12)}`, name);
  if (!existsSync(output)) {
    await goBuild(
      {
        folder: `standins/images/${name}`,
        target: `${module}${target}`,
        variables: [`${binary.version}=${version}`],
        ...(tags === undefined ? {} : { tags }),
        output,
        log: "images.log",
      },
      context,
      (line) => say(`${name} ${version}: ${line}`),
    );
  }
  return output;
}
