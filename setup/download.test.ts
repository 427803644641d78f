// Downloads against a server of the test's own.
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canDownload, download } from "./download.ts";

let server: Server;
let base: string;
let folder: string;
const content = "x".repeat(100_000);
const sum = createHash("sha256").update(content).digest("hex");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tandem-download-"));
  server = createServer((request, response) => {
    if (request.url === "/file") response.end(content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the probe", () => {
  it("says yes to what answers, no to the rest, and no when told to stay offline", async () => {
    expect(await canDownload(`${base}/file`, {})).toBe(true);
    expect(await canDownload(`${base}/none`, {})).toBe(false);
    expect(await canDownload("http://127.0.0.1:1/", {})).toBe(false);
    expect(await canDownload("http://no-such-host.invalid/", {})).toBe(false);
    expect(await canDownload(`${base}/file`, { TANDEM_OFFLINE: "1" })).toBe(false);
  });
});

describe("a download", () => {
  it("brings the file and tells how far it is", async () => {
    let seen = 0;
    await download(`${base}/file`, join(folder, "a/file"), sum, (done) => {
      seen = done;
    });
    expect(readFileSync(join(folder, "a/file"), "utf8")).toBe(content);
    expect(seen).toBe(content.length);
  });

  it("refuses a file that differs from its checksum", async () => {
    const other = "0".repeat(64);
    await expect(download(`${base}/file`, join(folder, "b"), other)).rejects.toThrow(
      /SHA-256 is .* not used/,
    );
  });

  it("says what the server said", async () => {
    await expect(download(`${base}/none`, join(folder, "c"), sum)).rejects.toThrow("HTTP 404");
    expect(existsSync(join(folder, "c"))).toBe(false);
  });
});
