// A command in a running container, joined to this process's terminal or pipes: signals reach it, its exit code comes back.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { exec } from "../../../provider/docker/containers.ts";
import { say } from "../say.ts";
import { passingSignals } from "./signals.ts";
import { atTerminal, DETACH_KEYS, joinTerminal } from "./terminal.ts";

/**
 * Variable by which the command is found in its container again: Docker sends signals to a container's first process
 * only. What the command starts inherits it, as it would belong to a terminal's foreground.
 */
const MARK = "TANDEM_EXEC";
/** Sends a signal ($2) to every process that has the mark ($1). */
const SEND_SIGNAL =
  'for each in /proc/[0-9]*; do grep -qs "$1" "$each/environ" && kill -s "$2" "${each#/proc/}"; done; true';
/** Pause between two looks whether Docker knows the exit code. */
const POLL_MS = 20;

async function exitCodeOf(process: Docker.Exec): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await process.inspect();
    if (!Running) return ExitCode ?? 1;
    await sleep(POLL_MS);
  }
}

/**
 * Runs the command to its end, with a terminal where this process is at one.
 *
 * @returns its exit code
 * @throws EPIPE when nobody reads this process's output any more; what Docker says when it can't run it
 */
export async function runInContainer(
  docker: Docker,
  id: string,
  command: readonly string[],
): Promise<number> {
  const tty = atTerminal();
  const mark = `${MARK}=${randomUUID()}`;
  const process_ = await docker.getContainer(id).exec({
    Cmd: [...command],
    Env: [mark, ...(tty ? [`TERM=${process.env.TERM ?? "xterm"}`] : [])],
    Tty: tty,
    DetachKeys: DETACH_KEYS,
    ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
  });
  const stream = await process_.start({ hijack: true, stdin: true, Tty: tty });
  const send = async (signal: NodeJS.Signals) => {
    const words = ["sh", "-c", SEND_SIGNAL, "signal", mark, signal.slice("SIG".length)];
    const { exitCode } = await exec(docker, id, words);
    if (exitCode !== 0)
      say(`${signal} can't be passed on: the image has no shell; the command goes on in the container`);
  };
  return await passingSignals(send, async () => {
    try {
      await joinTerminal({ stream, tty, resize: (size) => process_.resize(size) });
    } catch (error) {
      await send("SIGTERM").catch(() => undefined);
      throw error;
    }
    return await exitCodeOf(process_);
  });
}
