// The file backend's locks: which process holds one, whether it still lives, and removing a dead one's.
//
// A killed engine leaves its lock, and every later run is refused. The lock names process, machine and time: a lock of
// this machine whose process is gone, or whose number belongs to a later or another program, holds nothing.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine, isAlive, startTime } from "../../../setup/process-identity.ts";
import { UserError } from "../errors.ts";

/** A lock as the engine writes it. */
export interface StackLock {
  /** Path of the lock file. */
  file: string;
  pid: number;
  username: string;
  hostname: string;
  /** When it was taken, as an ISO date. */
  timestamp: string;
}

/** Milliseconds by which a process's start may seem later than a lock it took: start times are that coarse. */
const slackMs = 3000;

/** The locks of a stack, oldest first. A file that is being written or removed at this moment is left out. */
export function readLocks(directory: string): StackLock[] {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
  const locks = names.flatMap((name) => {
    const file = join(directory, name);
    try {
      const lock = JSON.parse(readFileSync(file, "utf8")) as Omit<StackLock, "file">;
      return [{ ...lock, file }];
    } catch {
      return [];
    }
  });
  return locks.sort((a, b) => a.timestamp.localeCompare(b.timestamp));
}

/** Why a lock is surely dead; undefined when its process may still be at work. */
export function deathOf(lock: StackLock): string | undefined {
  if (lock.hostname !== hostname()) return undefined;
  if (!isAlive(lock.pid)) return `process ${lock.pid} is gone`;
  const started = startTime(lock.pid);
  if (started !== undefined && started > Date.parse(lock.timestamp) + slackMs) {
    return `process ${lock.pid} started after the lock was taken`;
  }
  const program = commandLine(lock.pid)?.[0];
  if (program !== undefined && !basename(program).startsWith("pulumi")) {
    return `process ${lock.pid} is ${basename(program)} and no Pulumi`;
  }
  return undefined;
}

/** The dead locks of a stack, each with the reason. */
export function deadLocks(directory: string): (StackLock & { death: string })[] {
  return readLocks(directory).flatMap((lock) => {
    const death = deathOf(lock);
    return death === undefined ? [] : [{ ...lock, death }];
  });
}

/** Removes the dead locks of a stack; returns one line for each. A living one is never touched. */
export function clearDeadLocks(directory: string): string[] {
  return deadLocks(directory).map(({ file, timestamp, death }) => {
    rmSync(file, { force: true });
    // The engine's file store keeps attributes beside each file.
    rmSync(`${file}.attrs`, { force: true });
    return `a run that died left a lock from ${timestamp}: removed, because ${death}`;
  });
}

/** Who holds a stack, in words, and what to do about it. */
export function heldBy(stack: string, holder: StackLock): { message: string; fix: string } {
  const who = `${holder.username}@${holder.hostname}, process ${holder.pid}, since ${holder.timestamp}`;
  return {
    message: `${stack} is held by another run (${who})`,
    fix:
      holder.hostname === hostname()
        ? "wait for it with --wait <seconds>"
        : `wait for it with --wait <seconds>; if that machine is gone for good: pulumi cancel ${stack}`,
  };
}

/** How to go on with a stack that another run holds. */
export interface LockWait {
  /** Seconds to wait for a living run. 0 refuses at once. */
  waitSeconds: number;
  /** Tells what happens: removed locks, and whom it waits for. */
  say: (line: string) => void;
  /** Leave dead locks where they are. @default false */
  look?: boolean;
}

/**
 * Makes sure that nobody holds the stack: removes dead locks, unless it may only look, and waits for living ones.
 *
 * @throws UserError naming who holds it, when the time is over.
 */
export async function awaitStack(directory: string, stack: string, wait: LockWait): Promise<void> {
  const deadline = Date.now() + wait.waitSeconds * 1000;
  let told = false;
  for (;;) {
    if (wait.look !== true) for (const line of clearDeadLocks(directory)) wait.say(line);
    const holder = readLocks(directory).find((lock) => deathOf(lock) === undefined);
    if (holder === undefined) return;
    const { message, fix } = heldBy(stack, holder);
    if (Date.now() >= deadline) throw new UserError(message, fix);
    if (!told) wait.say(`${message}: waiting`);
    told = true;
    await sleep(500);
  }
}
