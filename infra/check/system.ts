// Finds the settings of a project's system, without loading its topology or the engine's SDK.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { StackSettings, SystemSettings } from "../settings/define.ts";
import { isMap } from "../settings/structures.ts";
import { fileProblem, type Problem } from "./problem.ts";
import type { Project } from "./project-file.ts";

/** What the file with the settings may be called: TypeScript or JavaScript, an ES module or CommonJS. */
const FILES = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((ending) => `settings.${ending}`);

/**
 * Loads `settings.ts` (or .js) of the folder that Pulumi.yaml names below `tandem.system`: `settings`, and where the system has
 * a stack of shared servers `sharedSettings`, and `usesShared` if not every environment uses them.
 */
export async function loadSystem(
  folder: string,
  project: Project,
): Promise<{ settings: StackSettings } | { problem: Problem }> {
  const home = resolve(folder, project.system);
  const name = FILES.find((candidate) => existsSync(join(home, candidate)));
  const position = { file: project.file, line: project.yaml.lineOf(["tandem", "system"]) };
  const wrong = (reason: string) => ({
    problem: fileProblem("no-system", position, reason, undefined, "tandem.system"),
  });
  if (name === undefined) return wrong(`${project.system} holds no settings.ts`);
  try {
    const loaded: unknown = await import(pathToFileURL(join(home, name)).href);
    const { settings: environments, sharedSettings: shared, usesShared } = isMap(loaded) ? loaded : {};
    if (!isSettings(environments)) return wrong(`${project.system}/${name} exports no settings`);
    if (shared !== undefined && !isSettings(shared)) {
      return wrong(`${project.system}/${name} exports sharedSettings that are none`);
    }
    const uses = typeof usesShared === "function" ? (usesShared as StackSettings["usesShared"]) : undefined;
    return { settings: { environments, shared, usesShared: uses } };
  } catch (error) {
    return wrong(
      `${project.system}/${name} can't be loaded: ${error instanceof Error ? error.message : "unknown error"}`,
    );
  }
}

function isSettings(value: unknown): value is SystemSettings {
  return isMap(value) && isMap(value.keys);
}
