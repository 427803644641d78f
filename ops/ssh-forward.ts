// A port of this machine that leads to a port of a Docker host, through the system's ssh, while the engine runs.
import { spawn } from "node:child_process";
import { UserError } from "./errors.ts";

/** What to forward. */
export interface ForwardOptions {
  /** The Docker host, `ssh://user@host:port`. */
  host: string;
  /** Port on this machine's loopback address. */
  localPort: number;
  /** Port on the Docker host's loopback address. */
  remotePort: number;
  /** Program to run. @default "ssh" */
  command?: string;
  /** Told when the connection is lost while it is needed. */
  onLost?: (reason: string) => void;
}

/** An open forward. */
export interface Forward {
  /** Ends it, and resolves when it has ended. */
  close(): Promise<void>;
}

/** Seconds until the connection must stand. */
const openSeconds = 30;

/** What the far end says when the connection stands; by then ssh has bound the port. */
const ready = "tandem-forward-ready";

/** ssh's arguments for `ssh://user@host:port`. @throws UserError when it is not such a URL. */
export function sshTarget(host: string): string[] {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url === undefined || url.protocol !== "ssh:" || url.hostname === "") {
    throw new UserError(
      `Docker host "${host}" is not of the form ssh://user@host:port`,
      "mend dockerHost",
      2,
    );
  }
  const user = url.username === "" ? [] : ["-l", decodeURIComponent(url.username)];
  return [...(url.port === "" ? [] : ["-p", url.port]), ...user, "--", url.hostname];
}

/** Arguments of the ssh that forwards. */
export function forwardArguments(options: ForwardOptions): string[] {
  const settings = {
    // A question would hang the run.
    BatchMode: "yes",
    ExitOnForwardFailure: "yes",
    ConnectTimeout: "15",
    ServerAliveInterval: "15",
    ServerAliveCountMax: "3",
    // In a shared connection the forward would outlive this process.
    ControlPath: "none",
  };
  return [
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    "-L",
    `127.0.0.1:${options.localPort}:127.0.0.1:${options.remotePort}`,
    ...sshTarget(options.host),
    // The far end reads our end of the pipe: the connection ends with this process, however that ends.
    `echo ${ready}; exec cat >/dev/null`,
  ];
}

/**
 * Opens the forward.
 *
 * @throws UserError when ssh can't connect or the port is taken, with ssh's own words.
 */
export async function openForward(options: ForwardOptions): Promise<Forward> {
  const child = spawn(options.command ?? "ssh", forwardArguments(options), {
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own: an interrupt from the terminal must not cut the connection while the engine still needs it.
    detached: true,
  });
  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = `${messages}${text}`.slice(-2000);
  });
  // A pipe that breaks is seen through the exit.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));

  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no connection within ${openSeconds} s`)),
        openSeconds * 1000,
      );
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes(ready)) {
          clearTimeout(timer);
          resolve();
        }
      });
      child.once("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      child.once("close", (code) => {
        clearTimeout(timer);
        reject(new Error(messages.trim() || `ssh ended with exit code ${code}`));
      });
    });
  } catch (error) {
    child.kill();
    const reason = error instanceof Error ? error.message : String(error);
    const { localPort, host } = options;
    throw new UserError(
      `can't forward port ${localPort} of this machine to ${host}: ${reason}`,
      /in use|forward/i.test(reason)
        ? "set postgresForwardPort to a free port"
        : `try it by hand: ssh ${sshTarget(host).join(" ")} docker version`,
    );
  }

  let closing = false;
  child.once("close", () => {
    if (!closing) options.onLost?.(messages.trim() || "ssh ended");
  });
  return {
    async close() {
      closing = true;
      child.stdin.end();
      child.kill();
      await ended;
    },
  };
}
