// Locks of living, dead and recycled processes, with real processes.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { awaitStack, clearDeadLocks, deathOf, readLocks, type StackLock } from "./stack-locks.ts";

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-locks-"));
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a process that calls itself `name`. */
async function start(name: string): Promise<ChildProcess> {
  const program = join(folder, name);
  if (!existsSync(program)) copyFileSync("/bin/sleep", program);
  const child = spawn(program, ["60"], { stdio: "ignore" });
  children.push(child);
  await new Promise((resolve) => child.once("spawn", resolve));
  await sleep(50);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

function writeLock(pid: number | undefined, changes: Partial<StackLock> = {}): string {
  const directory = join(folder, "locks");
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${pid}-${Math.random()}.json`);
  const lock = { pid, username: "somebody", hostname: hostname(), timestamp: new Date().toISOString() };
  writeFileSync(file, JSON.stringify({ ...lock, ...changes }));
  writeFileSync(`${file}.attrs`, "{}");
  return directory;
}

describe.skipIf(process.platform !== "linux")("locks", () => {
  it("a living engine's lock stands", async () => {
    const directory = writeLock((await start("pulumi")).pid);
    expect(clearDeadLocks(directory)).toEqual([]);
    expect(readLocks(directory)).toHaveLength(1);
  });

  it("a killed engine's lock goes, with its attributes, and is told", async () => {
    const engine = await start("pulumi");
    const directory = writeLock(engine.pid);
    await kill(engine);
    expect(clearDeadLocks(directory)).toEqual([expect.stringContaining(`process ${engine.pid} is gone`)]);
    expect(readLocks(directory)).toEqual([]);
    expect(existsSync(directory)).toBe(true);
  });

  it("a lock older than the process that has its number now goes", async () => {
    const later = await start("pulumi");
    const directory = writeLock(later.pid, { timestamp: new Date(Date.now() - 60_000).toISOString() });
    expect(clearDeadLocks(directory)).toEqual([expect.stringContaining("started after")]);
  });

  it("a lock whose number belongs to another program goes", async () => {
    const other = await start("something");
    const directory = writeLock(other.pid);
    expect(clearDeadLocks(directory)).toEqual([expect.stringContaining("is something and no Pulumi")]);
  });

  it("a lock of another machine is never judged", () => {
    const lock = readLocks(writeLock(999_999_999, { hostname: "elsewhere" }))[0];
    expect(lock && deathOf(lock)).toBeUndefined();
  });

  it("of a dead and a living lock only the dead one goes", async () => {
    const living = await start("pulumi");
    const dead = await start("pulumi");
    writeLock(living.pid);
    const directory = writeLock(dead.pid);
    await kill(dead);
    expect(clearDeadLocks(directory)).toHaveLength(1);
    expect(readLocks(directory).map(({ pid }) => pid)).toEqual([living.pid]);
  });

  it("only looks where it is told to", async () => {
    const dead = await start("pulumi");
    const directory = writeLock(dead.pid);
    await kill(dead);
    const say = () => expect.fail("nothing to say");
    await awaitStack(directory, "staging", { waitSeconds: 0, say, look: true });
    expect(readLocks(directory)).toHaveLength(1);
  });

  it("refuses at once, naming the holder", async () => {
    const engine = await start("pulumi");
    const directory = writeLock(engine.pid);
    const waiting = awaitStack(directory, "staging", { waitSeconds: 0, say: () => undefined });
    await expect(waiting).rejects.toThrow(`somebody@${hostname()}, process ${engine.pid}, since 20`);
  });

  it("waits for a living run, and goes on when that dies", async () => {
    const engine = await start("pulumi");
    const directory = writeLock(engine.pid);
    const said: string[] = [];
    const waiting = awaitStack(directory, "staging", { waitSeconds: 20, say: (line) => said.push(line) });
    await sleep(700);
    await kill(engine);
    await waiting;
    expect(said).toEqual([expect.stringContaining("waiting"), expect.stringContaining("removed")]);
  });

  it("a stack without locks is free", async () => {
    await awaitStack(join(folder, "none"), "staging", { waitSeconds: 0, say: () => undefined });
  });
});
