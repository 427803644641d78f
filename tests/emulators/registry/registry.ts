// An emulator of a registry of images: pull, push and the list of tags of the OCI distribution specification 1.1, without
// logins, deletion and referrers. It stands in for a registry in tests only; Docker itself pushes to it and pulls from it.
import { randomUUID } from "node:crypto";
import { createReadStream, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { BlobStore, isDigest } from "./blobs.ts";
import { ManifestStore } from "./manifests.ts";
import { RegistryError } from "./registry-error.ts";

/** Grammar of repository names and tags, from the specification. */
const NAME = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:\\/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*";
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const MANIFEST_LIMIT = 4 * 2 ** 20;

/** A request on something in a repository. */
interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  /** Method, `GET` for a `HEAD` too. */
  method: string;
  repository: string;
  /** What follows the kind of thing: a digest, a tag, the name of an upload. */
  rest: string;
  query: URLSearchParams;
}

/** The emulator. */
export class RegistryEmulator {
  /** Every request that was answered, such as `PUT /v2/app/manifests/1`, with its status. */
  readonly requests: { asked: string; status: number }[] = [];
  readonly #blobs = new BlobStore();
  readonly #manifests = new ManifestStore(this.#blobs);
  readonly #servers: Server[] = [];
  #port = 0;

  /** Starts it on loopback, where Docker asks for no TLS. */
  static async start(): Promise<RegistryEmulator> {
    const emulator = new RegistryEmulator();
    const server = emulator.#server();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    emulator.#port = (server.address() as AddressInfo).port;
    return emulator;
  }

  /** What stands before a repository's name: `127.0.0.1:<port>`. */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Answers on a Unix socket as well: the way in from another network namespace. */
  async listenAt(socket: string): Promise<void> {
    await new Promise<void>((resolve) => this.#server().listen(socket, resolve));
  }

  /** Stops it and forgets everything. */
  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(this.#blobs.folder, { recursive: true, force: true });
  }

  #server(): Server {
    const server = createServer((request, response) => {
      response.once("finish", () =>
        this.requests.push({ asked: `${request.method} ${request.url}`, status: response.statusCode }),
      );
      this.#answer(request, response).catch((error: unknown) => {
        const known = error instanceof RegistryError;
        const { status, code } = known ? error : { status: 500, code: "UNKNOWN" };
        const errors = [
          { code, message: error instanceof Error ? error.message : String(error), detail: {} },
        ];
        const body = JSON.stringify({ errors });
        response.writeHead(status, {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
        });
        response.end(request.method === "HEAD" ? undefined : body);
      });
    });
    this.#servers.push(server);
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    const url = new URL(request.url ?? "", "http://emulator");
    if (url.pathname === "/v2/" || url.pathname === "/v2") return end(response, 200, "{}");
    const parts = new RegExp(`^/v2/(${NAME})/(manifests|blobs|tags)/(.*)$`).exec(url.pathname);
    if (parts === null) throw new RegistryError(404, "NAME_INVALID", `no such thing: ${url.pathname}`);
    const [, repository = "", kind = "", rest = ""] = parts;
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
    const asked: Asked = { request, response, method, repository, rest, query: url.searchParams };
    if (kind === "manifests") return await this.#manifest(asked);
    if (kind === "tags" && method === "GET" && rest === "list") {
      const tags = this.#manifests.tags(repository);
      return end(response, 200, JSON.stringify({ name: repository, tags }));
    }
    if (kind === "blobs" && /^uploads(\/|$)/.test(rest)) return await this.#upload(asked);
    if (kind === "blobs" && method === "GET") return this.#blob(asked);
    throw new RegistryError(405, "UNSUPPORTED", `${request.method} is not emulated here`);
  }

  async #manifest({ request, response, method, repository, rest }: Asked): Promise<void> {
    if (!isDigest(rest) && !TAG.test(rest)) {
      throw new RegistryError(400, "MANIFEST_INVALID", `neither tag nor digest: ${rest}`);
    }
    if (method === "PUT") {
      const content = await buffer(request);
      if (content.length > MANIFEST_LIMIT) throw new RegistryError(413, "SIZE_INVALID", "over 4 MiB");
      const mediaType = String(request.headers["content-type"] ?? "");
      const digest = this.#manifests.put(repository, rest, { content, mediaType });
      response.setHeader("location", `/v2/${repository}/manifests/${digest}`);
      response.setHeader("docker-content-digest", digest);
      return end(response, 201);
    }
    if (method !== "GET")
      throw new RegistryError(405, "UNSUPPORTED", `${request.method} is not emulated here`);
    const { digest, manifest } = this.#manifests.get(repository, rest);
    response.setHeader("docker-content-digest", digest);
    response.setHeader("content-type", manifest.mediaType);
    response.setHeader("content-length", manifest.content.length);
    response.writeHead(200).end(request.method === "HEAD" ? undefined : manifest.content);
  }

  #blob({ request, response, repository, rest }: Asked): void {
    const { path, size } = this.#blobs.find(repository, rest);
    response.setHeader("docker-content-digest", rest);
    response.setHeader("content-type", "application/octet-stream");
    response.setHeader("content-length", size);
    response.writeHead(200);
    if (request.method === "HEAD") response.end();
    else createReadStream(path).pipe(response);
  }

  /** POST begins one, PATCH adds to it, PUT ends it; a POST with a digest is all in one. */
  async #upload({ request, response, method, repository, rest, query }: Asked): Promise<void> {
    const begun = rest.replace(/^uploads\/?/, "");
    if (method === "POST" ? begun !== "" : begun === "") {
      throw new RegistryError(404, "BLOB_UPLOAD_UNKNOWN", `no upload '${begun}'`);
    }
    const upload = begun === "" ? randomUUID() : begun;
    if (method === "POST") this.#blobs.begin(upload);
    const digest = query.get("digest");
    if (method === "PUT" && digest === null) throw new RegistryError(400, "DIGEST_INVALID", "no digest");
    const size = await this.#blobs.append(upload, request);
    if (digest !== null && (method === "PUT" || method === "POST")) {
      await this.#blobs.finish(upload, repository, digest);
      response.setHeader("location", `/v2/${repository}/blobs/${digest}`);
      response.setHeader("docker-content-digest", digest);
      return end(response, 201);
    }
    response.setHeader("location", `/v2/${repository}/blobs/uploads/${upload}`);
    response.setHeader("docker-upload-uuid", upload);
    response.setHeader("range", `0-${Math.max(0, size - 1)}`);
    end(response, method === "GET" ? 204 : 202);
  }
}

function end(response: ServerResponse, status: number, body = ""): void {
  if (body !== "") response.setHeader("content-type", "application/json");
  if (status !== 204) response.setHeader("content-length", Buffer.byteLength(body));
  response.writeHead(status).end(response.req.method === "HEAD" ? undefined : body);
}
