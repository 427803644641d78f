// A lock file between processes of one machine: a living owner is waited for, a dead one's lock is taken over.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, startTime } from "./process-identity.ts";

/** Who holds a lock. */
export interface LockOwner {
  pid: number;
  host: string;
  /** Start of the owner's process, in milliseconds since 1970: tells it from a later process with its number. */
  started?: number;
  /** When the lock was taken, as an ISO date. */
  since: string;
}

/** How a lock is waited for. */
export interface LockOptions {
  /** Called once with the owner before waiting. */
  onWait?: (owner: LockOwner) => void;
  /** Milliseconds between two looks. @default 250 */
  pollMs?: number;
  /** Milliseconds to wait for a living owner. @default as long as it takes */
  patienceMs?: number;
}

/** A living process holds the lock, and the patience is over. */
export class LockHeldError extends Error {
  readonly owner: LockOwner;

  constructor(owner: LockOwner) {
    super(`process ${owner.pid} on ${owner.host} holds the lock since ${owner.since}`);
    this.owner = owner;
  }
}

/** @returns undefined where there is no lock; nobody where it is damaged, as after a loss of power */
function readOwner(file: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LockOwner;
  } catch (error) {
    // It appears whole: what can't be read was torn by the machine's end, and its owner is gone.
    if (error instanceof SyntaxError) return { pid: 0, host: hostname(), since: "" };
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Is the owner surely gone? An owner on another machine counts as alive: it can't be asked. */
export function ownerIsDead(owner: LockOwner): boolean {
  if (owner.host !== hostname()) return false;
  if (!isAlive(owner.pid)) return true;
  const started = startTime(owner.pid);
  return started !== undefined && owner.started !== undefined && Math.abs(started - owner.started) > 5000;
}

/** Moves a dead owner's lock out of the way. Of several that try at once, the renaming lets one succeed. */
function evict(file: string, dead: LockOwner): void {
  const aside = `${file}.dead.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const moved = readOwner(aside);
  if (moved !== undefined && (moved.pid !== dead.pid || moved.since !== dead.since)) {
    // Somebody else evicted the dead lock first and holds a new one: give it back.
    try {
      linkSync(aside, file);
    } catch {
      // A third one holds it by now; its lock stands.
    }
  }
  rmSync(aside, { force: true });
}

/**
 * Takes the lock file; waits for a living owner. It is released when this process ends, if not before.
 *
 * @returns what releases it
 * @throws LockHeldError when the patience is over.
 */
export async function takeLock(file: string, options: LockOptions = {}): Promise<() => void> {
  const deadline = Date.now() + (options.patienceMs ?? Number.POSITIVE_INFINITY);
  mkdirSync(dirname(file), { recursive: true });
  const mine: LockOwner = {
    pid: process.pid,
    host: hostname(),
    started: startTime(process.pid),
    since: new Date().toISOString(),
  };
  const draft = `${file}.${process.pid}`;
  let told = false;
  for (;;) {
    // The file appears whole or not at all: a link to a finished draft, which fails where the name exists.
    writeFileSync(draft, JSON.stringify(mine));
    try {
      linkSync(draft, file);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const owner = readOwner(file);
    if (owner !== undefined && ownerIsDead(owner)) {
      evict(file, owner);
      continue;
    }
    if (owner !== undefined && Date.now() >= deadline) throw new LockHeldError(owner);
    if (!told && owner !== undefined) {
      told = true;
      options.onWait?.(owner);
    }
    await sleep(options.pollMs ?? 250);
  }
  const letGo = () => {
    const owner = readOwner(file);
    if (owner?.pid === process.pid && owner.host === mine.host) unlinkSync(file);
  };
  process.once("exit", letGo);
  return () => {
    process.removeListener("exit", letGo);
    letGo();
  };
}

/**
 * Runs `work` while holding the lock file; waits for a living owner.
 *
 * @throws what `work` throws; the lock is released in any case. LockHeldError when the patience is over.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const release = await takeLock(file, options);
  try {
    return await work();
  } finally {
    release();
  }
}
