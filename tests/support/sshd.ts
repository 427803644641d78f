// An ssh server of a test's own on loopback, and an `ssh` in front of the system's that knows its keys and nobody else's.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { execa, execaSync, type ResultPromise } from "execa";
import { findOnPath } from "../../setup/executables.ts";
import { until } from "./docker-cli.ts";
import { commandLines } from "./processes.ts";
import { freePort } from "./project.ts";

const SSHD = "/usr/sbin/sshd";
/** Where sshd locks its unprivileged half in, when root runs it. */
const PRIVILEGE_SEPARATION = "/run/sshd";

/** A running sshd with sshd's own defaults for everything that limits connections. */
export class TestSshd {
  readonly port: number;
  /** Folder with keys, configuration and log; `bin` in it is for the front of PATH. */
  readonly folder = mkdtempSync(join(tmpdir(), "tandem-sshd-"));
  #server: ResultPromise<{ reject: false }> | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  /** Makes keys and starts the server. @throws when there is no sshd: the set-up of the tests installs it */
  static async start(): Promise<TestSshd> {
    if (!existsSync(SSHD)) throw new Error("sshd is missing; on Debian: apt-get install openssh-server");
    const sshd = new TestSshd(await freePort());
    for (const name of ["host_key", "id", "stranger_id"]) sshd.#makeKey(name);
    copyFileSync(sshd.#path("id.pub"), sshd.#path("authorized_keys"));
    sshd.trust("host_key");
    sshd.login("id");
    sshd.#writeClient();
    await sshd.run();
    return sshd;
  }

  /** The server as a Docker host. */
  get dockerHost(): string {
    return `ssh://${userInfo().username}@127.0.0.1:${this.port}`;
  }

  /** Variables for a process that is to reach the server: its `ssh` comes first. */
  get environment(): { PATH: string } {
    return { PATH: [this.#path("bin"), process.env.PATH].join(delimiter) };
  }

  /** Starts the server, at the start or after `stop`; `limits` are settings of sshd in the place of its defaults. */
  async run(limits: Record<string, string> = {}): Promise<void> {
    this.#writeServerConfig(limits);
    if (process.getuid?.() === 0) mkdirSync(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
    const args = ["-D", "-f", this.#path("sshd_config"), "-E", this.#path("log")];
    const before = this.log().length;
    this.#server = execa(SSHD, args, { reject: false });
    await until("sshd", async () => this.log().slice(before).includes("Server listening"));
  }

  /** Ends the server; connections that stand are not cut. */
  async stop(): Promise<void> {
    this.#server?.kill();
    await this.#server;
  }

  /** Logs in with another key from now on: `id`, or `stranger_id` that the server doesn't know. */
  login(key: "id" | "stranger_id"): void {
    const config: Record<string, string> = {
      IdentityFile: this.#path(key),
      IdentitiesOnly: "yes",
      IdentityAgent: "none",
      UserKnownHostsFile: this.#path("known_hosts"),
      GlobalKnownHostsFile: "none",
      UpdateHostKeys: "no",
    };
    const lines = Object.entries(config).map(([name, value]) => `${name} ${value}`);
    writeFileSync(this.#path("ssh_config"), `${lines.join("\n")}\n`);
  }

  /** Which host key the client knows: the server's, another's, or none at all. */
  trust(key: "host_key" | "stranger_id" | undefined): void {
    const known =
      key === undefined ? "" : `[127.0.0.1]:${this.port} ${readFileSync(this.#path(`${key}.pub`), "utf8")}`;
    writeFileSync(this.#path("known_hosts"), known);
  }

  /** Everything that the server has logged. */
  log(): string {
    return existsSync(this.#path("log")) ? readFileSync(this.#path("log"), "utf8") : "";
  }

  /** What was counted since the server's first start. */
  counts(): { connections: number; logins: number; dropped: number } {
    const log = this.log();
    const count = (pattern: RegExp) => log.match(pattern)?.length ?? 0;
    return {
      connections: count(/^Connection from /gm),
      logins: count(/^Accepted publickey/gm),
      dropped: count(/past MaxStartups/g),
    };
  }

  /** Command lines of the ssh processes that talk to this server. */
  clients(): string[] {
    return commandLines().filter((line) => line.includes(this.#path("ssh_config")));
  }

  /** Ends the server and removes its files. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  #makeKey(name: string): void {
    execaSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", this.#path(name)]);
  }

  #writeServerConfig(limits: Record<string, string>): void {
    const config = {
      Port: this.port,
      ListenAddress: "127.0.0.1",
      HostKey: this.#path("host_key"),
      AuthorizedKeysFile: this.#path("authorized_keys"),
      // The folder lies under /tmp, where everybody may write.
      StrictModes: "no",
      PasswordAuthentication: "no",
      KbdInteractiveAuthentication: "no",
      PermitRootLogin: "prohibit-password",
      PidFile: "none",
      LogLevel: "VERBOSE",
      // The far end must find `docker` wherever this machine has it.
      SetEnv: `PATH=${process.env.PATH}`,
      ...limits,
    };
    const lines = Object.entries(config).map(([name, value]) => `${name} ${value}`);
    writeFileSync(this.#path("sshd_config"), `${lines.join("\n")}\n`);
  }

  /** OpenSSH takes the home folder from the user database and not from HOME, so a test's settings go in by `-F`. */
  #writeClient(): void {
    const [ssh] = findOnPath("ssh", process.env);
    if (ssh === undefined) throw new Error("ssh is missing; on Debian: apt-get install openssh-client");
    mkdirSync(this.#path("bin"));
    const script = this.#path("bin/ssh");
    writeFileSync(script, `#!/bin/sh\nexec '${ssh}' -F '${this.#path("ssh_config")}' "$@"\n`);
    chmodSync(script, 0o755);
  }
}
