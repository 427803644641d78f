// The Docker API of one host: a local socket, or a socket on another machine through one ssh connection.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";

const DEFAULT_HOST = "unix:///var/run/docker.sock";
const REMOTE_SOCKET = "/var/run/docker.sock";
const SSH_TIMEOUT_SECONDS = 20;

/** Hands out the Docker client of a host; nothing is loaded or connected before it is asked for. */
export class DockerHost {
  readonly host: string;
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

  /** Ends the ssh connection. */
  close(): void {
    this.ssh?.process.kill();
    if (this.ssh !== undefined) rmSync(this.ssh.folder, { recursive: true, force: true });
    this.ssh = undefined;
  }

  private async connect(): Promise<Docker> {
    const socketPath = this.host.startsWith("ssh://") ? await this.forward() : localSocket(this.host);
    const { default: Dockerode } = await import("dockerode");
    return new Dockerode({ socketPath });
  }

  /**
   * Forwards the remote socket into a private folder. One connection for everything: sshd turns away many at a time
   * (MaxStartups). The remote command reads our stdin, so the connection ends with this process, however it ends.
   */
  private async forward(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "tandem-ssh-"));
    const socket = join(folder, "docker.sock");
    const args = [
      "-o",
      "BatchMode=yes",
      "-o",
      "ExitOnForwardFailure=yes",
      "-L",
      `${socket}:${REMOTE_SOCKET}`,
    ];
    const child = spawn("ssh", [...args, ...sshTarget(this.host), "cat"], {
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
    child.once("exit", () => {
      ended = true;
    });
    for (let waited = 0; waited < SSH_TIMEOUT_SECONDS * 20 && !ended; waited++) {
      if (existsSync(socket)) return socket;
      await sleep(50);
    }
    this.close();
    throw new Error(
      `No ssh connection to ${this.host}: ${messages.trim() || `nothing within ${SSH_TIMEOUT_SECONDS} s`}. ` +
        `Try it by hand: ssh ${sshTarget(this.host).join(" ")} docker version`,
    );
  }
}

function localSocket(host: string): string {
  if (!host.startsWith("unix://")) {
    throw new Error(`Docker host '${host}' is neither unix:// nor ssh://; set dockerHost to one of these.`);
  }
  return host.slice("unix://".length);
}

/** ssh's arguments for `ssh://user@host:port`. */
function sshTarget(host: string): string[] {
  const url = new URL(host);
  const port = url.port === "" ? [] : ["-p", url.port];
  return [
    ...port,
    url.username === "" ? url.hostname : `${decodeURIComponent(url.username)}@${url.hostname}`,
  ];
}
