// Runs a command and strikes at a chosen moment: kills it with all its descendants, as a crash of the machine's power
// would, or does something else to the world that it works in.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** What a run had printed, and whether it was still going when the moment came. */
export interface StruckRun {
  struck: boolean;
  output: string;
  exitCode: number | null;
}

/** Numbers from 0 to 1. */
export type Random = () => number;

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Every process below one, itself included: plugins have process groups of their own, so a group is not enough. */
function family(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const all = [root];
  for (let at = 0; at < all.length; at++) all.push(...(children.get(all[at] ?? 0) ?? []));
  return all;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

/** A moment in a run: `delayMs` after its output has shown `operations` lines of operations that begin or end. */
export interface Moment {
  operations: number;
  delayMs: number;
}

/** The operations that a run's output tells of so far, each when it begins and when it has ended, in its words. */
export function operationsIn(output: string): string[] {
  return output
    .split("\n")
    .filter((line) =>
      / (creating|created|updating|updated|deleting|deleted|replacing|replaced)\b/.test(line),
    );
}

/** As many moments as rounds, spread all over a run of so many lines. */
export function momentsIn(lines: number, rounds: number, random: () => number): Moment[] {
  return Array.from({ length: rounds }, (_, round) => ({
    operations: 1 + Math.floor((round * lines) / rounds),
    delayMs: Math.floor(random() * 150),
  }));
}

/** Kills a process and everything below it with SIGKILL. */
function killFamily(pid: number): void {
  // The parents first, so that none starts a child that the list doesn't have.
  for (const member of family(pid)) kill(member);
  kill(-pid);
}

/** Starts the command in a process group of its own, and strikes at the moment: kills everything of it, unless told else. */
export async function runAndStrike(
  command: string,
  args: string[],
  { operations, delayMs }: Moment,
  options: { cwd: string; env: NodeJS.ProcessEnv; strike?: () => Promise<void> },
): Promise<StruckRun> {
  const { cwd, env } = options;
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const pid = child.pid ?? 0;
  let output = "";
  let struck = false;
  let blow: Promise<void> | undefined;
  const strike = async () => {
    await sleep(delayMs);
    if (child.exitCode !== null) return;
    struck = true;
    await (options.strike?.() ?? killFamily(pid));
  };
  const read = (data: Buffer) => {
    output += data.toString();
    if (operationsIn(output).length >= operations) blow ??= strike();
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  await blow;
  return { struck, output, exitCode };
}
