// Finding and reading state in a folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resolvePaths } from "../../../setup/paths.ts";
import { UserError } from "../errors.ts";
import { backendOf, readDeployment } from "./backend.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-backend-"));
  mkdirSync(join(folder, ".pulumi/stacks/shop"), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, content: string | Buffer) =>
  writeFileSync(join(folder, ".pulumi/stacks/shop", name), content);
const checkpoint = JSON.stringify({
  version: 3,
  checkpoint: { latest: { resources: [{ urn: "u", type: "t" }] } },
});

it.each([
  [undefined, { kind: "file", directory: "/data/state" }],
  ["", { kind: "file", directory: "/data/state" }],
  ["file:///srv/state", { kind: "file", directory: "/srv/state" }],
  ["file:///srv/state?no_tmp_dir=true", { kind: "file", directory: "/srv/state" }],
  ["file://~/state", { kind: "file", directory: "/home/me/state" }],
  ["file:///srv/with%20space", { kind: "file", directory: "/srv/with space" }],
  ["file:///srv/100%", { kind: "file", directory: "/srv/100%" }],
  ["s3://bucket", { kind: "remote", url: "s3://bucket" }],
  ["https://api.example.com", { kind: "remote", url: "https://api.example.com" }],
])("backend of %s", (url, expected) => {
  const env = { TANDEM_HOME: "/data", HOME: "/home/me", PULUMI_BACKEND_URL: url };
  expect(backendOf(resolvePaths(env), env)).toEqual(expected);
});

it("knows no state where there is none", () => {
  expect(readDeployment(folder, "shop", "staging")).toBeUndefined();
});

it("reads plain and compressed state", () => {
  write("staging.json", checkpoint);
  write("production.json.gz", gzipSync(checkpoint));
  for (const stack of ["staging", "production"]) {
    expect(readDeployment(folder, "shop", stack)?.resources).toEqual([{ urn: "u", type: "t" }]);
  }
});

it("reads the state of a stack that was never brought up as empty", () => {
  write("staging.json", '{"version":3,"checkpoint":{"stack":"organization/shop/staging"}}');
  expect(readDeployment(folder, "shop", "staging")).toEqual({});
});

it("refuses a document that is no state", () => {
  write("staging.json", "{}");
  expect(() => readDeployment(folder, "shop", "staging")).toThrow(UserError);
});

it("refuses a torn file, and names the copy beside it", () => {
  write("staging.json", checkpoint.slice(0, 40));
  expect(() => readDeployment(folder, "shop", "staging")).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/staging\.json can't be read/),
      fix: expect.stringContaining("staging.json.bak"),
    }),
  );
});
