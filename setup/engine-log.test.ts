import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { preventEngineLog } from "./engine-log.ts";

const cache = mkdtempSync(join(tmpdir(), "tandem-engine-log-"));
const pulumiHome = join(cache, "pulumi-home");
afterEach(() => rmSync(cache, { recursive: true, force: true }));

it("leaves the engine no folder to log to, and none of its former logs", () => {
  mkdirSync(join(pulumiHome, "logs"), { recursive: true });
  writeFileSync(join(pulumiHome, "logs", "pulumi-20261122T013725-1-stack_export.log"), "old");
  preventEngineLog({ cache, pulumiHome });
  expect(readFileSync(join(pulumiHome, "logs"), "utf8")).toContain("--logtostderr");
  preventEngineLog({ cache, pulumiHome });
  expect(statSync(join(pulumiHome, "logs")).isFile()).toBe(true);
});

it("makes the home where there is none yet", () => {
  preventEngineLog({ cache, pulumiHome });
  expect(statSync(join(pulumiHome, "logs")).isFile()).toBe(true);
  expect(statSync(pulumiHome).mode & 0o777).toBe(0o700);
});

it("stays away from a home of the user's own", () => {
  const own = join(cache, "own");
  mkdirSync(join(own, "logs"), { recursive: true });
  preventEngineLog({ cache, pulumiHome: own });
  expect(statSync(join(own, "logs")).isDirectory()).toBe(true);
});
