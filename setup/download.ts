// Official downloads: one probe that decides for all, and a download that is checked against its checksum.
import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Where Pulumi publishes its releases. */
export const releases = "https://get.pulumi.com/releases/sdk";

/** Milliseconds for a connection: a closed network often drops packets instead of refusing them. */
const connectTimeoutMs = 4000;

/** A client that knows the environment's proxies; loaded only where something is to be fetched. */
async function client() {
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: connectTimeoutMs } });
  return { dispatcher, fetch };
}

/**
 * Can official downloads be reached? `TANDEM_OFFLINE=1` says no without asking.
 *
 * @param url what to ask for, by HEAD
 */
export async function canDownload(
  url: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<boolean> {
  if (env.TANDEM_OFFLINE === "1") return false;
  try {
    const { dispatcher, fetch } = await client();
    const signal = AbortSignal.timeout(2 * connectTimeoutMs);
    const response = await fetch(url, { method: "HEAD", dispatcher, signal });
    return response.ok;
  } catch {
    // Unresolvable, refused, timed out, cut off by a proxy: all mean the same here.
    return false;
  }
}

/**
 * Downloads a file and compares its SHA-256.
 *
 * @throws when it can't be had, or its checksum differs; then nothing should use the file.
 */
export async function download(
  url: string,
  target: string,
  sha256: string,
  onProgress?: (doneBytes: number, totalBytes: number | undefined) => void,
): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const { dispatcher, fetch } = await client();
  const response = await fetch(url, { dispatcher });
  if (!response.ok || response.body === null) throw new Error(`GET ${url}: HTTP ${response.status}`);
  const total = Number(response.headers.get("content-length")) || undefined;
  let done = 0;
  const body = Readable.from(response.body).map((chunk: Uint8Array) => {
    done += chunk.byteLength;
    onProgress?.(done, total);
    return chunk;
  });
  await pipeline(body, createWriteStream(target));
  const actual = createHash("sha256").update(readFileSync(target)).digest("hex");
  if (actual !== sha256) {
    throw new Error(`${url}: SHA-256 is ${actual}, and must be ${sha256}; the file is not used`);
  }
}
