// Where state is kept, and reading it without starting the engine where it lies in plain files.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Environ, Paths } from "../../../setup/paths.ts";
import { UserError } from "../errors.ts";

/** A backend: a folder of this machine, or anything else. */
export type Backend = { kind: "file"; directory: string } | { kind: "remote"; url: string };

/** A resource as the state records it. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  custom?: boolean;
  parent?: string;
  provider?: string;
  protect?: boolean;
  retainOnDelete?: boolean;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
  deletedWith?: string;
  replaceWith?: string[];
  /** Waits for its deletion: a replacement is there already. */
  delete?: boolean;
  /** What went wrong when it was made; it is there, and not complete. */
  initErrors?: string[];
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** What the engine recorded of a stack; secrets in it are encrypted. */
export interface Deployment {
  resources?: StateResource[];
  pending_operations?: unknown[];
  secrets_providers?: { type?: string; state?: { salt?: string } };
  manifest?: unknown;
}

/** The path in a URL; one that is no proper URL stands for itself. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The backend that the engine will use. */
export function backendOf(paths: Paths, env: Environ = process.env): Backend {
  const url = env.PULUMI_BACKEND_URL;
  if (!url) return { kind: "file", directory: paths.state };
  if (!url.startsWith("file://")) return { kind: "remote", url };
  const path = decoded(url.slice("file://".length).replace(/\?.*$/, ""));
  const home = env.HOME || homedir();
  return { kind: "file", directory: path === "~" || path.startsWith("~/") ? home + path.slice(1) : path };
}

/** Folder of a stack's lock files. */
export function lockDirectory(directory: string, project: string, stack: string): string {
  return join(directory, ".pulumi", "locks", "organization", project, stack);
}

const formats: readonly { extension: string; unpack: (bytes: Buffer) => Buffer }[] = [
  { extension: "json", unpack: (bytes) => bytes },
  { extension: "json.gz", unpack: gunzipSync },
  { extension: "json.zst", unpack: zstdDecompressSync },
];

/** The state file of a stack; undefined where the backend has no such stack. */
export function stateFile(directory: string, project: string, stack: string): string | undefined {
  return formats
    .map(({ extension }) => join(directory, ".pulumi", "stacks", project, `${stack}.${extension}`))
    .find(existsSync);
}

/**
 * Reads a stack's state from its file.
 *
 * @returns undefined where there is no such stack
 * @throws UserError when the file is damaged: with its name and that of the copy that the engine keeps beside it.
 */
export function readDeployment(directory: string, project: string, stack: string): Deployment | undefined {
  const file = stateFile(directory, project, stack);
  if (file === undefined) return undefined;
  try {
    const format = formats.findLast(({ extension }) => file.endsWith(extension));
    const bytes = readFileSync(file);
    const text = (format?.unpack(bytes) ?? bytes).toString("utf8");
    const document = JSON.parse(text) as { checkpoint?: { latest?: Deployment | null } };
    if (document.checkpoint === undefined) throw new Error("it has no checkpoint");
    return document.checkpoint.latest ?? {};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `the state file ${file} can't be read: ${reason}`,
      `the engine keeps the version before it in ${file}.bak: compare the two, then put the whole one in its place`,
    );
  }
}
