// Reads the files of one environment as `docker compose -f a -f b` does: include, extends, merge, env_file, profiles.
import { dirname, relative, resolve } from "node:path";
import { isMap } from "../../../infra/settings/structures.ts";
import { envFileVariables, fileVariables } from "./env-files.ts";
import { type Lookup, shownUnknown } from "./interpolate.ts";
import { longService, type Origin } from "./long-syntax.ts";
import { merged, settled } from "./merge.ts";
import { wrongFile } from "./problem.ts";
import { Override, RESET, readComposeFile } from "./yaml.ts";

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
  /** What filled in `${NAME}`, included files' own as well. */
  variables: ReadonlyMap<string, string>;
  /** What did where no file gives a value, by the variable's name. */
  defaults: (readonly [name: string, value: string])[];
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
  const filling = fileVariables(root, envFiles);
  const defaults: ComposeProject["defaults"] = [];
  const onDefault = (name: string, value: string) => void defaults.push([name, value]);
  const lookup: Lookup = Object.assign((name: string) => filling.get(name), { onDefault });
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
    variables: new Map([...reader.variables, ...filling]),
    defaults,
  };
}

/** A map; an empty one for anything else. */
export function mapOf(value: unknown): Tree {
  return isMap(value) ? value : {};
}

/** Reads files with all that they include and extend. */
class Reader {
  readonly #root: string;
  /** What fills in the included files alone. */
  readonly variables = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** A file's tree, its services in their long form. */
  read(path: string, origin: Origin, depth: number): Tree {
    const shown = this.#shown(path);
    if (depth > DEEPEST) throw wrongFile(shown, undefined, "includes itself");
    const { include, services, ...rest } = readComposeFile(path, shown, origin.lookup);
    const plain = mapOf(untagged(services));
    const own = Object.fromEntries(
      Object.entries(plain).map(([name, service]) => {
        if (service === RESET) return [name, RESET];
        const made = this.#service(name, plain, path, origin, 0);
        return [name, service instanceof Override ? new Override(made) : made];
      }),
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
      services: services === RESET ? RESET : services instanceof Override ? new Override(own) : own,
    });
  }

  #include(entry: unknown, folder: string, { lookup }: Origin, depth: number): Tree {
    const { path, project_directory: project, env_file: env } = isMap(entry) ? entry : { path: entry };
    const files = (Array.isArray(path) ? path : [path]).map((one) => resolve(folder, String(one)));
    const own = project === undefined ? dirname(files[0] ?? folder) : resolve(folder, String(project));
    const given = env === undefined ? undefined : (Array.isArray(env) ? env : [env]).map(String);
    const inner = fileVariables(
      own,
      given?.map((one) => resolve(folder, one)),
    );
    for (const [name, value] of inner) this.variables.set(name, value);
    const both = (name: string) => lookup(name) ?? inner.get(name);
    const origin = { folder: own, lookup: Object.assign(both, { onDefault: lookup.onDefault }) };
    return files
      .map((file) => this.read(file, origin, depth + 1))
      .reduce<Tree>((all, one) => merged(all, one) as Tree, {});
  }

  /** A service over the one that it extends. */
  #service(name: string, services: Tree, path: string, origin: Origin, depth: number): Tree {
    const shown = this.#shown(path);
    if (depth > DEEPEST) throw wrongFile(shown, undefined, `has the service ${name}, which extends itself`);
    const { extends: base, ...own } = this.#long(name, untagged(services[name]), shown, origin);
    if (!isMap(base)) return own;
    const service = String(base.service);
    const file = base.file === undefined ? path : resolve(dirname(path), String(base.file));
    const others =
      file === path
        ? services
        : mapOf(untagged(readComposeFile(file, this.#shown(file), origin.lookup).services));
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

  #long(name: string, service: unknown, shown: string, origin: Origin): Tree {
    try {
      return longService(service, origin);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw wrongFile(shown, undefined, `has the service ${name}, whose command ${error.message}`);
    }
  }

  #shown(path: string): string {
    return shownUnknown(relative(this.#root, path)) || path;
  }
}

/** What stands behind `!override`. */
function untagged(value: unknown): unknown {
  return value instanceof Override ? value.value : value;
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
