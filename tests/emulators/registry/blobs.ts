// The emulated registry's blobs: files by their digest, and uploads under way.
import { createHash } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { RegistryError } from "./registry-error.ts";

/** Whether this is a digest of the kind that it takes. */
export function isDigest(text: string): boolean {
  return /^sha256:[a-f0-9]{64}$/.test(text);
}

/** Content address of what has these bytes. */
export function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** Blobs of all repositories; each repository has those that were pushed to it. */
export class BlobStore {
  readonly folder = mkdtempSync(join(tmpdir(), "tandem-registry-emulator-"));
  readonly #known = new Set<string>();
  readonly #uploads = new Set<string>();

  /** Begins an upload. */
  begin(upload: string): void {
    this.#uploads.add(upload);
    writeFileSync(join(this.folder, upload), "");
  }

  /** Adds to an upload. @returns how many bytes it has */
  async append(upload: string, content: Readable): Promise<number> {
    if (!this.#uploads.has(upload))
      throw new RegistryError(404, "BLOB_UPLOAD_UNKNOWN", `no upload '${upload}'`);
    const path = join(this.folder, upload);
    await pipeline(content, createWriteStream(path, { flags: "a" }));
    return statSync(path).size;
  }

  /** Ends an upload. @throws RegistryError when its content has another digest */
  async finish(upload: string, repository: string, digest: string): Promise<void> {
    const path = join(this.folder, upload);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    this.#uploads.delete(upload);
    const is = `sha256:${hash.digest("hex")}`;
    if (!isDigest(digest) || is !== digest) {
      throw new RegistryError(400, "DIGEST_INVALID", `what was uploaded is ${is}, not ${digest}`);
    }
    renameSync(path, this.#path(digest));
    this.#known.add(`${repository}@${digest}`);
  }

  /** Whether a repository has it. */
  has(repository: string, digest: string): boolean {
    return this.#known.has(`${repository}@${digest}`);
  }

  /** Where a blob lies. @throws RegistryError when the repository hasn't got it */
  find(repository: string, digest: string): { path: string; size: number } {
    if (!isDigest(digest)) throw new RegistryError(400, "DIGEST_INVALID", `no digest: ${digest}`);
    if (!this.has(repository, digest)) throw new RegistryError(404, "BLOB_UNKNOWN", `no blob ${digest}`);
    const path = this.#path(digest);
    return { path, size: statSync(path).size };
  }

  #path(digest: string): string {
    return join(this.folder, digest.replace(":", "-"));
  }
}
