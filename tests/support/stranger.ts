// A process of this machine that is no part of a run, of the same user or of another one, and knocks at ports on loopback.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";

/** What came of a knock: an answer, a closed door, nobody there, or nothing for 5 seconds. */
export type Answer = "answered" | "refused" | "gone" | "silent";

/** Opens a connection as a gRPC client does, and tells whether any byte comes back. */
const KNOCK = `
// Node itself may lie where another user can't start it.
const [uid] = process.argv.slice(1).map(Number);
if (uid) {
  process.setgroups([]);
  process.setgid(uid);
  process.setuid(uid);
}
const net = require("node:net");
require("node:readline").createInterface({ input: process.stdin }).on("line", (port) => {
  const socket = net.connect(Number(port), "127.0.0.1");
  let told = false;
  const tell = (answer) => {
    if (!told) console.log(port + " " + answer);
    told = true;
    socket.destroy();
  };
  socket.on("connect", () => socket.write("PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n\\0\\0\\0\\x04\\0\\0\\0\\0\\0", "latin1"));
  socket.on("data", () => tell("answered"));
  socket.on("error", ({ code }) => tell(code === "ECONNREFUSED" ? "gone" : "refused"));
  socket.on("close", () => tell("refused"));
  setTimeout(tell, 5000, "silent");
});
`;

/** The process; ends with `stop`. */
export class Stranger {
  readonly #process: ChildProcess;
  readonly #lines: Interface;

  /** @param uid whose it is, which only root can give it. @default this process's user */
  constructor(uid?: number) {
    const args = uid === undefined ? [] : [String(uid)];
    this.#process = spawn(process.execPath, ["-e", KNOCK, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {},
    });
    if (this.#process.stdout === null) throw new Error("it has no output");
    this.#lines = createInterface({ input: this.#process.stdout });
  }

  /** Knocks at a port. */
  async knock(port: number): Promise<Answer> {
    return await new Promise((resolve) => {
      const hear = (line: string) => {
        const [at, answer] = line.split(" ");
        if (Number(at) !== port) return;
        this.#lines.off("line", hear);
        resolve(answer as Answer);
      };
      this.#lines.on("line", hear);
      this.#process.stdin?.write(`${port}\n`);
    });
  }

  stop(): void {
    this.#process.kill();
  }
}

/** Ports on loopback at which a process listens. */
export function listeningPorts(pid: number): number[] {
  try {
    const held = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
    return readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
        return state === "0A" && held.has(`socket:[${inode}]`)
          ? [Number.parseInt(local.split(":")[1] ?? "", 16)]
          : [];
      });
  } catch {
    // It has ended in the meantime.
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
