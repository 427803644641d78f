// What a command that failed says, and the exit code that it ends with.
import { printable } from "../../lib/printable.ts";
import { UserError } from "./errors.ts";

/** Set, it adds where in the code an error came from that no command expected. */
export const TRACE_VARIABLE = "TANDEM_TRACE";

/** What an error of Docker's client has besides its message. */
interface DockerAnswer {
  statusCode: number;
  json?: { message?: string };
}

/** What to print of an error, and the exit code; nothing is printed where nobody reads it any more. */
export function toldOf(
  error: unknown,
  env: NodeJS.ProcessEnv = process.env,
): { text: string; exitCode: number } {
  // Whoever read what it writes has gone, as `head` does: that is no failure to tell of. 128 and SIGPIPE's number.
  if ((error as NodeJS.ErrnoException)?.code === "EPIPE") return { text: "", exitCode: 141 };
  const { message, fix, exitCode } = error instanceof UserError ? error : unexpected(error, env);
  return { text: printable(`tandem: ${message}\n        ${fix}\n`), exitCode };
}

/** Tells of an error, and gives the exit code, which the process gets. */
export function endWith(error: unknown): number {
  const { text, exitCode } = toldOf(error);
  process.stderr.write(text);
  process.exitCode = exitCode;
  return exitCode;
}

function unexpected(error: unknown, env: NodeJS.ProcessEnv): Pick<UserError, "message" | "fix" | "exitCode"> {
  const trace = env[TRACE_VARIABLE] && error instanceof Error ? `\n${error.stack}` : "";
  if (isDockerAnswer(error)) {
    const said = error.json?.message ?? (error as unknown as Error).message;
    const message = `Docker refused a request with status ${error.statusCode}: ${said.trim()}${trace}`;
    return {
      message,
      fix: "look at what Docker itself logged; then run the same command again",
      exitCode: 1,
    };
  }
  // Several addresses were tried, each with an error of its own, and theirs has no words.
  const own = error instanceof AggregateError && error.message === "" ? (error.errors[0] as unknown) : error;
  const message = own instanceof Error ? own.message : String(own);
  const fix = isOfSystem(own)
    ? "the machine refused that: put it right, such as a full disk or a Docker that doesn't run; then run the same command again"
    : `nothing foresaw this, so it is a fault of Tandem: report it, with what ${TRACE_VARIABLE}=1 adds`;
  return { message: `${message}${trace}`, fix, exitCode: 1 };
}

/** Did a call of the operating system fail, such as a write to a full disk? */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";
}

function isDockerAnswer(error: unknown): error is DockerAnswer {
  return error instanceof Error && typeof (error as Partial<DockerAnswer>).statusCode === "number";
}
