// Where state, passphrase, history and caches live. By itself, because the bundled provider needs it too.
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Variables that decide where things live. */
export type Environ = Readonly<Record<string, string | undefined>>;

/** `TANDEM_HOME`, else `$XDG_DATA_HOME/tandem`, else `~/.local/share/tandem`. Nothing is created. */
export function dataFolder(env: Environ = process.env): string {
  const home = env.HOME || homedir();
  return resolve(env.TANDEM_HOME || join(env.XDG_DATA_HOME || join(home, ".local", "share"), "tandem"));
}

/** What can be built or read again: `TANDEM_CACHE`, else `$XDG_CACHE_HOME/tandem`, else `~/.cache/tandem`. Nothing is created. */
export function cacheFolder(env: Environ = process.env): string {
  const home = env.HOME || homedir();
  return resolve(env.TANDEM_CACHE || join(env.XDG_CACHE_HOME || join(home, ".cache"), "tandem"));
}

/** Folder of what was deployed and migrated, one folder per system and environment in it. */
export function historyFolder(env: Environ = process.env): string {
  return join(dataFolder(env), "history");
}
