// A new system's folder, from the template in docs/template, on ports that no other system of the repository names.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { MAX_NAME, nameProblem } from "../../components/names.ts";
import { systemsBelow } from "../../infra/check/projects.ts";
import { launcher } from "../../lib/launcher.ts";
import { MODULE, STACK_FILE, TSCONFIG, templateTexts, textFor } from "../../setup/package/template.ts";
import { isInstalled, packageFolder } from "../../setup/paths.ts";
import { UserError } from "../engine/errors.ts";
import { projectRoot } from "../engine/project-root.ts";

/** A port in a stack file, as the value of a key that ends so. */
const PORT = /(?<=\bport: +|Port: +)\d+/g;
/** The last port there is. */
const MAX_PORT = 65_535;

/** Where a system is made. */
export interface Place {
  /** Root of the repository. @default the checkout's, or that of the repository that one is in */
  root?: string;
  /** Absolute path of its folder, which may hold other files. @default a new one in the root's `stacks/` */
  folder?: string;
  /** Is the repository somebody's that has this package installed? @default as this process has it */
  installed?: boolean;
}

/**
 * Makes the files of a new system: all of them or none, and never over one that is there.
 *
 * @returns path of its folder.
 * @throws UserError for a name that can't be one of containers and databases, and for a place that is taken.
 */
export function createSystem(name: string, place: Place = {}): string {
  const { root = projectRoot() } = place;
  const { folder, files } = newSystemFiles(name, place);
  writeWhole(root, folder, files);
  return folder;
}

/** The files of a new system, by name, and where they go. */
export interface NewSystem {
  folder: string;
  files: Map<string, string>;
  /** By how much the template's ports were moved, so that none of them is taken. */
  shift: number;
}

/**
 * What `createSystem` writes.
 *
 * @throws UserError as there
 */
export function newSystemFiles(name: string, place: Place = {}): NewSystem {
  const { root = projectRoot(), installed = isInstalled } = place;
  const problem = nameProblem(name);
  if (problem !== undefined) {
    const fix = place.folder === undefined ? "new my-system" : "init --name my-system";
    throw new UserError(`a system's name ${problem}`, `give another one: ${launcher()} ${fix}`, 2);
  }
  const folder = place.folder ?? join(root, "stacks", name);
  const shown = relative(root, folder) || ".";
  if (place.folder === undefined && existsSync(folder)) {
    throw new UserError(`${shown} is there already`, `give another name: ${launcher()} new my-system`, 2);
  }
  const systems = systemsBelow(root);
  const namesake = systems.find(({ project }) => project === name);
  if (namesake !== undefined) {
    const where = relative(root, namesake.folder) || ".";
    throw new UserError(`${name} is the name of the system in ${where}`, "give another one", 2);
  }
  const shift = freeShift(
    [...templateTexts(installed)]
      .filter(([file]) => STACK_FILE.test(file))
      .flatMap(([, text]) => portsIn(text)),
    new Set(systems.flatMap((system) => portsOf(system.folder))),
  );
  const files = new Map(templateFiles(name, root, folder, shift, installed));
  const taken = [...files.keys()].filter((file) => existsSync(join(folder, file)));
  if (taken.length > 0) {
    throw new UserError(
      `${shown} has ${taken.join(", ")} already, and nothing is overwritten`,
      `name another folder: ${launcher()} init deploy`,
      2,
    );
  }
  return { folder, files, shift };
}

/** Texts of the system's files, by name. */
function* templateFiles(
  name: string,
  root: string,
  folder: string,
  shift: number,
  installed: boolean,
): Generator<[file: string, text: string]> {
  const provider = relative(folder, providerFolder(root, installed));
  for (const [file, text] of templateTexts(installed)) {
    const own = STACK_FILE.test(file) ? text.replaceAll(PORT, (port) => String(Number(port) + shift)) : text;
    yield [file, textFor(name, provider, file, own)];
  }
  if (!installed) return;
  // Those of the repository's root stay as they are, where the system is made there.
  if (!existsSync(join(folder, "tsconfig.json"))) yield ["tsconfig.json", TSCONFIG];
  const type = packageType(folder);
  if (type === "module") return;
  if (!existsSync(join(folder, "package.json"))) yield ["package.json", MODULE];
  else if (type === "commonjs") {
    throw new UserError(
      "package.json says that the files beside it are CommonJS, and those of a system are ES modules",
      `make it in a folder of its own: ${launcher()} init infra`,
      2,
    );
  }
}

/** Folder of the provider's executable, by the path that stays when the package is updated. */
function providerFolder(root: string, installed: boolean): string {
  if (!installed) return join(root, "provider");
  const linked = join(root, "node_modules/tandem/provider");
  return existsSync(linked) ? linked : join(packageFolder, "provider");
}

/** What the nearest package.json says of the files below it. */
function packageType(folder: string): unknown {
  const file = join(folder, "package.json");
  if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { type?: unknown }).type;
  return dirname(folder) === folder ? undefined : packageType(dirname(folder));
}

/**
 * Writes the files beside the folder first, so that none is half there; a link is never made over a file.
 *
 * @param root of the repository, on the same file system
 */
export function writeWhole(root: string, folder: string, files: ReadonlyMap<string, string>): void {
  const draft = mkdtempSync(join(root, ".new-system-"));
  const isNew = !existsSync(folder);
  const made: string[] = [];
  try {
    for (const [file, text] of files) writeFileSync(join(draft, file), text);
    mkdirSync(folder, { recursive: true });
    for (const file of files.keys()) {
      linkSync(join(draft, file), join(folder, file));
      made.push(join(folder, file));
    }
    if (isNew) chmodSync(folder, 0o755);
  } catch (error) {
    for (const file of made) rmSync(file);
    if (isNew) rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function portsIn(text: string): number[] {
  return (text.match(PORT) ?? []).map(Number);
}

function portsOf(folder: string): number[] {
  return readdirSync(folder)
    .filter((file) => STACK_FILE.test(file))
    .flatMap((file) => portsIn(readFileSync(join(folder, file), "utf8")));
}

/** By how much the template's ports move so that none of them is taken. */
function freeShift(ports: readonly number[], taken: ReadonlySet<number>): number {
  for (let shift = 0; Math.max(...ports) + shift <= MAX_PORT; shift += 10) {
    if (ports.every((port) => !taken.has(port + shift))) return shift;
  }
  throw new UserError("no ports are left for a new system", "free those of one in Pulumi.*.yaml");
}

/** A name for the first system of a repository: its package's or its folder's, as far as containers and databases can have it. */
export function nameFor(root: string): string {
  const file = join(root, "package.json");
  const { name } = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { name?: unknown }) : {};
  return nameFrom(typeof name === "string" ? name : basename(root));
}

/** What of a text can be a system's name. */
export function nameFrom(text: string): string {
  const words = text.toLowerCase().replace(/^@[^/]*\//, "");
  const short = words
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, MAX_NAME);
  return short.replace(/-+$/, "") || "app";
}
