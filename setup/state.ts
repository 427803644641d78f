// The local backend: the state folder and the passphrase that encrypts the stacks' secrets, made once per user.
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { preventEngineLog } from "./engine-log.ts";
import type { Environ, Paths } from "./paths.ts";
import { UserError } from "./user-error.ts";

/** Has the user named a passphrase? Then the generated one is neither made nor used. */
export function hasOwnPassphrase(env: Environ): boolean {
  // The engine takes PULUMI_CONFIG_PASSPHRASE also when it is empty.
  return env.PULUMI_CONFIG_PASSPHRASE !== undefined || Boolean(env.PULUMI_CONFIG_PASSPHRASE_FILE);
}

function holdsStacks(directory: string): boolean {
  try {
    return readdirSync(join(directory, ".pulumi", "stacks"), { recursive: true }).some((name) =>
      String(name).endsWith(".json"),
    );
  } catch {
    return false;
  }
}

/**
 * Makes the data folder (mode 0700), the state folder and the passphrase file (mode 0600) where they are missing.
 * Two runs at once agree on one passphrase. Keeps the engine, which works on this state, from logging it.
 *
 * @throws UserError when stacks exist and their passphrase is gone: a new one could not read them.
 */
export function ensureState(paths: Paths, env: Environ = process.env): void {
  preventEngineLog(paths);
  mkdirSync(paths.data, { recursive: true, mode: 0o700 });
  chmodSync(paths.data, 0o700);
  if (env.PULUMI_BACKEND_URL === undefined || env.PULUMI_BACKEND_URL === "") {
    mkdirSync(paths.state, { recursive: true, mode: 0o700 });
  }
  if (hasOwnPassphrase(env) || existsSync(paths.passphrase)) return;
  if (holdsStacks(paths.state)) {
    throw new UserError(
      `the passphrase file ${paths.passphrase} is missing, but ${paths.state} holds stacks whose secrets it encrypts`,
      "put the file back from a backup, or set PULUMI_CONFIG_PASSPHRASE_FILE to a copy of it",
    );
  }
  const draft = `${paths.passphrase}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  try {
    // A link fails where the name exists: the first of two runs wins, whole.
    linkSync(draft, paths.passphrase);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(draft);
  }
}
