// Says where machines on a network segment of the Docker host reach what is published on its 127.0.0.1, and how to close
// it. Looks only: close-loopback.sh changes the host's firewall, and set-up calls it just for a Docker of its own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { sshCommand, sshSettings, sshTarget } from "../lib/ssh.ts";
import { askDaemon, type DaemonAnswer } from "./docker-daemon.ts";
import { packageRoot } from "./paths.ts";

/** The script that looks for the rules and sets them. */
export const CLOSE_LOOPBACK = join(packageRoot, "setup", "close-loopback.sh");

/** Whether the rules stand on the host. False where that can't be seen. */
async function isClosed(host: string): Promise<boolean> {
  const options = { reject: false, timeout: 20_000 } as const;
  if (host.startsWith("unix://")) {
    return (await execa("sh", [CLOSE_LOOPBACK, "check"], { ...options, stdin: "ignore" })).exitCode === 0;
  }
  const target = sshTarget(host);
  if (target === undefined) return false;
  const args = [...sshSettings({ ControlMaster: "no" }), ...target, "sh", "-s", "check"];
  return (await execa("ssh", args, { ...options, input: readFileSync(CLOSE_LOOPBACK) })).exitCode === 0;
}

/** The command with which a person closes it, as root or by sudo. */
export function closingCommand(host: string, root = process.getuid?.() === 0): string {
  const script = `'${CLOSE_LOOPBACK.replaceAll("'", String.raw`'\''`)}'`;
  if (host.startsWith("unix://")) return `${root ? "" : "sudo "}sh ${script}`;
  const ssh = sshCommand(host);
  if (ssh === undefined) return `${script} as root on that machine`;
  if (/^ssh (-p \d+ )?root@/.test(ssh)) return `${ssh} sh -s < ${script}`;
  // In two: with the script as its input, sudo could ask for no password.
  return `${ssh} 'cat > close-loopback.sh' < ${script} && ${ssh} -t sudo sh close-loopback.sh`;
}

async function look(host: string, known: DaemonAnswer | undefined): Promise<string[]> {
  // Elsewhere a Docker on this machine runs in a virtual machine.
  if (host.startsWith("unix://") && process.platform !== "linux") return [];
  const answer = known ?? (await askDaemon(host));
  if (!("version" in answer) || answer.opensLoopback !== true || (await isClosed(host))) return [];
  return [
    `Docker ${answer.version} lets other machines on its host's network segment reach ports published on 127.0.0.1`,
    `(docs/docker-host.md). Docker 28 doesn't; or close them: ${closingCommand(host)}`,
  ];
}

const looked = new Map<string, Promise<string[]>>();

/**
 * Lines on an open host, with what closes it; none where it is closed or can't be judged. Looks once per run.
 *
 * @param answer the daemon's, where it was asked just now: another question is another connection to a host elsewhere
 */
export async function loopbackWarning(host: string, answer?: DaemonAnswer): Promise<readonly string[]> {
  const lines = looked.get(host) ?? look(host, answer);
  looked.set(host, lines);
  return await lines;
}

/** Forgets what was seen: it has changed. */
export function forgetLoopback(host: string): void {
  looked.delete(host);
}
