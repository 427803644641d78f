// Reads the files of one environment as `docker compose -f a -f b` does: include, extends, merge, env_file, profiles.
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { isMap } from "../../../infra/settings/structures.ts";
import { readDotenv } from "./dotenv.ts";
import { type Lookup, shownUnknown, unknownIn } from "./interpolate.ts";
import { longService, type Origin } from "./long-syntax.ts";
import { merged, settled } from "./merge.ts";
import { wrongFile } from "./problem.ts";
import { readComposeFile } from "./yaml.ts";

type Tree = Record<string, unknown>;

/** What to read. */
export interface ComposeSource {
  /** Folder that relative paths begin in. */
  folder: string;
  /** Files, the later over the earlier ones; from the folder. */
  files: readonly string[];
  /** `.env` files that fill in `${NAME}`; from the folder. @default its `.env` */
  envFiles?: readonly string[];
  /** Profiles that are on. @default none */
  profiles?: readonly string[];
}

/** The files of one environment as one. */
export interface ComposeProject {
  /** Its name, where the files say it. */
  name?: string;
  /** Services in their long form, by name. */
  services: Record<string, Tree>;
  /** `volumes`, `secrets` and `configs` of the top level. */
  volumes: Tree;
  secrets: Tree;
  configs: Tree;
  /** `env_file`s that aren't there, by service. */
  missingEnvFiles: { service: string; file: string }[];
  /** Services that no profile turns on. */
  withoutProfile: string[];
  lookup: Lookup;
}

/** Deepest chain of `extends` and `include`; a circle is longer. */
const DEEPEST = 20;

/**
 * Reads them.
 *
 * @throws UserError with file and line for what is no compose file, or a file that isn't there
 */
export function loadCompose({ folder, files, envFiles, profiles = [] }: ComposeSource): ComposeProject {
  const root = resolve(folder);
  const lookup = fileLookup(root, envFiles);
  const reader = new Reader(root);
  const tree = files
    .map((file) => reader.read(resolve(root, file), { folder: root, lookup }, 0))
    .reduce<Tree>((all, one) => merged(all, one) as Tree, {});
  const missingEnvFiles: ComposeProject["missingEnvFiles"] = [];
  const all = Object.entries(settled(tree.services ?? {}) as Record<string, Tree>);
  const isOn = ({ profiles: own }: Tree) =>
    !Array.isArray(own) ||
    own.length === 0 ||
    own.some((each) => profiles.includes(String(each)) || profiles.includes("*"));
  const needed = new Set(
    all.flatMap(([, service]) => (isOn(service) ? Object.keys(mapOf(service.depends_on)) : [])),
  );
  const services = all
    .filter(([name, service]) => isOn(service) || needed.has(name))
    .map(([name, service]) => {
      const { variables, missing } = envFileVariables(service, root, lookup);
      missingEnvFiles.push(...missing.map((file) => ({ service: name, file })));
      const environment = { ...variables, ...mapOf(service.environment) };
      return [name, { ...service, environment }] as const;
    });
  return {
    ...(typeof tree.name === "string" ? { name: tree.name } : {}),
    services: Object.fromEntries(services),
    volumes: mapOf(tree.volumes),
    secrets: mapOf(tree.secrets),
    configs: mapOf(tree.configs),
    missingEnvFiles,
    withoutProfile: all.filter(([name, one]) => !isOn(one) && !needed.has(name)).map(([name]) => name),
    lookup,
  };
}

/** A map; an empty one for anything else. */
export function mapOf(value: unknown): Tree {
  return isMap(value) ? value : {};
}

/** What fills in `${NAME}`. The shell's own variables don't: an import must come out the same on every machine. */
function fileLookup(root: string, envFiles: readonly string[] | undefined): Lookup {
  const given = envFiles ?? (existsSync(resolve(root, ".env")) ? [".env"] : []);
  const all = new Map<string, string>();
  for (const file of given) {
    for (const [name, value] of dotenv(resolve(root, file), file, (known) => all.get(known)))
      all.set(name, value);
  }
  return (name) => all.get(name);
}

function dotenv(path: string, shown: string, lookup: Lookup): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw wrongFile(
      shown,
      undefined,
      `can't be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    );
  }
  try {
    return readDotenv(text, lookup);
  } catch (error) {
    throw wrongFile(shown, undefined, (error as Error).message);
  }
}

function envFileVariables(service: Tree, root: string, lookup: Lookup) {
  const variables: Record<string, string> = {};
  const missing: string[] = [];
  for (const entry of Array.isArray(service.env_file) ? (service.env_file as Tree[]) : []) {
    const path = String(entry.path);
    const shown = shownUnknown(relative(root, path));
    if (unknownIn(path).length > 0 || !existsSync(path)) {
      if (String(entry.required) !== "false") missing.push(shown);
      continue;
    }
    for (const [name, value] of dotenv(path, shown, lookup)) variables[name] = value;
  }
  return { variables, missing };
}

/** Reads files with all that they include and extend. */
class Reader {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** A file's tree, its services in their long form. */
  read(path: string, origin: Origin, depth: number): Tree {
    const shown = this.#shown(path);
    if (depth > DEEPEST) throw wrongFile(shown, undefined, "includes itself");
    const { include, services, ...rest } = readComposeFile(path, shown, origin.lookup);
    const plain = mapOf(services);
    const own = Object.fromEntries(
      Object.keys(plain).map((name) => [name, this.#service(name, plain, path, origin, 0)]),
    );
    const top = Object.fromEntries(
      ["secrets", "configs"].flatMap((key) =>
        rest[key] === undefined ? [] : [[key, withPaths(rest[key], origin)]],
      ),
    );
    const included = (Array.isArray(include) ? include : []).map((entry) =>
      this.#include(entry, dirname(path), origin, depth),
    );
    return included.reduceRight<Tree>((all, one) => merged(one, all) as Tree, {
      ...rest,
      ...top,
      services: own,
    });
  }

  #include(entry: unknown, folder: string, { lookup }: Origin, depth: number): Tree {
    const { path, project_directory: project, env_file: env } = isMap(entry) ? entry : { path: entry };
    const files = (Array.isArray(path) ? path : [path]).map((one) => resolve(folder, String(one)));
    const own = project === undefined ? dirname(files[0] ?? folder) : resolve(folder, String(project));
    const given = env === undefined ? undefined : (Array.isArray(env) ? env : [env]).map(String);
    const inner = fileLookup(
      own,
      given?.map((one) => resolve(folder, one)),
    );
    const origin = { folder: own, lookup: (name: string) => lookup(name) ?? inner(name) };
    return files
      .map((file) => this.read(file, origin, depth + 1))
      .reduce<Tree>((all, one) => merged(all, one) as Tree, {});
  }

  /** A service over the one that it extends. */
  #service(name: string, services: Tree, path: string, origin: Origin, depth: number): Tree {
    const shown = this.#shown(path);
    if (depth > DEEPEST) throw wrongFile(shown, undefined, `has the service ${name}, which extends itself`);
    const { extends: base, ...own } = longService(services[name], origin);
    if (!isMap(base)) return own;
    const service = String(base.service);
    const file = base.file === undefined ? path : resolve(dirname(path), String(base.file));
    const others =
      file === path ? services : mapOf(readComposeFile(file, this.#shown(file), origin.lookup).services);
    if (!isMap(others[service])) {
      throw wrongFile(
        shown,
        undefined,
        `has the service ${name}, which extends ${service}, and there is none in ${this.#shown(file)}`,
      );
    }
    const folder = file === path ? origin.folder : dirname(file);
    const inherited = this.#service(service, others, file, { ...origin, folder }, depth + 1);
    // Compose takes all but what would reach into services that are not there.
    const { depends_on: _, ...rest } = file === path ? { depends_on: undefined, ...inherited } : inherited;
    return merged(file === path ? inherited : rest, own) as Tree;
  }

  #shown(path: string): string {
    return shownUnknown(relative(this.#root, path)) || path;
  }
}

/** Secrets and configs with whole paths. */
function withPaths(entries: unknown, { folder }: Origin): Tree {
  return Object.fromEntries(
    Object.entries(mapOf(entries)).map(([name, entry]) => {
      const tree = mapOf(entry);
      return [name, typeof tree.file === "string" ? { ...tree, file: resolve(folder, tree.file) } : tree];
    }),
  );
}
