// A one-off container: made for one command, joined to this process's terminal or pipes, gone when the command ends.

import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import type Docker from "dockerode";
import { SECRETS_DIR } from "../../../lib/docker/writable.ts";
import { putFile } from "../../../provider/docker/containers.ts";
import { found } from "../docker-client.ts";
import { UserError } from "../errors.ts";
import { say } from "../say.ts";
import { type OneOff, oneOffLabels } from "./one-off-labels.ts";
import type { OneOffSpec } from "./one-off-options.ts";
import { passingSignals } from "./signals.ts";
import { DETACH_KEYS, joinTerminal } from "./terminal.ts";

/** What to run, and for whom. */
export interface OneOffRun extends OneOffSpec, Omit<OneOff, "isLeft"> {
  /** Files by path, put there before the start: in no variable, label or argument. */
  files: Readonly<Record<string, string>>;
  /** Number of the user who alone may read them. @default everybody in the container may */
  filesOwner?: number;
}

/** The exit code of a process that SIGKILL ended. */
const KILLED = 128 + constants.signals.SIGKILL;

/** Attached before the start, so that no byte is missed; the end is waited for from before as well. */
async function startJoined(docker: Docker, container: Docker.Container, tty: boolean): Promise<number> {
  const streams = { stream: true, stdin: true, stdout: true, stderr: true };
  const stream = await container.attach({ ...streams, hijack: true, detachKeys: DETACH_KEYS });
  const ended = container.wait({ condition: "removed" }) as Promise<{ StatusCode: number }>;
  ended.catch(() => undefined);
  const lost = (error: Error) => {
    throw new UserError(
      `the connection to Docker was lost: ${error.message}; the command may still run`,
      "look whether it does, as with `docker ps`; its container is gone when it ends, or with the next `tandem up`",
    );
  };
  await container.start();
  try {
    await joinTerminal({ stream: stream as never, tty, resize: (size) => container.resize(size) });
  } catch (error) {
    await found(docker.getContainer(container.id).kill()).catch(() => undefined);
    throw error;
  }
  return (await ended.catch(lost)).StatusCode;
}

/**
 * Runs the command to its end, and removes the container whatever happens; only where this process is killed at once, and
 * the command doesn't end with its input, the container stays until the next `tandem up`.
 *
 * @returns the command's exit code; 128 and the signal's number where one came before its start
 * @throws EPIPE when nobody reads this process's output any more; what Docker says when the command can't be started
 */
export async function runOneOff(docker: Docker, run: OneOffRun): Promise<number> {
  const { options, networks, files, filesOwner, ...whose } = run;
  const word = whose.purpose.replace(/[^a-zA-Z0-9]+/g, "-");
  const name = `${whose.system}_${whose.environment}_${word}_${randomBytes(4).toString("hex")}`;
  let early: NodeJS.Signals | undefined;
  let killed = false;
  let container: Docker.Container | undefined;
  let started = false;
  const send = async (signal: NodeJS.Signals) => {
    if (!started) early ??= signal;
    killed ||= signal === "SIGKILL";
    if (started) await container?.kill({ signal });
  };
  return await passingSignals(send, async () => {
    const made = await docker.createContainer({
      ...options,
      name,
      Labels: oneOffLabels(whose),
      Volumes: {
        ...options.Volumes,
        ...(Object.keys(files).length === 0 ? undefined : { [SECRETS_DIR]: {} }),
      },
    });
    container = made;
    try {
      for (const [path, content] of Object.entries(files))
        await putFile(docker, made.id, path, content, filesOwner);
      for (const network of networks) await docker.getNetwork(network).connect({ Container: made.id });
      if (early !== undefined) return 128 + constants.signals[early];
      started = true;
      const code = await startJoined(docker, made, options.Tty === true);
      if (code === KILLED && !killed)
        say("exit code 137: the command was killed, as a rule because it used more memory than its limit");
      return code;
    } finally {
      // Gone by itself as a rule.
      await made.remove({ force: true, v: true }).catch(() => undefined);
    }
  });
}

/**
 * Removes the one-off containers of an environment.
 *
 * @returns names of those that were removed, with what they were for
 */
export async function removeOneOffs(
  docker: Docker,
  containers: readonly (Pick<Docker.ContainerInfo, "Id" | "Names"> & { oneOff: OneOff })[],
): Promise<string[]> {
  const removed: string[] = [];
  for (const { Id, Names, oneOff } of containers) {
    await found(docker.getContainer(Id).remove({ force: true, v: true }));
    removed.push(`${(Names[0] ?? Id).replace(/^\//, "")} (${oneOff.purpose})`);
  }
  return removed;
}
