// What a killed engine leaves in its state folder is removed, and nothing else.
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fixStateFolder } from "./state-folder.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-state-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text: string, ageSeconds = 60): string {
  const file = join(folder, ".pulumi", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const time = Date.now() / 1000 - ageSeconds;
  utimesSync(file, time, time);
  return file;
}

it("removes torn attributes and left drafts", () => {
  const broken = [
    put("meta.yaml.attrs", ""),
    put("stacks/oracle/staging.json.attrs", '{"user.cache_con'),
    put("stacks/oracle/staging.json.18ad3f0c.tmp", "{"),
    put("locks/organization/oracle/staging/1f.json.18ad3f0c.tmp", ""),
  ];
  fixStateFolder(folder, "oracle", "staging");
  expect(broken.filter(existsSync)).toEqual([]);
});

it("keeps what is whole, what is being written, and what belongs to others", () => {
  const whole = [
    put("meta.yaml", "version: 1"),
    put("meta.yaml.attrs", "{}\n"),
    put("stacks/oracle/staging.json", "{}"),
    put("stacks/oracle/staging.json.bak", "{"),
    put("stacks/oracle/staging.json.18ad3f0c.tmp", "{", 0),
    put("stacks/other/staging.json.attrs", ""),
    put("locks/organization/oracle/staging/1f.json", "{}"),
    put("locks/organization/oracle/production/1f.json.18ad3f0c.tmp", "", 60),
  ];
  fixStateFolder(folder, "oracle", "staging");
  expect(whole.filter((file) => !existsSync(file))).toEqual([]);
});

it("does nothing where there is no state yet", () => {
  expect(() => fixStateFolder(join(folder, "none"), "oracle", "staging")).not.toThrow();
});
