// Commands of `tandem` that a program in a container takes over: joined to pipes, or to a terminal.
import type Docker from "dockerode";
import { execa, type ResultPromise } from "execa";
import { docker } from "./docker.ts";
import type { TestProject } from "./project.ts";
import { eventually } from "./requests.ts";

/** How a command ended, with its outputs apart. */
export interface Piped {
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** A command that runs; its input stays open. */
export type Open = ResultPromise<{ reject: false; encoding: "buffer" }>;

/** Starts a command with pipes for input and outputs. */
export function open(project: TestProject, args: readonly string[], env: Record<string, string> = {}): Open {
  return execa(...project.commandLine(args), {
    reject: false,
    encoding: "buffer",
    stripFinalNewline: false,
    cwd: project.folder,
    env: { ...project.environment(), ...env },
  });
}

/** Runs a command on an input. */
export async function piped(
  project: TestProject,
  args: readonly string[],
  input: string | Uint8Array = "",
  env: Record<string, string> = {},
): Promise<Piped> {
  const running = open(project, args, env);
  running.stdin?.end(input);
  const { exitCode, stdout, stderr } = await running;
  return {
    exitCode: exitCode ?? -1,
    stdout: Buffer.from(stdout ?? []),
    stderr: Buffer.from(stderr ?? []).toString(),
  };
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** What a command writes that is fed without an end, and on the last line its exit code. */
export async function onEndlessInput(project: TestProject, args: readonly string[]): Promise<string> {
  const [program, words] = project.commandLine(args);
  const line = [program, ...words].map(quoted).join(" ");
  const { stdout } = await execa("bash", ["-c", `yes | ${line}; echo "\${PIPESTATUS[1]}"`], {
    cwd: project.folder,
    env: project.environment(),
  });
  return stdout;
}

/**
 * Runs a command at a terminal of its own, of 17 rows and 91 columns, which `type` writes to.
 *
 * @param type what is typed, each entry after the text before it has been printed: `[printed, typed, what is done then]`
 * @param meanwhile shell commands that run at the terminal beside it
 */
export async function atTerminal(
  project: TestProject,
  args: readonly string[],
  type: readonly (readonly [printed: string, typed: string, then?: () => void])[] = [],
  meanwhile = "true",
): Promise<{ exitCode: number; output: string }> {
  const [program, words] = project.commandLine(args);
  const line = [program, ...words].map(quoted).join(" ");
  const running = execa(
    "script",
    ["--quiet", "--return", "--command", `stty rows 17 cols 91; (${meanwhile}) & exec ${line}`, "/dev/null"],
    {
      reject: false,
      all: true,
      cwd: project.folder,
      env: { ...project.environment(), TERM: "xterm", SHELL: "/bin/sh" },
    },
  );
  const left = [...type];
  let seen = "";
  running.stdout?.on("data", (text: Buffer) => {
    seen += text.toString();
    const [next] = left;
    if (next === undefined || !seen.includes(next[0])) return;
    left.shift();
    seen = "";
    running.stdin?.write(next[1]);
    next[2]?.();
  });
  const { exitCode, all } = await running;
  return { exitCode: exitCode ?? -1, output: all ?? "" };
}

/** One-off containers of a project. */
export function oneOffsOf({ name }: TestProject): Promise<Docker.ContainerInfo[]> {
  const filters = JSON.stringify({ label: [`tandem.one-off.system=${name}`] });
  return docker.listContainers({ all: true, filters });
}

/** The one-off container of a project that runs, as soon as there is one. */
export async function untilOneOff(project: TestProject): Promise<Docker.ContainerInspectInfo> {
  const [found] = await eventually(
    () => oneOffsOf(project),
    ([one]) => one?.State === "running",
  );
  return await docker.getContainer(String(found?.Id)).inspect();
}
