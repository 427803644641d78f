// Finds the settings of a project's system, without loading its topology or the engine's SDK.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { SystemSettings } from "../settings/define.ts";
import { isMap } from "../settings/structures.ts";
import { fileProblem, type Problem } from "./problem.ts";
import type { Project } from "./project-file.ts";

/** Loads `settings.ts` of the folder that Pulumi.yaml names below `tandem.system`. */
export async function loadSystem(
  folder: string,
  project: Project,
): Promise<{ system: SystemSettings } | { problem: Problem }> {
  const file = join(resolve(folder, project.system), "settings.ts");
  const position = { file: project.file, line: project.yaml.lineOf(["tandem", "system"]) };
  const wrong = (reason: string) => ({
    problem: fileProblem("no-system", position, reason, undefined, "tandem.system"),
  });
  if (!existsSync(file)) return wrong(`${project.system} holds no settings.ts`);
  try {
    const loaded: unknown = await import(pathToFileURL(file).href);
    const system = isMap(loaded) ? loaded.settings : undefined;
    if (!isMap(system) || !isMap(system.keys))
      return wrong(`${project.system}/settings.ts exports no settings`);
    return { system: system as unknown as SystemSettings };
  } catch (error) {
    return wrong(
      `${project.system}/settings.ts can't be loaded: ${error instanceof Error ? error.message : "unknown error"}`,
    );
  }
}
