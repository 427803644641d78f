// Plugins of an engine that was killed. They run in process groups of their own and notice its end late (those written
// in Go ask every five minutes), so that one may still be at work when the next run begins.
import { readdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine, isAlive } from "../../../setup/process-identity.ts";

/** A plugin process and the port of the engine that it serves. */
interface Plugin {
  pid: number;
  parent: number;
  port: number;
}

/** Milliseconds that a plugin has to end by itself: ours that an engine started do within half a second, those that it attached to at once. */
const patienceMs = 700;

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}

/** Reads a command line: `…/pulumi-resource-docker 127.0.0.1:41771`, or the same behind an interpreter. */
export function enginePortOf(args: readonly string[]): number | undefined {
  const program = args.findIndex((arg) => /^pulumi-(resource|language)-/.test(basename(arg)));
  if (program < 0 || program > 1) return undefined;
  const address = args.slice(program + 1).find((arg) => /^127\.0\.0\.1:\d+$/.test(arg));
  return address === undefined ? undefined : Number(address.split(":")[1]);
}

/** All plugins on this machine; none outside Linux. */
function plugins(): Plugin[] {
  let entries: string[];
  try {
    entries = readdirSync("/proc");
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) return [];
    const port = enginePortOf(commandLine(pid) ?? []);
    const parent = port === undefined ? undefined : parentOf(pid);
    return port === undefined || parent === undefined ? [] : [{ pid, parent, port }];
  });
}

/** Does nobody listen on the port any more? */
async function isSilent(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}

/** What an engine starts itself has it as its parent: one with another parent has lost it. */
function hasLostItsParent({ parent }: Plugin): boolean {
  const program = commandLine(parent)?.[0];
  return program === undefined || !basename(program).startsWith("pulumi");
}

/**
 * Ends the plugins of this user whose engine is gone: nobody would hear of what they still do. Waits until they have.
 *
 * @returns how many there were.
 */
export async function endOrphanedPlugins(): Promise<number> {
  const candidates = plugins().filter(hasLostItsParent);
  const silent = await Promise.all(candidates.map(({ port }) => isSilent(port)));
  const orphans = candidates.filter((_, index) => silent[index]).map(({ pid }) => pid);
  const deadline = Date.now() + patienceMs;
  while (orphans.some(isAlive) && Date.now() < deadline) await sleep(50);
  for (const pid of orphans) {
    if (!isAlive(pid)) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended meanwhile, or is another user's.
    }
  }
  return orphans.length;
}
