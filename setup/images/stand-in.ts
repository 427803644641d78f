// Builds the stand-in of an official image and tags it with that image's reference.
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Say, SetupContext } from "../step.ts";
import { type CatalogEntry, recipes, type StandInName } from "./catalog.ts";
import { baseHash, baseReference } from "./debian.ts";
import { buildImage } from "./engine.ts";
import { caddy, type GoBinary, goBinary, supercronic } from "./go-binary.ts";
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
type Prepare = (folder: string, context: SetupContext, say: Say) => Promise<void>;

function compiled(binary: GoBinary): Prepare {
  return async (folder, context, say) => {
    const target = join(folder, binary.name);
    copyFileSync(await goBinary(binary, context, say), target);
    chmodSync(target, 0o755);
  };
}

const preparations: Partial<Record<StandInName, Prepare>> = {
  caddy: compiled(caddy),
  supercronic: compiled(supercronic),
  node: async (folder, context, say) => {
    say("fetch Node and npm from the npm registry");
    await installLocked(folder, join(context.paths.logs, "images.log"));
    const modules = join(folder, "node_modules");
    renameSync(join(modules, `node-linux-${process.arch}`, "bin", "node"), join(folder, "node"));
    chmodSync(join(folder, "node"), 0o755);
    renameSync(join(modules, "npm"), join(folder, "npm"));
  },
};

/**
 * Builds one stand-in, for an engine of this machine's own kind (`makeBase` sees to that); the base image must be there.
 *
 * @throws when a part can't be had or the build fails
 */
export async function buildStandIn(context: SetupContext, entry: CatalogEntry, say: Say): Promise<void> {
  mkdirSync(context.paths.cache, { recursive: true });
  const folder = mkdtempSync(join(context.paths.cache, `image-${entry.standIn}-`));
  try {
    const recipe = join(recipes, entry.standIn);
    for (const file of filesUnder(recipe)) cpSync(join(recipe, file), join(folder, file));
    await preparations[entry.standIn]?.(folder, context, say);
    await buildImage(
      context,
      {
        folder,
        reference: entry.reference,
        buildArgs: { BASE: baseReference, ...proxyVariables(context.env) },
        labels: {
          ...(entry.own
            ? {}
            : {
                [standInLabel]: "true",
                [standInOfLabel]: entry.reference,
                [standInNoteLabel]: entry.note,
              }),
          [sourceHashLabel]: standInHash(entry),
        },
      },
      say,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
