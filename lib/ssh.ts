// The system's ssh, as everything here calls it: how a Docker host is named to it, which settings it gets, and what its
// refusals mean. Whatever the user's own ~/.ssh/config says of the host (keys, jump hosts, aliases) holds.
import { createHash } from "node:crypto";

/** Seconds in which a connection must stand: well below the patience of a person at a terminal. */
const CONNECT_SECONDS = 10;

/** Settings of every ssh: it never asks a question, which would hang the run, and gives up in time. */
const SETTINGS = { BatchMode: "yes", ConnectTimeout: String(CONNECT_SECONDS) };

/** Settings that notice within 45 seconds that the far end is gone. */
export const KEEP_ALIVE = { ServerAliveInterval: "15", ServerAliveCountMax: "3" };

/** `-o name=value` for the settings of every ssh, and for more of them. */
export function sshSettings(more: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries({ ...SETTINGS, ...more }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

/** ssh's arguments for `ssh://user@host:port`; undefined when it is not such a URL. */
export function sshTarget(host: string): string[] | undefined {
  const parts = sshParts(host);
  if (parts === undefined) return undefined;
  const { user, hostname, port } = parts;
  return [...(port === "" ? [] : ["-p", port]), ...(user === "" ? [] : ["-l", user]), "--", hostname];
}

function sshParts(host: string): { user: string; hostname: string; port: string } | undefined {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url === undefined || url.protocol !== "ssh:" || url.hostname === "") return undefined;
  // To ssh an IPv6 address has no brackets.
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { user: decodeURIComponent(url.username), hostname, port: url.port };
}

/** How a person calls ssh for a Docker host; undefined when it is not `ssh://user@host:port`. */
export function sshCommand(host: string): string | undefined {
  const parts = sshParts(host);
  if (parts === undefined) return undefined;
  const { user, hostname, port } = parts;
  return `ssh ${port === "" ? "" : `-p ${port} `}${user === "" ? "" : `${user}@`}${hostname}`;
}

/** The command with which a person tries a Docker host. */
export function sshByHand(host: string): string {
  return `${sshCommand(host) ?? `ssh ${host}`} docker version`;
}

/**
 * Socket of the connection that the runs for a Docker host share, for ControlPath. It is part of the Docker provider's
 * recorded settings, so it is the same at each run, and short: the path of a socket has 100 characters or so.
 */
export function sharedConnection(host: string): string {
  return `~/.ssh/tandem-${createHash("sha256").update(host).digest("hex").slice(0, 12)}`;
}

/** What kept a command from running on a Docker host, and what to do about it. */
export interface SshFailure {
  reason: string;
  fix: string;
}

/** What ssh, or Docker at the far end, wrote before it gave up: without its banners, with the way out. */
export function explainSshFailure(host: string, messages: string): SshFailure {
  const lines = messages
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/\.+$/, ""))
    .filter((line) => line !== "" && !line.startsWith("@") && !/^Warning: Permanently added/.test(line));
  const by = sshByHand(host);
  const all = lines.join("; ");
  const last = lines.at(-1) ?? "ssh ended without a word";
  if (/ENOENT/.test(all)) return { reason: "this machine has no ssh", fix: "install the OpenSSH client" };
  if (/host key for .* has changed/i.test(all)) {
    const at = /^Offending .*key in (.*)$/.exec(
      lines.find((line) => /^Offending .*key in /.test(line)) ?? "",
    )?.[1];
    return {
      reason: `its host key is not the one that is known${at === undefined ? "" : ` (${at})`}: ${last}`,
      fix: `find out why it changed before you trust the new one; then \`ssh-keygen -R\` the old one and try: ${by}`,
    };
  }
  if (/host key verification failed/i.test(all)) {
    return { reason: last, fix: `connect once by hand and compare the fingerprint of its host key: ${by}` };
  }
  if (/permission denied \(/i.test(all)) {
    return {
      reason: last,
      fix: `put your public key there (ssh-copy-id), or name the right key in ~/.ssh/config; then try: ${by}`,
    };
  }
  if (
    /could not resolve|refused|timed out|no route|unreachable|banner exchange|no connection within/i.test(all)
  ) {
    return {
      reason: last,
      fix: `look at host and port in dockerHost, and whether sshd runs there; try: ${by}`,
    };
  }
  return { reason: all || last, fix: `try it by hand: ${by}` };
}
