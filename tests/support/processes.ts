// Processes of this machine, read from /proc.
import { readdirSync, readFileSync } from "node:fs";

/** A process. */
export interface RunningProcess {
  pid: number;
  parent: number;
  /** Its arguments; empty for one of the kernel's. */
  args: string[];
}

/** All processes that can be read now. */
export function processes(): RunningProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").slice(0, -1);
      // The command's name stands in parentheses and may hold anything.
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // A zombie has ended; its parent has not looked yet.
      if (fields[0] === "Z") return [];
      return [{ pid: Number(name), parent: Number(fields[1]), args }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** Command lines of all processes. */
export function commandLines(): string[] {
  return processes().map(({ args }) => args.join(" "));
}

/** Kills the engine that runs the program in a folder, and all that it started: as a power loss would, but for Docker. */
export function killProgram(folder: string): void {
  const all = processes();
  const doomed = new Set(all.filter(({ args }) => args.includes(folder)).map(({ pid }) => pid));
  for (let size = 0; size !== doomed.size; ) {
    size = doomed.size;
    for (const { pid, parent } of all) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) process.kill(pid, "SIGKILL");
}
