// Where state, passphrase and history live. By itself, because the bundled provider needs it too.
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Variables that decide where things live. */
export type Environ = Readonly<Record<string, string | undefined>>;

/** `TANDEM_HOME`, else `$XDG_DATA_HOME/tandem`, else `~/.local/share/tandem`. Nothing is created. */
export function dataFolder(env: Environ = process.env): string {
  const home = env.HOME || homedir();
  return resolve(env.TANDEM_HOME || join(env.XDG_DATA_HOME || join(home, ".local", "share"), "tandem"));
}

/** Folder of what was deployed and migrated, one folder per system and environment in it. */
export function historyFolder(env: Environ = process.env): string {
  return join(dataFolder(env), "history");
}
