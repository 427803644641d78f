// A Docker daemon of a test's own that may be killed: in PID, network and mount namespaces of its own, with its own
// folders, so that it meets neither this machine's daemon nor its ports, and is gone as a whole when its init is.
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import Docker from "dockerode";
import { execa } from "execa";
import { until } from "./docker-cli.ts";
import { enterRoot } from "./docker-versions.ts";
import { FOLDER_PREFIX, removeAbandoned, removeWhatIsLeft } from "./own-docker-remains.ts";

/** How a daemon is to be. */
export interface OwnDockerOptions {
  /**
   * Size of its disk, which is in memory then, and empty after `reboot`.
   * @default it has its data where this machine has its temporary files
   */
  diskMiB?: number;
  /** Root folder of another version, from `dockerRoot`. Relays don't work in it. @default this machine's own */
  root?: string;
  /** Keep images in containerd's store, the default from Docker 29 on. @default false */
  containerdImages?: boolean;
}

/** Namespaces of its own; with the process that made them go the first one inside, and so all. */
const UNSHARE = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** What the init runs in the end: loopback up, and an end with this process's pipe. */
const INIT = "ip link set lo up && echo ready && exec cat >/dev/null";

/** Starts the first process of new namespaces; it begins with these commands. */
function newInit(prepare: string): ChildProcess {
  mkdirSync("/run/containerd", { recursive: true });
  return spawn("unshare", [...UNSHARE, "docker-init", "-g", "--", "sh", "-c", `${prepare} && ${INIT}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

/** A daemon in namespaces of its own. Needs root, iproute2 and Docker's own init (`docker-init`). */
export class OwnDocker {
  /** Folder of everything that belongs to it. */
  readonly folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  readonly socket = join(this.folder, "docker.sock");
  readonly client = new Docker({ socketPath: this.socket });
  readonly #prepare: string;
  #init: ChildProcess;
  #initPid = 0;

  private constructor({ root, containerdImages = false }: OwnDockerOptions) {
    const features = containerdImages ? { features: { "containerd-snapshotter": true } } : {};
    writeFileSync(join(this.folder, "daemon.json"), JSON.stringify(features));
    // A private place for containerd's sockets.
    this.#prepare =
      root === undefined ? "mount -t tmpfs tmpfs /run/containerd" : enterRoot(root, this.folder);
    this.#init = newInit(this.#prepare);
  }

  /** Why this machine can't have one, if so: the kernel or a sandbox around it may refuse namespaces. */
  static async obstacle(): Promise<string | undefined> {
    const tryOut = await execa("unshare", [...UNSHARE, "docker-init", "--version"], { reject: false });
    if (tryOut.exitCode !== 0) return `no namespaces of its own: ${tryOut.stderr || tryOut.shortMessage}`;
    const ip = await execa("ip", ["-V"], { reject: false });
    return ip.exitCode === 0 ? undefined : "no `ip` (iproute2)";
  }

  /**
   * Starts one that has these images of this machine's daemon.
   *
   * @param options what is different from this machine's own daemon
   */
  static async start(images: readonly string[], options: OwnDockerOptions = {}): Promise<OwnDocker> {
    await removeAbandoned();
    const { diskMiB } = options;
    const own = new OwnDocker(options);
    try {
      await own.#untilReady();
      if (diskMiB !== undefined) {
        const options = ["-t", "tmpfs", "-o", `size=${diskMiB}m`];
        mkdirSync(own.#data);
        await own.#runInside("mount", ...options, "tmpfs", own.#data);
      }
      await own.run();
      if (images.length > 0) await own.#load(images);
      return own;
    } catch (error) {
      await own.remove();
      throw error;
    }
  }

  get #data(): string {
    return join(this.folder, "data");
  }

  async #runInside(...command: string[]): Promise<string> {
    const [program = "", ...words] = [...this.inside, ...command];
    return (await execa(program, words)).stdout;
  }

  /** Fills its disk to the last byte. */
  async fillDisk(): Promise<void> {
    const free = await this.#runInside("df", "--output=avail", "-B1", this.#data);
    const filler = join(this.#data, "filler");
    await this.#runInside("fallocate", "-l", String(Number(free.split("\n")[1])), filler);
  }

  /** Makes the room again that `fillDisk` took. */
  async freeDisk(): Promise<void> {
    await this.#runInside("rm", join(this.#data, "filler"));
  }

  /** The daemon as a stack's `dockerHost`. */
  get host(): string {
    return `unix://${this.socket}`;
  }

  /** Words before a command line that is to run where the daemon's ports are. */
  get inside(): string[] {
    return ["nsenter", "--target", String(this.#initPid), "--net", "--mount", "--pid", "--"];
  }

  /** Starts the daemon, at first or again after `kill`. */
  async run(): Promise<void> {
    const log = openSync(join(this.folder, "log"), "a");
    const path = (name: string) => join(this.folder, name);
    const daemon = [
      ...["dockerd", "--host", this.host, "--config-file", path("daemon.json"), "--pidfile", path("pid")],
      ...["--data-root", this.#data, "--exec-root", path("exec")],
      ...["--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", `/${basename(this.folder)}`],
    ];
    spawn("nsenter", [...this.inside.slice(1), "setsid", ...daemon], {
      stdio: ["ignore", log, log],
      detached: true,
    }).unref();
    try {
      await until("the test's own Docker daemon", () => this.client.ping(), 60);
    } catch (error) {
      const last = readFileSync(path("log"), "utf8").trimEnd().split("\n").slice(-10).join("\n");
      throw new Error(`the test's own Docker daemon doesn't answer; its log ends with\n${last}`, {
        cause: error,
      });
    }
  }

  /** Ends the daemon, and waits until it has ended: SIGTERM stops its containers, SIGKILL leaves them. */
  async kill(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const pid = this.daemonPid;
    if (pid === undefined) throw new Error("the test's own Docker daemon doesn't run");
    process.kill(pid, signal);
    // While its number is taken, by threads that haven't ended yet, the next one takes it for a daemon that runs.
    await until("the end of the test's own Docker daemon", async () => !existsSync(`/proc/${pid}`), 60);
  }

  /**
   * What a reboot of its host is to it: all processes end, the containers' among them, and nothing is left but what lies
   * on the disk; then the daemon starts. Relays end too, and `inside` is another one.
   *
   * @param loss without a word, as from a loss of power; else the daemon may stop its containers in order
   */
  async reboot(loss: boolean): Promise<void> {
    if (!loss) await this.kill("SIGTERM");
    await this.#end();
    // What a machine has in memory only.
    await removeWhatIsLeft(this.folder, ["exec", "pid", "docker.sock"]);
    this.#init = newInit(this.#prepare);
    await this.#untilReady();
    await this.run();
  }

  /** Makes a port of its loopback reachable from outside. @returns the Unix socket that leads to it */
  async relay(port: number): Promise<string> {
    const socket = join(this.folder, `port-${port}.sock`);
    // Of one that has ended, as with a reboot.
    rmSync(socket, { force: true });
    this.#startRelay(socket, String(port));
    await until("the relay", async () => existsSync(socket));
    return socket;
  }

  /** Gives its loopback a port that leads out to a Unix socket. */
  async reach(port: number, socket: string): Promise<void> {
    this.#startRelay(String(port), socket);
    await until("the relay", () => this.listens(port));
  }

  /** Whether something listens on a port of its loopback. */
  async listens(port: number): Promise<boolean> {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    // Local address, remote address of nobody, state LISTEN.
    return (await this.#runInside("cat", "/proc/net/tcp")).includes(`0100007F:${hex} 00000000:0000 0A`);
  }

  #startRelay(from: string, to: string): void {
    const script = join(import.meta.dirname, "relay-process.ts");
    const [program = "", ...words] = [...this.inside, process.execPath, script, from, to];
    spawn(program, words, { stdio: ["ignore", "inherit", "inherit"] });
  }

  /** Ends everything that runs in it, and removes what is left on this machine. */
  async remove(): Promise<void> {
    await this.#end();
    await removeWhatIsLeft(this.folder);
  }

  async #end(): Promise<void> {
    // With the first process of its namespace goes all the rest, and the mounts with the last of them.
    if (this.#initPid !== 0) process.kill(this.#initPid, "SIGKILL");
    this.#init.kill("SIGKILL");
    if (this.#init.exitCode === null && this.#init.signalCode === null) {
      await new Promise((resolve) => this.#init.once("exit", resolve));
    }
  }

  async #untilReady(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#init.stdout?.once("data", () => resolve());
      this.#init.once("error", reject);
      this.#init.once("exit", (code) =>
        reject(new Error(`no namespaces of its own: unshare ended with ${code}`)),
      );
    });
    const children = readFileSync(`/proc/${this.#init.pid}/task/${this.#init.pid}/children`, "utf8");
    this.#initPid = Number(children.trim().split(" ")[0]);
  }

  /** Number of the daemon's process as this machine counts. */
  get daemonPid(): number | undefined {
    const config = join(this.folder, "daemon.json");
    for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
      try {
        const [program = "", ...args] = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        if (basename(program) === "dockerd" && args.includes(config)) return Number(name);
      } catch {
        // It ended meanwhile.
      }
    }
    return undefined;
  }

  async #load(images: readonly string[]): Promise<void> {
    const save = execa("docker", ["save", ...images], { stdin: "ignore", buffer: false });
    const load = execa("docker", ["--host", this.host, "load", "--quiet"], { stdin: "pipe" });
    if (load.stdin === null) throw new Error("docker load has no input");
    save.stdout.pipe(load.stdin);
    await Promise.all([save, load]);
  }
}
