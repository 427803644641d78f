// How Docker finds out whether a container works, and what of it needs a program that the image may not have.
import * as pulumi from "@pulumi/pulumi";
import { checkedHealth, isLater } from "./checked-inputs.ts";

/** Times of a health check. */
export interface HealthTimes {
  /** Seconds between Docker's checks; at a start the check is tried several times a second besides. @default 10 */
  intervalSeconds?: pulumi.Input<number>;
  /** Seconds that one check may take. @default 5 */
  timeoutSeconds?: pulumi.Input<number>;
  /** Failures in a row until it counts as unhealthy. @default 3 */
  retries?: pulumi.Input<number>;
  /** Seconds in which failures don't count yet. @default 30 */
  startPeriodSeconds?: pulumi.Input<number>;
}

/** A command in the image; compose's `CMD`. */
export interface CommandHealth {
  /** Command inside the container; exit code 0 is healthy. */
  command: pulumi.Input<pulumi.Input<string>[]>;
}

/** A line for the image's shell; compose's `CMD-SHELL`. */
export interface ShellHealth {
  /** Line for the image's `/bin/sh`; exit code 0 is healthy. */
  shell: pulumi.Input<string>;
}

/** A request, for images without a client of their own: Tandem brings one. */
export interface HttpHealth {
  /** Path that is asked by HTTP inside the container; a status from 200 to 399 is healthy. Redirects aren't followed. */
  http: pulumi.Input<string>;
  /** Port that is asked. @default the service's `port` */
  port?: pulumi.Input<number>;
  /** Host header of the request. @default "localhost" */
  host?: pulumi.Input<string>;
}

/** A connection, for images without a client of their own: Tandem brings one. */
export interface TcpHealth {
  /** It is healthy as soon as a connection to its port is taken. */
  tcp: true;
  /** Port that is tried. @default the service's `port` */
  port?: pulumi.Input<number>;
}

/** How Docker finds out whether a container works. */
export type HealthCheck = HealthTimes & (CommandHealth | ShellHealth | HttpHealth | TcpHealth);

/** Folder of the container in which the program lies that asks. */
export const PROBE_DIR = "/run/tandem";
/**
 * The image that the program comes from: one static file that runs in every Linux image (hub.docker.com/_/busybox).
 */
export const PROBE_IMAGE = "busybox:1.37.0-uclibc";

/** The program. */
export const BUSYBOX = `${PROBE_DIR}/busybox`;
/** Seconds until a connection counts as refused. */
const CONNECT_SECONDS = "3";

// The program at the end has the connection as its input and output, so that nothing is closed before the answer is there:
// some servers give up when their client closes one half. What is wrong goes to the check's own output, which is 3.
const CONNECT = `exec 3>&1; exec "$0" nc -w ${CONNECT_SECONDS} 127.0.0.1 "$1" -e "$0" sh -c "$2" "$3" "$4" 2>&3`;
const REQUEST =
  `printf 'GET %s HTTP/1.1\\r\\nHost: %s\\r\\nUser-Agent: tandem-health\\r\\nConnection: close\\r\\n\\r\\n' "$0" "$1"; ` +
  `read -r line; case "$line" in "HTTP/1."[01]" "[23][0-9][0-9]*) exit 0;; esac; ` +
  `echo "GET $0 was answered with: \${line:-nothing}" >&3; exit 1`;

/** Whether the check needs the program that Tandem brings. */
export function needsProbe(health: unknown): boolean {
  if (typeof health !== "object" || health === null || isLater(health)) return false;
  const { http, tcp } = health as { http?: unknown; tcp?: unknown };
  return http !== undefined || tcp !== undefined;
}

/**
 * A component's check, looked at as soon as it is known, with the component's own port where it asks by one; and whether it
 * needs the program that Tandem brings, which only a check that is written down can say.
 */
export function probed(
  component: string,
  health: pulumi.Input<HealthCheck>,
  port?: pulumi.Input<number>,
): { health: pulumi.Output<pulumi.Unwrap<HealthCheck>>; probe?: boolean } {
  if (needsProbe(health))
    return { health: checkedHealth(component, { port, ...(health as HttpHealth) }), probe: true };
  const checked = checkedHealth(component, health).apply((known) => {
    if (!needsProbe(known)) return known;
    throw new pulumi.RunError(
      `${component}: health has http or tcp in an output; write the check itself down, and give outputs for its values.`,
    );
  });
  return { health: checked };
}

/** A check in any of its forms. */
type Forms = Partial<pulumi.Unwrap<CommandHealth & ShellHealth & HttpHealth>>;

/** The check as Docker takes it. A form may be there without a value, as from an option that isn't set: it is none. */
export function healthTest(health: pulumi.Unwrap<HealthCheck>): string[] {
  const { shell, command, http, host = "localhost", port } = health as Forms;
  if (shell !== undefined) return ["CMD-SHELL", shell];
  if (command !== undefined) return ["CMD", ...command];
  const asked = http === undefined ? ["exit 0", "", ""] : [REQUEST, http, host];
  return ["CMD", BUSYBOX, "sh", "-c", CONNECT, BUSYBOX, String(port), ...asked];
}
