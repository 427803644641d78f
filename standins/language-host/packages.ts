// What is installed beside a program: npm packages, and the plugins that they stand for.
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The part of a package.json that matters here. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly pulumi?: {
    readonly resource?: boolean;
    readonly name?: string;
    readonly version?: string;
    readonly server?: string;
    readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
  };
}

/** A plugin that a package of the program belongs to. */
export interface PluginNeed {
  readonly name: string;
  /** Version with a leading `v`. */
  readonly version: string;
  /** Where to download it from; empty for the usual place. */
  readonly server: string;
  readonly parameterization: NonNullable<Manifest["pulumi"]>["parameterization"];
}

/**
 * Finds a module as the program itself would. Throws what to do when it isn't installed. The folder's real path
 * counts, as for a program that runs in a linked folder.
 */
export function locateModule(module: string, directory: string): string {
  try {
    return createRequire(join(realpathSync(directory), "program.js")).resolve(module);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(
      `the Pulumi SDK is not installed for ${directory}: run "npm install" there (${module} was not found)`,
    );
  }
}

/** Reads a package.json; undefined when there is none or it is no JSON. */
export function readManifest(directory: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

/** The nearest folder, from `directory` upwards, that has a package.json; `directory` itself when none has. */
export function packageRootOf(directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return directory;
  }
}

/** All packages that are installed in the package of `directory`, nested ones included. */
export function* installedPackages(directory: string): Generator<{ path: string; manifest: Manifest }> {
  const seen = new Set<string>();
  const pending = [join(packageRootOf(directory), "node_modules")];
  for (let modules = pending.pop(); modules !== undefined; modules = pending.pop()) {
    for (const path of foldersOf(modules)) {
      const real = realPath(path);
      if (real === undefined || seen.has(real)) continue;
      seen.add(real);
      const manifest = readManifest(real);
      if (manifest) yield { path: real, manifest };
      pending.push(join(real, "node_modules"));
    }
  }
}

/**
 * The plugins that direct dependencies of the program need and that are installed. One that is missing is left
 * out: naming it would make the engine wait for a download at every start, although the program may never use
 * it. If it does, the engine says so when the first resource of it is registered.
 */
export function installedPlugins(directory: string, pulumiHome = defaultPulumiHome()): PluginNeed[] {
  const root = packageRootOf(directory);
  const manifest = readManifest(root);
  return Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies })
    .map((name) => readManifest(join(root, "node_modules", name)))
    .map((found) => (found ? pluginOf(found) : undefined))
    .filter((plugin): plugin is PluginNeed => plugin !== undefined)
    .filter(({ name, version }) => existsSync(join(pulumiHome, "plugins", `resource-${name}-${version}`)));
}

function pluginOf({ name = "", version = "", pulumi }: Manifest): PluginNeed | undefined {
  const plugin = pulumi?.name ?? (name.startsWith("@pulumi/") ? name.slice("@pulumi/".length) : undefined);
  const release = pulumi?.version || version;
  if (!pulumi?.resource || !plugin || !release) return undefined;
  return {
    name: plugin,
    version: release.startsWith("v") ? release : `v${release}`,
    server: pulumi.server ?? "",
    parameterization: pulumi.parameterization,
  };
}

/** Folders of packages in a node_modules folder; those of a scope lie one level deeper. */
function foldersOf(modules: string): string[] {
  return list(modules).flatMap((name) => {
    if (name.startsWith(".")) return [];
    const path = join(modules, name);
    return name.startsWith("@") ? list(path).map((inner) => join(path, inner)) : [path];
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function defaultPulumiHome(): string {
  return process.env.PULUMI_HOME || join(homedir(), ".pulumi");
}
