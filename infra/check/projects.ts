// The systems of a repository: each folder with a Pulumi.yaml that says where its settings are described.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { isMap } from "../settings/structures.ts";

/** A system of a repository. */
export interface SystemFolder {
  /** Name of the folder that its settings are in: what `--system` takes. */
  name: string;
  /** Absolute path of its project. */
  folder: string;
  /** Name of its project; empty where its file has none. */
  project: string;
}

/** How deep below the root a system lies at most: `stacks/lugh`, `packages/infra`. Deeper ones are named by --project. */
const DEPTH = 2;
/** What no system lies in. */
const LEFT_OUT = new Set(["node_modules", "dist"]);
/** Folder that holds systems only. */
const SYSTEMS = "stacks";

/** Folders of the repository in which somebody may keep a system, the root first. */
function candidates(folder: string, depth = DEPTH): string[] {
  if (depth === 0) return [folder];
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !LEFT_OUT.has(entry.name))
    .flatMap(({ name }) => {
      try {
        return candidates(join(folder, name), depth - 1);
      } catch {
        // What can't be read is nobody's system.
        return [];
      }
    });
  return [folder, ...below];
}

/** What each file said when it was last read: a command asks often, and to parse six of them took 30 ms each time. */
const seen = new Map<string, { stamp: string; system: SystemFolder | undefined }>();

function systemIn(folder: string): SystemFolder | undefined {
  const file = join(folder, "Pulumi.yaml");
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const stamp = `${stats.ino} ${stats.mtimeMs} ${stats.size}`;
  const known = seen.get(file);
  if (known?.stamp === stamp) return known.system;
  const system = systemOf(folder, readFileSync(file, "utf8"));
  seen.set(file, { stamp, system });
  return system;
}

/** The system that the text of a folder's Pulumi.yaml describes, if any. */
function systemOf(folder: string, text: string): SystemFolder | undefined {
  // Most projects of other people have no such word, and need not be parsed.
  if (!text.includes("tandem")) return undefined;
  const project = parsed(text);
  const { tandem, name } = project;
  // A template of systems is none itself.
  if (!isMap(tandem) || typeof tandem.system !== "string" || "template" in project) return undefined;
  return {
    name: basename(resolve(folder, tandem.system)),
    folder,
    project: typeof name === "string" ? name : "",
  };
}

/** What is no YAML is for the check of that project to say. */
function parsed(text: string): Record<string, unknown> {
  try {
    const data: unknown = parse(text);
    return isMap(data) ? data : {};
  } catch {
    return {};
  }
}

/** The systems below a folder, sorted by name. */
export function systemsBelow(root: string): SystemFolder[] {
  return candidates(resolve(root))
    .flatMap((folder) => systemIn(folder) ?? [])
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Root of the repository that a project is in: where its neighbours are looked for. */
export function repositoryOf(project: string): string {
  const own = resolve(project);
  const parents = [dirname(own), dirname(dirname(own))];
  if (basename(dirname(own)) === SYSTEMS) return dirname(dirname(own));
  if (existsSync(join(own, SYSTEMS))) return own;
  const isRoot = (folder: string) =>
    existsSync(join(folder, ".git")) || existsSync(join(folder, "package.json"));
  return parents.find(isRoot) ?? own;
}
