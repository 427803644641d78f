// Step: a Docker daemon that answers. Installs it only as root on Debian or Ubuntu, and never restarts a running one.
import { join } from "node:path";
import { aptObstacle, installPackages } from "../apt.ts";
import { askDaemon, defaultDockerHost, startDaemon } from "../docker-daemon.ts";
import { findOnPath } from "../executables.ts";
import { CLOSE_LOOPBACK, forgetLoopback, loopbackWarning } from "../loopback-warning.ts";
import { run } from "../run.ts";
import type { Part, Say, SetupContext, Step } from "../step.ts";

const manual = "install Docker Engine (https://docs.docker.com/engine/install/) and run this again";

/** The daemon's place: the stack's own Docker host, else this machine's. */
function hostOf(context: SetupContext): string {
  return context.dockerHost ?? defaultDockerHost(context.env);
}

function isLocalDefault(context: SetupContext): boolean {
  return context.dockerHost === undefined && !context.env.DOCKER_HOST;
}

function isInstalled(context: SetupContext): boolean {
  return findOnPath("dockerd", context.env).length > 0;
}

async function inspect(context: SetupContext): Promise<Part> {
  const host = hostOf(context);
  const answer = await askDaemon(host);
  if ("version" in answer && findOnPath("docker", context.env).length === 0) {
    const found = `Docker Engine ${answer.version} at ${host}, but no docker command on this machine`;
    return { ready: false, found, fix: "install Docker's command-line client (docker-cli)" };
  }
  if ("version" in answer) {
    const found = [`Docker Engine ${answer.version} at ${host}`, ...(await loopbackWarning(host, answer))];
    return { ready: true, found: found.join("\n") };
  }
  const part = { ready: false, found: answer.detail };
  if (!isLocalDefault(context)) return { ...part, fix: answer.fix ?? `make Docker answer at ${host}` };
  if (answer.problem === "forbidden") {
    return { ...part, fix: "let your user reach it: sudo usermod -aG docker $USER, then log in again" };
  }
  const obstacle = aptObstacle(context.env);
  if (isInstalled(context)) {
    return process.getuid?.() === 0
      ? { ...part, fix: "start dockerd" }
      : { ...part, fix: "start the installed daemon: sudo systemctl start docker" };
  }
  return { ...part, fix: obstacle === undefined ? "apt-get install docker.io and start it" : manual };
}

/** Keeps other machines from a Docker that set-up has just brought about; where that fails, the next look tells of it. */
async function closeOwn(context: SetupContext, say: Say): Promise<void> {
  const host = hostOf(context);
  if ((await loopbackWarning(host)).length === 0) return;
  say("keeping other machines from the ports on 127.0.0.1");
  await run("sh", [CLOSE_LOOPBACK], { log: join(context.paths.logs, "docker.log") }).catch(() => undefined);
  forgetLoopback(host);
}

/** The step. */
export const docker: Step = {
  id: "docker",
  title: "Docker",
  inspect,
  async install(context, say) {
    const part = await inspect(context);
    if (part.ready) return;
    const root = process.getuid?.() === 0;
    if (!isLocalDefault(context) || !root) {
      throw new Error(`${part.found}\nTo do: ${part.fix}`);
    }
    if ("version" in (await askDaemon(hostOf(context)))) throw new Error(`${part.found}\nTo do: ${part.fix}`);
    if (!isInstalled(context)) {
      const obstacle = aptObstacle(context.env);
      if (obstacle !== undefined) throw new Error(`no Docker here, and ${obstacle}.\nTo do: ${manual}`);
      // Newer releases of Debian ship the command-line client apart.
      await installPackages(context.paths, ["docker.io", "iptables"], say, ["docker-cli"]);
      const after = await askDaemon(hostOf(context));
      if (!("version" in after)) await startDaemon(context.paths, say, context.env);
      return await closeOwn(context, say);
    }
    const byHand = await startDaemon(context.paths, say, context.env);
    // Nobody else starts it on this machine, so nobody else has set rules for it since the last boot.
    if (byHand) await closeOwn(context, say);
  },
};
