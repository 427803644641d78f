// Images that a system's program needs and no registry has: they must be made before the engine runs it.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SCHEDULER_IMAGE } from "../../lib/jobs/place.ts";
import type { Project } from "../engine/project.ts";

/** More files than any system's program has: the folder is another one then. */
const MOST_FILES = 500;

/** The scheduler's, where the program seems to have jobs: what is said too often costs one small image. */
export function programImages(project: Pick<Project, "systemDirectory" | "programDirectory">): string[] {
  const folder = project.systemDirectory ?? project.programDirectory;
  const files = globSync("**/*.{ts,js,mjs,cjs,mts,cts}", {
    cwd: folder,
    exclude: (name) => /(^|\/)(node_modules|\.[^./].*|dist|tests?)$/.test(name),
  }).slice(0, MOST_FILES);
  return files.some((file) => /\bschedule\b/.test(textOf(join(folder, file)))) ? [SCHEDULER_IMAGE] : [];
}

/** Of what is no file, such as a folder `three.js` or a link to nowhere, the program has nothing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
