// Builds the stand-in of an official image and tags it with that image's reference.
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Paths } from "../paths.ts";
import type { Say } from "../step.ts";
import { caddyBinary } from "./caddy-binary.ts";
import { type CatalogEntry, recipes, type StandInName } from "./catalog.ts";
import { baseHash, baseReference } from "./debian.ts";
import { buildImage, type Engine, engineArchitecture } from "./engine.ts";
import { sourceHashLabel, standInLabel, standInNoteLabel, standInOfLabel } from "./labels.ts";
import { proxyVariables } from "./mirror.ts";
import { installLocked } from "./npm.ts";
import { filesUnder, sourceHash } from "./source-hash.ts";

/** Hash of what a stand-in is made from: its folder and the base below it. */
export function standInHash({ reference, standIn, note }: CatalogEntry): string {
  const folder = join(recipes, standIn);
  return sourceHash(folder, filesUnder(folder), [baseHash, reference, note]);
}

/** Puts into the build's folder what its Dockerfile copies besides the recipe's own files. */
type Prepare = (context: string, engine: Engine & { paths: Paths }, say: Say) => Promise<void>;

const preparations: Partial<Record<StandInName, Prepare>> = {
  caddy: async (context, engine, say) => {
    const binary = await caddyBinary(engine, await engineArchitecture(engine), say);
    copyFileSync(binary, join(context, "caddy"));
    chmodSync(join(context, "caddy"), 0o755);
  },
  node: async (context, engine, say) => {
    const architecture = await engineArchitecture(engine);
    say("fetch Node and npm from the npm registry");
    await installLocked(context, architecture, join(engine.paths.logs, "images.log"));
    const modules = join(context, "node_modules");
    const cpu = architecture === "amd64" ? "x64" : architecture;
    renameSync(join(modules, `node-linux-${cpu}`, "bin", "node"), join(context, "node"));
    chmodSync(join(context, "node"), 0o755);
    renameSync(join(modules, "npm"), join(context, "npm"));
  },
};

/** Builds one stand-in; the base image must be there. @throws when a part can't be had or the build fails */
export async function buildStandIn(
  engine: Engine & { paths: Paths },
  entry: CatalogEntry,
  say: Say,
): Promise<void> {
  mkdirSync(engine.paths.cache, { recursive: true });
  const context = mkdtempSync(join(engine.paths.cache, `image-${entry.standIn}-`));
  try {
    cpSync(join(recipes, entry.standIn), context, { recursive: true });
    await preparations[entry.standIn]?.(context, engine, say);
    await buildImage(
      engine,
      {
        folder: context,
        reference: entry.reference,
        buildArgs: { BASE: baseReference, ...proxyVariables(engine.env) },
        labels: {
          [standInLabel]: "true",
          [standInOfLabel]: entry.reference,
          [standInNoteLabel]: entry.note,
          [sourceHashLabel]: standInHash(entry),
        },
      },
      say,
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}
