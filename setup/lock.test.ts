// One at a time, between real processes.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LockHeldError, ownerIsDead, takeLock, withLock } from "./lock.ts";
import { startTime } from "./process-identity.ts";

let folder: string;
let file: string;
const moduleUrl = JSON.stringify(new URL("./lock.ts", import.meta.url).href);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-lock-"));
  file = join(folder, "lock");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = (pid: number, started?: number) => ({
  pid,
  host: hostname(),
  since: new Date().toISOString(),
  ...(started === undefined ? {} : { started }),
});

it("is held during the work and free afterwards, also after a failure", async () => {
  await withLock(file, async () => expect(existsSync(file)).toBe(true));
  expect(readdirSync(folder)).toEqual([]);
  await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(readdirSync(folder)).toEqual([]);
});

it("refuses when the patience is over, naming a living owner, whose lock stays", async () => {
  const release = await takeLock(file);
  const held = readFileSync(file, "utf8");
  const refused = withLock(file, async () => "in", { patienceMs: 60, pollMs: 10 });
  await expect(refused).rejects.toThrow(LockHeldError);
  await expect(takeLock(file, { patienceMs: 0 })).rejects.toThrow(`process ${process.pid} on ${hostname()}`);
  expect(readFileSync(file, "utf8")).toBe(held);
  release();
  expect(await withLock(file, async () => "in", { patienceMs: 0 })).toBe("in");
});

it("takes over a lock that a loss of power has torn", async () => {
  writeFileSync(file, "");
  expect(await withLock(file, async () => "in", { patienceMs: 0 })).toBe("in");
});

it("lets one process in at a time", async () => {
  const log = join(folder, "log");
  const script = `
    const { withLock } = await import(${moduleUrl});
    const { appendFileSync } = await import("node:fs");
    for (let round = 0; round < 5; round++) {
      await withLock(${JSON.stringify(file)}, async () => {
        appendFileSync(${JSON.stringify(log)}, "in ");
        await new Promise((resolve) => setTimeout(resolve, 10));
        appendFileSync(${JSON.stringify(log)}, "out ");
      }, { pollMs: 5 });
    }`;
  const codes = await Promise.all(
    [1, 2, 3].map(() => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
      return new Promise((resolve) => child.once("exit", resolve));
    }),
  );
  expect(codes).toEqual([0, 0, 0]);
  expect(readFileSync(log, "utf8")).toBe("in out ".repeat(15));
});

it("is taken over from a process that was killed", async () => {
  const script = `
    const { withLock } = await import(${moduleUrl});
    await withLock(${JSON.stringify(file)}, async () => process.kill(process.pid, "SIGKILL"));`;
  expect(spawnSync(process.execPath, ["--input-type=module", "-e", script]).signal).toBe("SIGKILL");
  expect(existsSync(file)).toBe(true);
  await withLock(file, async () => undefined);
  expect(readdirSync(folder)).toEqual([]);
});

it("tells once whom it waits for", async () => {
  writeFileSync(file, JSON.stringify(owner(process.pid, startTime(process.pid))));
  const told: number[] = [];
  const waiting = withLock(file, async () => "done", { pollMs: 5, onWait: ({ pid }) => told.push(pid) });
  await new Promise((resolve) => setTimeout(resolve, 50));
  rmSync(file);
  expect(await waiting).toBe("done");
  expect(told).toEqual([process.pid]);
});

it("judges owners", () => {
  expect(ownerIsDead(owner(process.pid, startTime(process.pid)))).toBe(false);
  expect(ownerIsDead(owner(999_999_999))).toBe(true);
  expect(ownerIsDead(owner(process.pid, (startTime(process.pid) ?? 0) - 60_000))).toBe(true);
  expect(ownerIsDead({ ...owner(999_999_999), host: "elsewhere" })).toBe(false);
});
