// The docker command line for tests of images: containers that carry a label, logs and files of theirs.
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

/** What a command printed and how it ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `docker` with these arguments; a failing command is an outcome, not an exception. */
export async function dockerCli(args: readonly string[], input?: string): Promise<Outcome> {
  const result = await execa("docker", args, {
    reject: false,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
  });
  return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** The same, for commands that must succeed. @returns what it printed @throws with what it complained of */
export async function dockerOk(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await dockerCli(args, input);
  if (code !== 0) throw new Error(`docker ${args.join(" ")}: exit code ${code}: ${stderr || stdout}`);
  return stdout;
}

/** Everything that a container wrote so far. */
export async function logsOf(container: string): Promise<string> {
  const { stdout, stderr } = await dockerCli(["logs", container]);
  return `${stdout}\n${stderr}`;
}

/** Seconds from the signal to the end of a container, by the daemon's clock: the command line may wait for a busy machine. */
export async function stopSeconds(container: string, sinceMs: number): Promise<number> {
  const stamp = (ms: number) => (ms / 1000).toFixed(3);
  const between = ["--since", stamp(sinceMs), "--until", stamp(Date.now())];
  const filters = ["kill", "die"].flatMap((event) => ["--filter", `event=${event}`]);
  const lines = await dockerOk([
    "events",
    ...between,
    "--filter",
    `container=${container}`,
    ...filters,
    "--format",
    "{{.TimeNano}}",
  ]);
  const times = lines.split("\n").filter(Boolean).map(BigInt);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || times.length < 2) {
    throw new Error(`${container} was not stopped: ${lines}`);
  }
  return Number((last - first) / 1_000_000n) / 1000;
}

/** Waits for the end of a container. @returns its exit code */
export async function exitCodeOf(container: string): Promise<number> {
  return Number(await dockerOk(["wait", container]));
}

/** Address on the loopback interface at which a container's port is published. */
export async function publishedAddress(container: string, port: number): Promise<string> {
  return (await dockerOk(["port", container, `${port}/tcp`])).split("\n")[0] ?? "";
}

/** Asks every 100 ms until the answer is neither undefined nor false. @throws after `seconds`, with the last answer's error */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`${what}: not within ${seconds} s`, { cause: last });
}
