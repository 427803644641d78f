// Tells who is at the other end of a connection on loopback, so that a plugin serves its own engine and nobody else: a port
// on 127.0.0.1 is open to every process of the machine, those of other users and of containers on the host's network too.
// Linux writes down whose each socket is and which process holds it. Elsewhere that can't be told.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer, type Socket } from "node:net";

/** Decides about a new connection. @returns who it is, or undefined to refuse it */
export type CallerCheck = (socket: Socket) => Promise<Caller | undefined> | Caller | undefined;

/** Who holds the other end: a process, or `unknown` where nothing tells one. */
export type Caller = number | "unknown";

/** The other end's socket, as the kernel writes it down. */
interface Peer {
  readonly uid: number;
  readonly inode: string;
}

const ESTABLISHED = "01";
const LISTENING = "0A";

/** `127.0.0.1:port` as in /proc/net/tcp: bytes of the address in the order of a little-endian number. */
function loopback(port: number | undefined): string {
  return `0100007F:${(port ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function findSocket(table: string, local: string, remote: string, state: string): Peer | undefined {
  const at = table.indexOf(` ${local} ${remote} ${state} `);
  if (at < 0) return undefined;
  // local, remote, state, queues, timer, retransmits, uid, timeout, inode
  const [, , , , , , uid, , inode] = table.slice(at + 1, table.indexOf("\n", at)).split(/\s+/);
  // A socket that no process holds any more has no inode.
  return inode === undefined || inode === "0" ? undefined : { uid: Number(uid), inode };
}

/** Finds the other end among lines of /proc/net/tcp. */
export function findPeer(table: string, peerPort: number, ownPort: number): Peer | undefined {
  return findSocket(table, loopback(peerPort), loopback(ownPort), ESTABLISHED);
}

/** How often the table is read for what must be in it: it isn't read in one piece, and others come and go meanwhile. */
const READS = 5;

function peerOf(socket: Socket): Peer | undefined {
  if (socket.remotePort === undefined || socket.localPort === undefined) return undefined;
  try {
    for (let read = 0; read < READS && !socket.destroyed; read++) {
      const peer = findPeer(
        readFileSync("/proc/self/net/tcp", "latin1"),
        socket.remotePort,
        socket.localPort,
      );
      if (peer !== undefined) return peer;
    }
  } catch {
    // Refused: nothing tells who it is.
  }
  return undefined;
}

/** Does the process hold the socket? */
function holds(pid: number, { inode }: Peer): boolean {
  const wanted = `socket:[${inode}]`;
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === wanted;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

/** What /proc says of a process: its parent, and when it started, which tells it from a later one with its number. */
function statOf(pid: number): { parent: number; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // After the name, which may hold spaces and brackets: state, parent, …, and the start as the 20th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { parent: Number(fields[1]), started: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

/** The process, its parent, and so on. */
function* lineOf(pid: number): Generator<number> {
  for (let at = pid; at > 0; at = statOf(at)?.parent ?? 0) yield at;
}

/** A connection of the same user, or undefined. What another user may do here is nothing. */
function ownPeer(socket: Socket): Peer | undefined {
  const peer = peerOf(socket);
  return peer !== undefined && peer.uid === process.getuid?.() ? peer : undefined;
}

/** Is this process's own socket found, and as its own? */
function findsOwn(port: number): boolean {
  for (let read = 0; read < READS; read++) {
    try {
      const table = readFileSync("/proc/self/net/tcp", "latin1");
      const own = findSocket(table, loopback(port), "00000000:0000", LISTENING);
      if (own !== undefined) return own.uid === process.getuid?.() && holds(process.pid, own);
    } catch {
      return false;
    }
  }
  return false;
}

/**
 * Tries it with a port of our own. Nobody connects to it for that: whoever else came first would be judged in our place, and
 * a stranger could so bring it about that every caller is served.
 */
async function tells(): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid === undefined) return false;
  const server = createServer((socket) => socket.destroy());
  return await new Promise<boolean>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null && findsOwn(address.port));
      server.close();
    });
  });
}

function canLookInto(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).length > 0;
  } catch {
    return false;
  }
}

let answer: Promise<boolean> | undefined;

/**
 * Can callers be told on this machine? About 2 ms, once.
 *
 * @param pid a process that will not be refused for want of a look into it. @default the one that started this one
 */
export async function canTellCallers(pid: number = process.ppid): Promise<boolean> {
  answer ??= tells();
  return (await answer) && canLookInto(pid);
}

/**
 * Accepts the process that started this one, and those that started that: the engine is among them. Where callers can't be
 * told, everybody, as the engine's own plugins do.
 */
export async function onlyAncestors(): Promise<CallerCheck> {
  if (!(await canTellCallers())) return () => "unknown";
  return (socket) => {
    const peer = ownPeer(socket);
    return (
      peer &&
      [...lineOf(process.pid)]
        .slice(1)
        .concat(process.pid)
        .find((pid) => holds(pid, peer))
    );
  };
}

/** Accepts processes of the same user: for a plugin that somebody started by hand and will attach an engine to. */
export async function onlyOwnUser(): Promise<CallerCheck> {
  if (!(await canTellCallers())) return () => "unknown";
  return (socket) => (ownPeer(socket) === undefined ? undefined : "unknown");
}

/** How long a connection may wait for the word that its engine was started. In milliseconds. */
const WORD_MS = 2_000;

/** The engines that a command has started: whom its plugins and listeners serve, and how long. */
export class Engines {
  readonly #started = new Map<number, string>();
  readonly #waiting = new Set<() => void>();

  /** Takes note of an engine; one that has ended already is none. */
  add(pid: number): void {
    const stat = statOf(pid);
    if (stat !== undefined) this.#started.set(pid, stat.started);
    for (const look of this.#waiting) look();
  }

  /** Does one of them live? */
  get alive(): boolean {
    for (const pid of this.#started.keys()) if (!this.#lives(pid)) this.#started.delete(pid);
    return this.#started.size > 0;
  }

  /** Does one of them live, or what stands behind it, by which it was accepted? */
  serves(caller: Caller): boolean {
    return typeof caller === "number" && this.alive && statOf(caller) !== undefined;
  }

  /**
   * Accepts them only. One that stands behind a start script of its own is a descendant of what was started.
   * A connection may be faster than the word of its engine; it then waits for that.
   */
  readonly check: CallerCheck = async (socket) => {
    const peer = ownPeer(socket);
    if (peer === undefined) return undefined;
    return this.#find(peer) ?? (this.#started.size > 0 ? undefined : await this.#later(peer));
  };

  #later(peer: Peer): Promise<Caller | undefined> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve(this.#find(peer));
      };
      const timer = setTimeout(done, WORD_MS);
      this.#waiting.add(done);
    });
  }

  #lives(pid: number): boolean {
    const started = this.#started.get(pid);
    return started !== undefined && statOf(pid)?.started === started;
  }

  #find(peer: Peer): number | undefined {
    const engines = [...this.#started.keys()].filter((pid) => this.#lives(pid));
    const direct = engines.find((pid) => holds(pid, peer));
    if (direct !== undefined || engines.length === 0) return direct;
    const holder = readdirSync("/proc")
      .map(Number)
      .find((pid) => pid > 0 && holds(pid, peer));
    if (holder === undefined) return undefined;
    return [...lineOf(holder)].some((pid) => engines.includes(pid)) ? holder : undefined;
  }
}
