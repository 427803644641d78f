// The Docker API of one host: a local socket, or a socket on another machine through one ssh connection.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { explainSshFailure, KEEP_ALIVE, sshSettings, sshTarget } from "../../lib/ssh.ts";

const DEFAULT_HOST = "unix:///var/run/docker.sock";
const REMOTE_SOCKET = "/var/run/docker.sock";
const SSH_TIMEOUT_SECONDS = 18;

/** An image on a host. */
export interface HostImage {
  /** Content address. */
  id: string;
  /** Digests under which registries gave it, as `repository@sha256:…`; none for one that was built there. */
  digests: string[];
}

/** Hands out the Docker client of a host; nothing is loaded or connected before it is asked for. */
export class DockerHost {
  readonly host: string;
  private socket: Promise<string> | undefined;
  private client: Promise<Docker> | undefined;
  private ssh: { process: ChildProcess; folder: string } | undefined;

  constructor(host: string | undefined) {
    this.host = host === undefined || host === "" ? DEFAULT_HOST : host;
  }

  /** The client; connects at the first call. A failed connection is tried anew at the next. */
  docker(): Promise<Docker> {
    this.client ??= this.connect().catch((error: unknown) => {
      this.client = undefined;
      throw error;
    });
    return this.client;
  }

  /**
   * Content address of an image on the host, or undefined if it isn't there. A request of its own: it is all that a
   * preview without changes asks, and the client takes longer to load than the rest of this provider.
   */
  async imageId(reference: string): Promise<string | undefined> {
    return (await this.image(reference))?.id;
  }

  /** The image with what registries called it; undefined if it isn't there. As light as `imageId`. */
  async image(reference: string): Promise<HostImage | undefined> {
    const facts = await this.facts(`/images/${encodeURIComponent(reference)}/json`);
    const { Id, RepoDigests } = (facts ?? {}) as { Id?: string; RepoDigests?: string[] | null };
    return Id === undefined ? undefined : { id: Id, digests: RepoDigests ?? [] };
  }

  /**
   * Digest of a reference in its registry, which the host asks.
   *
   * @param login as the Docker API takes it
   * @throws with what the registry said
   */
  async registryDigest(reference: string, login: string | undefined, signal: AbortSignal): Promise<string> {
    const path = `/distribution/${encodeURIComponent(reference)}/json`;
    const response = await this.get(path, login === undefined ? {} : { "x-registry-auth": login }, signal);
    const body = (await json(response).catch(() => ({}))) as {
      Descriptor?: { digest?: string };
      message?: string;
    };
    const digest = body.Descriptor?.digest;
    if (response.statusCode === 200 && digest !== undefined) return digest;
    throw new Error(`its registry answers ${response.statusCode}: ${body.message ?? "nothing more"}`);
  }

  /** Content address of the image that a container was made from; undefined when it is gone. As light as `imageId`. */
  async imageOf(container: string): Promise<string | undefined> {
    const facts = await this.facts(`/containers/${encodeURIComponent(container)}/json`);
    return (facts as { Image: string } | undefined)?.Image;
  }

  /** Whether a container runs, or is being restarted; undefined when it is gone. As light as `imageId`. */
  async isRunning(container: string): Promise<boolean | undefined> {
    const facts = await this.facts(`/containers/${encodeURIComponent(container)}/json`);
    return (facts as { State: { Running: boolean } } | undefined)?.State.Running;
  }

  /** Ends the ssh connection. */
  close(): void {
    this.ssh?.process.kill();
    if (this.ssh !== undefined) rmSync(this.ssh.folder, { recursive: true, force: true });
    this.ssh = undefined;
    this.client = undefined;
    this.socket = undefined;
  }

  private async connect(): Promise<Docker> {
    const socketPath = await this.socketPath();
    const { default: Dockerode } = await import("dockerode");
    return new Dockerode({ socketPath });
  }

  /** What the API tells of a thing; undefined when it isn't there. */
  private async facts(path: string): Promise<unknown> {
    const response = await this.get(path);
    const body = await json(response).catch(() => ({}));
    if (response.statusCode === 404) return undefined;
    if (response.statusCode !== 200) {
      throw new Error(
        `Docker at ${this.host} answers ${response.statusCode} to GET ${path}: ${JSON.stringify(body)}`,
      );
    }
    return body;
  }

  private async get(
    path: string,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const socketPath = await this.socketPath();
    try {
      const own = signal === undefined ? {} : { signal };
      const outgoing = request({ socketPath, path, headers: { host: "docker", ...headers }, ...own }).end();
      const [response] = (await once(outgoing, "response")) as [IncomingMessage];
      return response;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(
        `Docker doesn't answer at ${this.host}: ${reason}. Is it running, and may this user call it?`,
      );
    }
  }

  private socketPath(): Promise<string> {
    const open = async () => (this.host.startsWith("ssh://") ? await this.forward() : localSocket(this.host));
    this.socket ??= open().catch((error: unknown) => {
      this.socket = undefined;
      throw error;
    });
    return this.socket;
  }

  /**
   * Forwards the remote socket into a private folder. One connection for everything: sshd turns away many at a time
   * (MaxStartups). The remote command reads our stdin, so the connection ends with this process, however it ends.
   */
  private async forward(): Promise<string> {
    const target = sshTarget(this.host);
    if (target === undefined) {
      throw new Error(`Docker host '${this.host}' is not of the form ssh://user@host:port.`);
    }
    const folder = mkdtempSync(join(tmpdir(), "tandem-ssh-"));
    const socket = join(folder, "docker.sock");
    // In a connection that the user keeps open the forward would outlive this process.
    const settings = sshSettings({ ...KEEP_ALIVE, ExitOnForwardFailure: "yes", ControlPath: "none" });
    const child = spawn("ssh", [...settings, "-L", `${socket}:${REMOTE_SOCKET}`, ...target, "cat"], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    this.ssh = { process: child, folder };
    let messages = "";
    child.stderr?.on("data", (data: Buffer) => {
      messages += data.toString();
    });
    let ended = false;
    child.once("error", (error) => {
      messages += error.message;
      ended = true;
    });
    child.once("close", () => {
      ended = true;
      // The next call connects anew.
      if (this.ssh?.process === child) this.close();
    });
    for (let waited = 0; waited < SSH_TIMEOUT_SECONDS * 20 && !ended; waited++) {
      if (existsSync(socket)) return socket;
      await sleep(50);
    }
    this.close();
    const late = `no connection within ${SSH_TIMEOUT_SECONDS} s`;
    const { reason, fix } = explainSshFailure(this.host, messages.trim() || late);
    throw new Error(`No ssh connection to ${this.host}: ${reason}. To do: ${fix}`);
  }
}

function localSocket(host: string): string {
  if (!host.startsWith("unix://")) {
    throw new Error(`Docker host '${host}' is neither unix:// nor ssh://; set dockerHost to one of these.`);
  }
  return host.slice("unix://".length);
}
