// The stack file that the engine is given: the tracked one, plus this machine's encryption salt.
//
// The engine writes an `encryptionsalt` into a stack file that has none: the salt belongs to a passphrase, and each
// user of this package has one of their own. In a tracked file that would be a change in every clone. So the engine
// gets a copy outside the work tree: made anew from the tracked file at every run, with the salt that the state
// (or else the copy before) has. A tracked file that names its own salt or secrets provider is used as it is.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Document, parse, parseDocument } from "yaml";
import type { Paths } from "../../setup/paths.ts";
import type { Project, StackFile } from "./project.ts";

/** Folder of a project's copies. It is a small project itself: stacks are created in it, so that the salt lands here. */
export function configDirectory(paths: Paths, project: Project): string {
  return join(paths.config, project.name);
}

function saltIn(path: string): string | undefined {
  try {
    const { encryptionsalt } = (parse(readFileSync(path, "utf8")) ?? {}) as { encryptionsalt?: unknown };
    return typeof encryptionsalt === "string" ? encryptionsalt : undefined;
  } catch {
    // No copy yet. A torn one has no salt worth keeping: the state has it too.
    return undefined;
  }
}

function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

/**
 * Writes the file for `--config-file`.
 *
 * @param stateSalt the salt that the stack's state was encrypted with, where it is known
 * @returns its path: the tracked file itself where that has a secrets provider of its own.
 */
export function writeStackConfig(
  paths: Paths,
  project: Project,
  stack: string,
  file: StackFile,
  stateSalt?: string,
): string {
  if (file.hasSecretsProvider) return file.path;
  const directory = configDirectory(paths, project);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `Pulumi.${stack}.yaml`);
  const salt = stateSalt ?? saltIn(path);
  const empty = (parse(file.text) ?? null) === null;
  const document = empty ? new Document({}) : parseDocument(file.text);
  if (salt !== undefined) document.set("encryptionsalt", salt);
  writeWhole(
    path,
    `# Copy of ${file.path}, made anew at every run: change that file.\n${document.toString()}`,
  );
  return path;
}

/** Writes the project file beside the copies that `pulumi stack init` needs; returns the folder. */
export function writeInitProject(paths: Paths, project: Project): string {
  const directory = configDirectory(paths, project);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeWhole(
    join(directory, "Pulumi.yaml"),
    `${JSON.stringify({ name: project.name, runtime: "nodejs" })}\n`,
  );
  return directory;
}
