// The emulated registry's manifests, by digest, and the tags that point to them.
import { type BlobStore, digestOf, isDigest } from "./blobs.ts";
import { RegistryError } from "./registry-error.ts";

/** A manifest as it was pushed, byte for byte. */
export interface Manifest {
  content: Buffer;
  mediaType: string;
}

interface Descriptor {
  digest?: string;
}

interface Document {
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
}

/** What a pushed manifest says. @throws RegistryError when it says nothing that can be read */
function parsed({ content }: Manifest): Document {
  try {
    return JSON.parse(content.toString("utf8")) as Document;
  } catch {
    throw new RegistryError(400, "MANIFEST_INVALID", "the manifest is no JSON");
  }
}

/** Manifests of all repositories. */
export class ManifestStore {
  readonly #blobs: BlobStore;
  readonly #repositories = new Map<string, Map<string, Manifest>>();
  readonly #tags = new Map<string, Map<string, string>>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /**
   * Takes one in, under a tag or under its own digest.
   *
   * @returns its digest
   * @throws RegistryError when it refers to what isn't there, or the digest is another
   */
  put(repository: string, reference: string, manifest: Manifest): string {
    const { config, layers = [], manifests = [] } = parsed(manifest);
    const digest = digestOf(manifest.content);
    if (isDigest(reference) && reference !== digest) {
      throw new RegistryError(400, "DIGEST_INVALID", `the manifest is ${digest}, not ${reference}`);
    }
    const known = this.#repositories.get(repository) ?? new Map<string, Manifest>();
    const blobs = [config, ...layers].flatMap((one) => one?.digest ?? []);
    const missing = [
      ...blobs.filter((one) => !this.#blobs.has(repository, one)),
      ...manifests.flatMap((one) => one.digest ?? []).filter((one) => !known.has(one)),
    ];
    if (missing.length > 0) {
      throw new RegistryError(404, "MANIFEST_BLOB_UNKNOWN", `not here: ${missing.join(", ")}`);
    }
    this.#repositories.set(repository, known.set(digest, manifest));
    if (!isDigest(reference)) {
      const tags = this.#tags.get(repository) ?? new Map<string, string>();
      this.#tags.set(repository, tags.set(reference, digest));
    }
    return digest;
  }

  /** The manifest of a tag or digest. @throws RegistryError when there is none */
  get(repository: string, reference: string): { digest: string; manifest: Manifest } {
    const digest = isDigest(reference) ? reference : this.#tags.get(repository)?.get(reference);
    const manifest = this.#repositories.get(repository)?.get(digest ?? "");
    if (digest === undefined || manifest === undefined) {
      throw new RegistryError(404, "MANIFEST_UNKNOWN", `no manifest ${reference} in ${repository}`);
    }
    return { digest, manifest };
  }

  /** Names of a repository's tags, in order. @throws RegistryError when there is no such repository */
  tags(repository: string): string[] {
    if (!this.#repositories.has(repository)) {
      throw new RegistryError(404, "NAME_UNKNOWN", `no repository ${repository}`);
    }
    return [...(this.#tags.get(repository)?.keys() ?? [])].sort();
  }
}
