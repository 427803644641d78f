// Tests of who is told apart at the other end of a connection, with real processes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer, Server, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type CallerCheck,
  canTellCallers,
  Engines,
  findPeer,
  onlyAncestors,
  onlyOwnUser,
} from "./callers.ts";

const linux = process.platform === "linux";
const asRoot = process.getuid?.() === 0;
const children: ChildProcess[] = [];

afterEach(() => {
  vi.restoreAllMocks();
  for (const child of children.splice(0)) child.kill();
});

/** Connects to each port that it is told, as the user that it is told. */
const CONNECT = `
const uid = Number(process.argv[1]);
if (uid) {
  process.setgid(uid);
  process.setuid(uid);
}
process.stdin.on("data", (port) => require("node:net").connect(Number(port), "127.0.0.1"));
console.log("ready");
`;

/** A process that may come by at a port. */
async function visitor(uid = 0): Promise<{ pid: number; come: (port: number) => void }> {
  const child = spawn(process.execPath, ["-e", CONNECT, String(uid)], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  await once(child.stdout, "data");
  return { pid: child.pid ?? 0, come: (port) => void child.stdin.write(String(port)) };
}

/** What the check says of whoever comes first. */
async function judged(check: CallerCheck, come: (port: number) => void) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  come(typeof address === "object" && address !== null ? address.port : 0);
  const [socket] = (await once(server, "connection")) as [Socket];
  socket.on("error", () => {});
  try {
    return await check(socket);
  } finally {
    socket.destroy();
    server.close();
  }
}

const comeSelf = (port: number) => void createConnection(port, "127.0.0.1").on("error", () => {});

it("the other end is found by both its ports, and only while it is connected and held", () => {
  const line = (local: string, remote: string, state: string, inode: string) =>
    `   1: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 65534        0 ${inode} 1 00000000c2 20 0 0 10 -1\n`;
  const head = "  sl  local_address rem_address   st tx_queue rx_queue\n";
  const [peer, own] = ["0100007F:83C6", "0100007F:8B55"];
  const at = (table: string) => findPeer(head + table, 0x83c6, 0x8b55);
  expect(at(line(own, peer, "01", "7") + line(peer, own, "01", "8"))).toEqual({ uid: 65_534, inode: "8" });
  // Our own end, one that has hung up, one that nobody holds, another address.
  expect(at(line(own, peer, "01", "7"))).toBeUndefined();
  expect(at(line(peer, own, "06", "8"))).toBeUndefined();
  expect(at(line(peer, own, "01", "0"))).toBeUndefined();
  expect(at(line("0200007F:83C6", own, "01", "8"))).toBeUndefined();
});

describe.runIf(linux)("on Linux", () => {
  it("callers can be told", async () => expect(await canTellCallers(process.pid)).toBe(true));

  it("a plugin serves itself and its ancestors, no other process", async () => {
    const check = await onlyAncestors();
    expect(await judged(check, comeSelf)).toBe(process.pid);
    expect(await judged(check, (await visitor()).come)).toBeUndefined();
  });

  it("one that is run by hand serves its own user", async () => {
    expect(await judged(await onlyOwnUser(), (await visitor()).come)).toBe("unknown");
  });

  it.runIf(asRoot)(
    "a stranger who is first at every port doesn't change that callers can be told",
    async () => {
      const { come } = await visitor(65_534);
      const listen = Server.prototype.listen;
      const spy = vi.spyOn(Server.prototype, "listen").mockImplementation(function (this: Server, ...args) {
        const told = args.pop() as () => void;
        // Whoever listens learns of it when the stranger has connected.
        this.once("connection", told);
        return Reflect.apply(listen, this, [
          ...args,
          () => come((this.address() as { port: number }).port),
        ]) as Server;
      });
      vi.resetModules();
      const fresh = await import("./callers.ts");
      expect(await fresh.canTellCallers(process.pid)).toBe(true);
      expect(spy).toHaveBeenCalled();
      spy.mockRestore();
    },
  );

  it.runIf(asRoot)("nothing serves another user", async () => {
    const { pid, come } = await visitor(65_534);
    const engines = new Engines();
    engines.add(pid);
    for (const check of [await onlyAncestors(), await onlyOwnUser(), engines.check]) {
      expect(await judged(check, come)).toBeUndefined();
    }
  });

  it("a command's plugins serve the engines that it has started, no other process, and no longer than they live", async () => {
    const [engine, other] = [await visitor(), await visitor()];
    const engines = new Engines();
    expect(engines.alive).toBe(false);
    engines.add(engine.pid);
    expect(engines.alive).toBe(true);
    expect(await judged(engines.check, engine.come)).toBe(engine.pid);
    expect(engines.serves(engine.pid)).toBe(true);
    expect(await judged(engines.check, other.come)).toBeUndefined();
    const [child] = children;
    child?.kill();
    if (child !== undefined) await once(child, "exit");
    expect(engines.alive).toBe(false);
    expect(engines.serves(engine.pid)).toBe(false);
  });

  it("a connection that is faster than the word of its engine waits for it", async () => {
    const engine = await visitor();
    const engines = new Engines();
    setTimeout(() => engines.add(engine.pid), 100);
    expect(await judged(engines.check, engine.come)).toBe(engine.pid);
  });
});
