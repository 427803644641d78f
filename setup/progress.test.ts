// Small pieces of the set-up: progress lines, stamps, running commands, asking a daemon.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListrTaskEventType, ListrTaskState } from "listr2";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askDaemon, defaultDockerHost } from "./docker-daemon.ts";
import { formatSeconds } from "./durations.ts";
import { canRun } from "./executables.ts";
import { PlainRenderer } from "./plain-renderer.ts";
import { run } from "./run.ts";
import { hashOf, readStamp, sourcesBelow, writeStamp } from "./stamps.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-progress-"));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

it.each([
  [0.4, "0 s"],
  [59.4, "59 s"],
  [60, "1 min 0 s"],
  [754, "12 min 34 s"],
])("%s seconds read %s", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

describe("plain progress", () => {
  class Task {
    readonly title = "engine";
    private readonly handlers = new Map<string, (value: never) => void>();
    on(event: string, handler: (value: never) => void): void {
      this.handlers.set(event, handler);
    }
    emit(event: string, value: string): void {
      this.handlers.get(event)?.(value as never);
    }
  }

  it("tells news at once, a count now and then, and that work goes on at least every 15 s", () => {
    vi.useFakeTimers();
    const lines: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
    const task = new Task();
    const renderer = new PlainRenderer([task]);
    renderer.render();
    task.emit(ListrTaskEventType.STATE, ListrTaskState.STARTED);
    task.emit(ListrTaskEventType.OUTPUT, "compiling (1 of 900)");
    task.emit(ListrTaskEventType.OUTPUT, "compiling (2 of 900)");
    vi.advanceTimersByTime(11_000);
    task.emit(ListrTaskEventType.OUTPUT, "compiling (300 of 900)");
    vi.advanceTimersByTime(16_000);
    task.emit(ListrTaskEventType.OUTPUT, "installing");
    task.emit(ListrTaskEventType.STATE, ListrTaskState.COMPLETED);
    renderer.end();
    expect(lines.map((line) => line.replace(/^\[.*?\] /, "").trim())).toEqual([
      "engine: compiling (1 of 900)",
      "engine: compiling (300 of 900)",
      "still at work: engine (compiling (300 of 900))",
      "engine: installing",
      "engine: ready after 27 s",
    ]);
  });
});

describe("running a command", () => {
  it("gives its lines and writes them down", async () => {
    const lines: string[] = [];
    const log = join(folder, "logs/a.log");
    const options = { log, env: { WORD: "there" }, onLine: (line: string) => lines.push(line) };
    expect(await run("sh", ["-c", "echo hello; echo $WORD >&2"], options)).toContain("hello");
    expect(lines.sort()).toEqual(["hello", "there"]);
    expect(readFileSync(log, "utf8")).toContain("hello\n");
  });

  it("shows the last lines of one that fails, and where the rest is", async () => {
    const log = join(folder, "a.log");
    const script = "for i in 1 2 3; do echo line $i; done; exit 3";
    await expect(run("sh", ["-c", script], { log })).rejects.toThrow(
      /exit code 3(.|\n)*line 3\nFull log: .*a\.log/,
    );
  });

  it("says so when there is no such command", async () => {
    await expect(run("no-such-command-here", [], { log: join(folder, "a.log") })).rejects.toThrow("ENOENT");
  });
});

describe("stamps", () => {
  it("tell parts apart, not only their joint text", () => {
    expect(hashOf("ab", "c")).not.toBe(hashOf("a", "bc"));
    expect(hashOf("ab", "c")).toBe(hashOf("ab", "c"));
  });

  it("are written whole and read back", () => {
    const file = join(folder, "x/stamp");
    expect(readStamp(file)).toBeUndefined();
    writeStamp(file, "value");
    expect(readStamp(file)).toBe("value");
  });

  it("count sources and no tests", () => {
    const files = sourcesBelow(["setup", "no-such-folder"]);
    expect(files).toContain("setup/stamps.ts");
    expect(files.some((file) => file.endsWith(".test.ts") || file.includes("node_modules"))).toBe(false);
  });
});

describe("what can run", () => {
  const file = (text: string, mode = 0o755) => {
    const path = join(folder, "program");
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };

  it("is executable, and so is its interpreter", () => {
    expect(canRun(file(`#!${process.execPath}\nexit`))).toBe(true);
    expect(canRun(file("\x7fELF binary"))).toBe(true);
    expect(canRun(file(`#!${folder}/gone/node\nexit`))).toBe(false);
    expect(canRun(file(`#!${process.execPath}\n`, 0o644))).toBe(false);
    expect(canRun(join(folder, "none"))).toBe(false);
  });
});

describe("asking a daemon", () => {
  it("gets its version through a socket", async () => {
    const socket = join(folder, "docker.sock");
    const server = createServer((_, response) => response.end('{"Version":"99.1"}'));
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    expect(await askDaemon(`unix://${socket}`)).toEqual({ version: "99.1" });
    server.close();
  });

  it("gets told apart: nobody there, and somebody else", async () => {
    expect(await askDaemon(`unix://${join(folder, "none.sock")}`)).toMatchObject({ problem: "absent" });
    const server = createServer((_, response) => response.end("hello"));
    await new Promise<void>((resolve) => server.listen(join(folder, "other.sock"), resolve));
    expect(await askDaemon(`unix://${join(folder, "other.sock")}`)).toMatchObject({
      detail: expect.stringContaining("not as Docker does"),
    });
    server.close();
  });

  it("goes where DOCKER_HOST says", () => {
    expect(defaultDockerHost({ DOCKER_HOST: "tcp://x:1" })).toBe("tcp://x:1");
    expect(defaultDockerHost({ HOME: folder })).toMatch(/^unix:\/\//);
  });
});
