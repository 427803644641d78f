// A hostile local user: a process of another user on this machine, which watches while commands run.
import { spawn } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { resolvePaths } from "../../setup/paths.ts";
import type { Site } from "./site.ts";

/** User `nobody`: it owns nothing. */
const USER = 65_534;

/** What it got. */
export interface Loot {
  /** Secrets by the path that they were read from. */
  readable: Record<string, string>;
  /** Programs of the pair's commands that answered it as a plugin answers its engine. */
  answers: string[];
  /** Files and folders of ours that it may write. */
  writable: string[];
  /** Processes of ours that took a signal from it. */
  killed: string[];
  rounds: number;
}

/** Whether this test may become another user at all. */
export const mayTry = process.getuid?.() === 0;

/** Programs that are Pulumi's own, which answer whoever calls: what they are told to do is not in this package's hands. */
const FOREIGN = /pulumi-resource-docker/;

/** The command line of who holds a loopback port or a socket, if it works for a state folder; only root can see it. */
function programAt(target: string, home: string): string | undefined {
  const hex = Number(target).toString(16).toUpperCase().padStart(4, "0");
  const [table, mark, column] = /^\d+$/.test(target)
    ? ["/proc/net/tcp", `:${hex} 00000000:0000 0A`, 9]
    : ["/proc/net/unix", ` ${target}`, 6];
  const line = readFileSync(table, "utf8")
    .split("\n")
    .find((each) => each.includes(mark));
  const socket = `socket:[${line?.trim().split(/\s+/)[column]}]`;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === socket))
        continue;
      if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`TANDEM_HOME=${home}`)) continue;
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    } catch {
      // It ended.
    }
  }
  return undefined;
}

/** The user at work, from now until `loot` is called. */
export class LocalUser {
  private readonly child;
  private readonly answers = new Set<string>();
  private readonly ended: Promise<string>;
  private readonly links: string[];

  /** @param secrets what it must not find */
  constructor(site: Site, secrets: readonly string[]) {
    const { home, folder } = site.project;
    // What keeps others out must be the files' own modes, not that of the test's folder.
    for (const path of [home, folder]) chmodSync(path, 0o755);
    this.links = ["tandem", "tandem-test", "pulumi", "tandem-plugins", `tandem-${USER}`].map((name) =>
      join("/tmp", `${name}-${site.token}`),
    );
    for (const link of this.links) symlinkSync(site.file, link);
    const program = join(import.meta.dirname, "local-user-process.ts");
    const folders = ["/tmp", home, resolvePaths().cache];
    this.child = spawn(
      process.execPath,
      [program, String(USER), String(process.getuid?.() ?? 0), ...folders],
      {
        stdio: ["pipe", "pipe", "inherit"],
        env: { PATH: "/usr/bin:/bin" },
      },
    );
    this.child.stdin?.write(`${JSON.stringify(secrets)}\n`);
    const lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    this.ended = new Promise((resolve) => {
      lines.on("line", (line) => {
        if (line.startsWith("{")) return resolve(line);
        const program = programAt(line.split(" ")[0] ?? "", home);
        if (program !== undefined && !FOREIGN.test(program)) this.answers.add(`${program}: ${line}`);
      });
      lines.once("close", () => resolve("{}"));
    });
  }

  /** Ends it, and removes its links. */
  clear(): void {
    this.child.stdin?.end();
    for (const link of this.links) rmSync(link, { force: true });
  }

  /** Ends it. @returns what it got */
  async loot(): Promise<Loot> {
    this.child.stdin?.end();
    const output = await this.ended;
    return { ...JSON.parse(output), answers: [...this.answers] } as Loot;
  }
}
