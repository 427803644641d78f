// A port of this machine that leads to a port of a Docker host, through the system's ssh, while the engine runs.
import { explainSshFailure } from "../../../lib/ssh.ts";
import { UserError } from "../errors.ts";
import { type HeldConnection, type HoldOptions, holdArguments, holdConnection } from "./ssh-process.ts";

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

function connectionOf({ localPort, remotePort, ...rest }: ForwardOptions): HoldOptions {
  return {
    ...rest,
    // In a connection that the user keeps open the forward would outlive this process.
    settings: { ExitOnForwardFailure: "yes", ControlPath: "none" },
    flags: ["-L", `127.0.0.1:${localPort}:127.0.0.1:${remotePort}`],
  };
}

/** Arguments of the ssh that forwards. @throws UserError when the host is no ssh URL. */
export function forwardArguments(options: ForwardOptions): string[] {
  return holdArguments(connectionOf(options));
}

/**
 * Opens the forward.
 *
 * @throws UserError when ssh can't connect or the port is taken, with ssh's own words.
 */
export async function openForward(options: ForwardOptions): Promise<Pick<HeldConnection, "close">> {
  const { host, localPort } = options;
  try {
    return await holdConnection(connectionOf(options));
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { reason, fix } = explainSshFailure(host, error instanceof Error ? error.message : String(error));
    throw new UserError(
      `can't forward port ${localPort} of this machine to ${host}: ${reason}`,
      /in use|forward/i.test(reason) ? "set postgresForwardPort to a free port" : fix,
    );
  }
}
