// Whether a Docker daemon answers, and how to start one where it is installed but not running.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { explainSshFailure, sshSettings, sshTarget } from "../lib/ssh.ts";
import { findOnPath } from "./executables.ts";
import { type EngineFacts, opensLoopback } from "./loopback-versions.ts";
import type { Environ, Paths } from "./paths.ts";
import { isAlive } from "./process-identity.ts";
import { run } from "./run.ts";
import type { Say } from "./step.ts";

/**
 * Answer of a daemon: its version, and whether it lets other machines reach its ports on 127.0.0.1; or why it can't be used
 * and, where that is known, what to do.
 */
export type DaemonAnswer =
  | { version: string; opensLoopback?: true }
  | { problem: "absent" | "forbidden"; detail: string; fix?: string };

/** Seconds that a daemon may take to answer after it was started. */
const startSeconds = 60;

/** The Docker host that the CLI and the providers would use: `DOCKER_HOST`, else the first local socket there is. */
export function defaultDockerHost(env: Environ = process.env): string {
  if (env.DOCKER_HOST) return env.DOCKER_HOST;
  const home = env.HOME || homedir();
  const sockets = ["/var/run/docker.sock", join(home, ".docker/run/docker.sock")];
  if (env.XDG_RUNTIME_DIR) sockets.push(join(env.XDG_RUNTIME_DIR, "docker.sock"));
  return `unix://${sockets.find((socket) => existsSync(socket)) ?? sockets[0]}`;
}

/** Asks the daemon at `host` (`unix://` or `tcp://`) for its version; `ssh://` goes through the system's ssh. */
export async function askDaemon(host: string): Promise<DaemonAnswer> {
  if (host.startsWith("ssh://")) return await askThroughSsh(host);
  const address = host.startsWith("unix://")
    ? { socketPath: host.slice("unix://".length) }
    : { host: new URL(host).hostname, port: new URL(host).port || 2375 };
  return await new Promise((resolve) => {
    const asked = request({ ...address, path: "/version", timeout: 5000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        try {
          resolve(answerOf(JSON.parse(text) as EngineFacts));
        } catch {
          resolve({ problem: "absent", detail: `${host} answers, but not as Docker does` });
        }
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 5 s")));
    asked.on("error", (error: NodeJS.ErrnoException) => {
      const problem = error.code === "EACCES" ? "forbidden" : "absent";
      resolve({ problem, detail: `${host}: ${error.message}` });
    });
    asked.end();
  });
}

function answerOf(facts: EngineFacts): DaemonAnswer {
  const { Version = "" } = facts;
  return { version: Version, ...(opensLoopback(facts) ? { opensLoopback: true } : {}) };
}

/** Hosts that answered in this process: several steps ask the same, and each connection takes its time. */
const answered = new Map<string, DaemonAnswer>();

async function askThroughSsh(host: string): Promise<DaemonAnswer> {
  const known = answered.get(host);
  if (known !== undefined) return known;
  const target = sshTarget(host);
  if (target === undefined)
    return { problem: "absent", detail: `${host} is not of the form ssh://user@host:port` };
  // It may use a connection that the user keeps open, but must not become one: that would stay behind.
  const args = [...sshSettings({ ControlMaster: "no" }), ...target];
  const answer = await execa("ssh", [...args, "docker", "version", "--format", "'{{json .Server}}'"], {
    reject: false,
    stdin: "ignore",
    timeout: 20_000,
  });
  if (!answer.failed) {
    try {
      // A shell may greet before.
      const facts = answerOf(JSON.parse(answer.stdout.split("\n").at(-1) ?? "") as EngineFacts);
      answered.set(host, facts);
      return facts;
    } catch {
      return { problem: "absent", detail: `${host} answers, but not as Docker does: ${answer.stdout}` };
    }
  }
  const { reason, fix } = explainSshFailure(host, answer.stderr || (answer.shortMessage ?? ""));
  return { problem: "absent", detail: `${host}: ${reason}`, fix };
}

async function waitUntilReady(host: string, log: string): Promise<void> {
  const deadline = Date.now() + startSeconds * 1000;
  for (;;) {
    const answer = await askDaemon(host);
    if ("version" in answer) return;
    if (Date.now() > deadline) {
      throw new Error(
        `Docker does not answer ${startSeconds} s after its start (${answer.detail}). Log: ${log}`,
      );
    }
    await sleep(300);
  }
}

/** Number in the daemon's own pid file; 0 where there is none. */
function runningPid(): number {
  try {
    return Number(readFileSync("/var/run/docker.pid", "utf8"));
  } catch {
    return 0;
  }
}

/**
 * Starts the installed daemon: through systemd or the service script where there is an init, else as a detached
 * process that outlives this one. A daemon that runs already is never touched.
 *
 * @returns whether this process started it by itself, without an init
 * @throws when it doesn't answer within a minute, with its log.
 */
export async function startDaemon(paths: Paths, say: Say, env: Environ = process.env): Promise<boolean> {
  const host = defaultDockerHost(env);
  const log = join(paths.data, "dockerd.log");
  if (existsSync("/run/systemd/system")) {
    say("starting docker.service");
    await run("systemctl", ["start", "docker"], { log: join(paths.logs, "docker.log") });
    await waitUntilReady(host, "journalctl -u docker");
    return false;
  }
  if (existsSync("/run/openrc") && findOnPath("rc-service", env).length > 0) {
    say("starting the docker service");
    await run("rc-service", ["docker", "start"], { log: join(paths.logs, "docker.log") });
    await waitUntilReady(host, "/var/log/docker.log");
    return false;
  }
  if (isAlive(runningPid())) {
    say("dockerd is running already: waiting for its answer");
    await waitUntilReady(host, "the one that its starter chose");
    return false;
  }
  say(`no init system here: starting dockerd by itself (log: ${log})`);
  mkdirSync(paths.data, { recursive: true, mode: 0o700 });
  const output = openSync(log, "a", 0o600);
  const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", output, output] });
  const failed = new Promise<never>((_, reject) => {
    daemon.once("error", reject);
    daemon.once("exit", (code) => {
      reject(new Error(`dockerd ended at once (exit code ${code}). Log: ${log}`));
    });
  });
  daemon.unref();
  await Promise.race([waitUntilReady(host, log), failed]);
  daemon.removeAllListeners();
  return true;
}
