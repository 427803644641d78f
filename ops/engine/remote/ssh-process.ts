// An ssh that holds a connection open: it stands until it is closed, and ends with this process, however that ends.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { KEEP_ALIVE, sshSettings, sshTarget } from "../../../lib/ssh.ts";
import { UserError } from "../errors.ts";

/** Which connection to hold. */
export interface HoldOptions {
  /** The Docker host, `ssh://user@host:port`. */
  host: string;
  /** Settings of ssh besides those that every connection gets. */
  settings: Readonly<Record<string, string>>;
  /** Flags of ssh. */
  flags?: readonly string[];
  /** Program to run. @default "ssh" */
  command?: string;
  /** Told when the connection is lost while it is needed. */
  onLost?: (reason: string) => void;
}

/** A connection that stands. */
export interface HeldConnection {
  /** Ends it, and resolves when it has ended. */
  close(): Promise<void>;
  /** Lets go of it: it ends when nobody else uses it any more. Resolves then, or after a moment. */
  release(): Promise<void>;
}

/** Seconds until the connection must stand. */
const openSeconds = 18;
/** Milliseconds that a connection which others may use has to end. */
const releaseMs = 500;

/** What the far end says when the connection stands; by then ssh has bound what it forwards. */
const ready = "tandem-forward-ready";

/** ssh's arguments. @throws UserError when the host is no ssh URL. */
export function holdArguments({ host, settings, flags = [] }: HoldOptions): string[] {
  const target = sshTarget(host);
  if (target === undefined) {
    throw new UserError(`Docker host "${host}" is not of the form ssh://user@host:port`, "fix dockerHost", 2);
  }
  // The far end reads our end of the pipe: the connection ends with this process, however that ends.
  return [
    ...sshSettings({ ...KEEP_ALIVE, ...settings }),
    ...flags,
    ...target,
    `echo ${ready}; exec cat >/dev/null`,
  ];
}

/** Opens the connection. @throws Error with ssh's own words when it can't. */
export async function holdConnection(options: HoldOptions): Promise<HeldConnection> {
  const child = spawn(options.command ?? "ssh", holdArguments(options), {
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own: an interrupt from the terminal must not cut the connection while the engine still needs it.
    detached: true,
  });
  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = `${messages}${text}`.slice(-4000);
  });
  // A pipe that breaks is seen through the exit.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));

  try {
    await new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`no connection within ${openSeconds} s`));
      const timer = setTimeout(late, openSeconds * 1000);
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (!output.includes(ready)) return;
        clearTimeout(timer);
        resolve();
      });
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      child.once("error", fail);
      child.once("close", (code) => fail(new Error(messages.trim() || `ssh ended with exit code ${code}`)));
    });
  } catch (error) {
    child.kill();
    throw error;
  }

  let closing = false;
  child.once("close", () => {
    if (!closing) options.onLost?.(messages.trim() || "ssh ended");
  });
  const end = () => {
    closing = true;
    child.stdin.end();
  };
  return {
    async close() {
      end();
      child.kill();
      await ended;
    },
    async release() {
      end();
      await Promise.race([ended, sleep(releaseMs)]);
      // Whoever still uses it keeps it; this process doesn't wait for them.
      child.unref();
      for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
    },
  };
}
