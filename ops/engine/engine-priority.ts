// The engine and its plugins work beside what is served, often on the same few cores: they give way.
import { constants, setPriority } from "node:os";

/** Linux counts a container's processes by their own weight, 1024, and a process of this niceness as 110. */
export const ENGINE_NICENESS = constants.priority.PRIORITY_BELOW_NORMAL;

/** Lowers a process's priority, and so that of all that it will start. */
export function lowerPriority(pid: number | undefined, niceness = ENGINE_NICENESS): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or the system knows no priorities: it runs as it is.
  }
}
