// Tells one process from another that got the same number later: pid plus start time.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Kernel ticks per second in /proc: fixed at 100 on every Linux platform that Node supports. */
const ticksPerSecond = 100;

/** Does a process with this number exist? Also true for one that belongs to somebody else. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Fields of /proc/<pid>/stat after the command name, which may hold spaces and brackets itself. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** A process that has ended and waits for its parent holds nothing any more. */
function isZombie(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state === "Z" || state === "X";
}

/** Time at which the machine started, in milliseconds since 1970; undefined outside Linux. */
function bootTime(): number | undefined {
  try {
    const line = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"));
    return line?.[1] === undefined ? undefined : Number(line[1]) * 1000;
  } catch {
    return undefined;
  }
}

/**
 * When the process started, in milliseconds since 1970, exact to about two seconds; undefined when it is gone or the
 * platform doesn't say.
 */
export function startTime(pid: number): number | undefined {
  const boot = bootTime();
  if (boot !== undefined) {
    const ticks = statFields(pid)?.[19];
    return ticks === undefined ? undefined : boot + (Number(ticks) / ticksPerSecond) * 1000;
  }
  try {
    const text = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const time = Date.parse(text.trim());
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined;
  }
}

/** The process's arguments, program first; undefined when it is gone or the platform doesn't say. */
export function commandLine(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
  } catch {
    try {
      const text = execFileSync("ps", ["-o", "args=", "-p", String(pid)], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return text.trim() === "" ? undefined : text.trim().split(" ");
    } catch {
      return undefined;
    }
  }
}
