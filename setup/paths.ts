// Where things live outside the work tree: what can be built again (cache) and what can't (data).
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, dataFolder, type Environ, historyFolder } from "../lib/data-folder.ts";

export type { Environ };

/** Folder of the code that runs: a checkout's root, or `dist/` of the installed package. */
export const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** Does the code come from the npm package, built, and not from a checkout? */
export const isInstalled = !existsSync(join(packageRoot, "package.json"));

/** Folder of the package: where its package.json is. */
export const packageFolder = isInstalled ? dirname(packageRoot) : packageRoot;

/** Absolute paths of everything that Tandem keeps outside the work tree. */
export interface Paths {
  /** Can be deleted at any time: everything in it is built or downloaded again. */
  cache: string;
  /** State and passphrase: losing it loses the record of what is deployed. */
  data: string;
  /** Compiled engine and provider binaries, one folder per version and content. */
  tools: string;
  /** Bundled TypeScript programs: language host and providers. */
  bundles: string;
  /** Records of finished set-up steps. */
  stamps: string;
  /** Logs of set-up steps. */
  logs: string;
  /** Node's compile cache. */
  compileCache: string;
  /** Pulumi's own folder: plugins, credentials, the selected stack of each project. */
  pulumiHome: string;
  /** Folder of the local backend's state. */
  state: string;
  /** File that holds the passphrase of the stacks' secrets. */
  passphrase: string;
  /** Copies of stack files with this machine's encryption salt, one folder per project. */
  config: string;
  /** What `tandem down` keeps of a stack until the next `tandem up`. */
  kept: string;
  /** What was deployed and migrated, one folder per project and stack. */
  history: string;
}

/**
 * Resolves the folders from the environment: `TANDEM_CACHE`, else `$XDG_CACHE_HOME/tandem`, else `~/.cache/tandem`;
 * `TANDEM_HOME`, else `$XDG_DATA_HOME/tandem`, else `~/.local/share/tandem`; `PULUMI_HOME` where it is set.
 * Relative values count from the current folder. Nothing is created.
 */
export function resolvePaths(env: Environ = process.env): Paths {
  const cache = cacheFolder(env);
  const data = dataFolder(env);
  return {
    cache,
    data,
    tools: join(cache, "tools"),
    bundles: join(cache, "bundles"),
    stamps: join(cache, "stamps"),
    logs: join(cache, "logs"),
    compileCache: join(cache, "compile-cache"),
    pulumiHome: env.PULUMI_HOME ? resolve(env.PULUMI_HOME) : join(cache, "pulumi-home"),
    state: join(data, "state"),
    passphrase: join(data, "passphrase"),
    config: join(data, "config"),
    kept: join(data, "kept"),
    history: historyFolder(env),
  };
}
