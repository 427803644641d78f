// Which default of the hardening is named, by what programs of several languages say.
import { describe, expect, it } from "vitest";
import { hardeningHint } from "./hardening-hint.ts";

const CASES: [line: string, argument: string][] = [
  ["touch: cannot touch '/app/x': Read-only file system", "writableRoot"],
  ["Error: EROFS: read-only file system, open '/app/data.json'", "writableRoot"],
  ["java.nio.file.FileSystemException: /app/x: Read-only file system", "writableRoot"],
  ["OSError: [Errno 30] Read-only file system: '/app/media'", "writableRoot"],
  ["OSError: [Errno 28] No space left on device: '/tmp/upload'", "temporary"],
  ["Error: ENOSPC: no space left on device, write '/tmp/a'", "temporary"],
  ["/tmp/jna.so: failed to map segment from shared object", "executable"],
  ["sh: /tmp/run.sh: Permission denied", "executable"],
  ['error: failed switching to "postgres": operation not permitted: setgroups', "capabilities"],
  ["setpriv: setresuid failed: Operation not permitted", "user"],
  ["chown: changing ownership of '/data': Operation not permitted", "capabilities"],
  ["Error: Permission denied (os error 13)", "user"],
  ['nginx: [emerg] mkdir() "/var/cache/nginx" failed (13: Permission denied)', "user"],
];

describe("hardeningHint", () => {
  it.each(CASES)("says of %j what opens it: %s", (line, argument) => {
    expect(hardeningHint(["starting", line])).toContain(argument);
  });

  it("says nothing of other ends", () => {
    for (const line of [
      "ERROR:  permission denied for schema public",
      "ERROR:  permission denied to create database",
      "git@example.com: Permission denied (publickey).",
    ])
      expect(hardeningHint([line]), line).toBe("");
    expect(hardeningHint(["Error: connect ECONNREFUSED 127.0.0.1:5432", "bye"])).toBe("");
    expect(hardeningHint([])).toBe("");
  });
});
