// Finds out whether a port of this machine is free, and who has it.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";

/** `free`, `taken`, or `foreign-address` for an address that this machine doesn't have. */
export type PortState = "free" | "taken" | "foreign-address";

/** Tries to listen, and lets go at once. */
export function probePort(address: string, port: number): Promise<PortState> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve("taken");
      else if (error.code === "EADDRNOTAVAIL") resolve("foreign-address");
      // A port below 1024 is Docker's to open, and Docker may.
      else resolve("free");
    });
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve("free")));
  });
}

/** State of a listening socket in /proc/net/tcp. */
const LISTEN = "0A";

/** The process that listens on a port, as `name (pid)`, where this user may see it. Linux only. */
export function whoListens(port: number): string | undefined {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => inodesOf(table, port)));
  if (inodes.size === 0) return undefined;
  for (const pid of list("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const owns = list(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(
        attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "",
      )?.[1];
      return inode !== undefined && inodes.has(inode);
    });
    const name = owns ? attempt(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim()) : undefined;
    if (name !== undefined) return `${name} (process ${pid})`;
  }
  return undefined;
}

function inodesOf(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = (attempt(() => readFileSync(table, "utf8")) ?? "").split("\n").slice(1);
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const matches = fields[1]?.endsWith(`:${hex}`) && fields[3] === LISTEN;
    return matches && fields[9] !== undefined ? [fields[9]] : [];
  });
}

function list(folder: string): string[] {
  return attempt(() => readdirSync(folder)) ?? [];
}

/** Processes end while they are looked at, and others' are not readable: both are no error here. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
