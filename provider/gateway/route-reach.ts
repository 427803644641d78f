// Before a route moves: whether the gateway gets an answer from where it would lead, in the protocol that it would speak.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { exec } from "../docker/containers.ts";
import type { UpstreamProtocol } from "./route-config.ts";

/** Seconds that a healthy container has to open its port. */
const LIMIT_SECONDS = 5;
const POLL_MS = 500;
/** Words of the image's busybox for "nobody listens there". */
const UNREACHABLE = /can't connect|bad address/;
/** A status line, of whatever status: the application's own answer, before any redirect is followed. */
const STATUS_LINE = /^\s*(wget: server returned error: )?HTTP\/1\.[01] \d{3}/m;
/** Somebody listens, and hasn't answered yet: nothing speaks against it. */
const SLOW = /timed out/;
/** What a client of HTTP/2 sends first, and an empty frame of settings. */
const PREFACE = "PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n\\000\\000\\000\\004\\000\\000\\000\\000\\000";
/** The head of a frame of settings, with which a server of HTTP/2 begins: length, type 4, no flags, stream 0. */
const SETTINGS = /^\s*00 [0-9a-f]{2} [0-9a-f]{2} 04 00 00 00 00 00/m;

/**
 * @throws when nobody listens at one of the addresses (`container:port`): the port is wrong, or the application
 * listens on its own loopback address only; and when what answers doesn't speak the protocol: each request would get 502
 */
export async function expectReachable(
  docker: Docker,
  gateway: string,
  routeName: string,
  upstreams: string[],
  protocol: UpstreamProtocol,
): Promise<void> {
  await Promise.all(
    upstreams.map(async (upstream) => {
      const wrong = await problemOf(docker, gateway, upstream, protocol);
      if (wrong !== undefined) throw new Error(`The route '${routeName}' stays where it is: ${wrong}`);
    }),
  );
}

async function problemOf(
  docker: Docker,
  gateway: string,
  upstream: string,
  protocol: UpstreamProtocol,
): Promise<string | undefined> {
  const deadline = Date.now() + LIMIT_SECONDS * 1000;
  for (;;) {
    const said = await ask(docker, gateway, upstream, protocol);
    if (said === undefined) return undefined;
    if (Date.now() > deadline) return complaint(upstream, protocol, said);
    await sleep(POLL_MS);
  }
}

/**
 * Asks an address from inside the gateway.
 *
 * @param patient whether an answer that takes its time is one, too
 * @returns what the attempt said; undefined when it was answered in the protocol
 */
export async function ask(
  docker: Docker,
  gateway: string,
  upstream: string,
  protocol: UpstreamProtocol,
  patient = true,
): Promise<string | undefined> {
  const [host = "", port = ""] = upstream.split(":");
  const command =
    protocol === "http"
      ? ["wget", "-S", "-O", "/dev/null", "-T", "3", "--spider", `http://${upstream}/`]
      : // The input stays open for a moment: some servers end with it.
        [
          ...[
            "sh",
            "-c",
            `(printf '${PREFACE}'; sleep 1) | busybox nc -w 3 "$0" "$1" | head -c 9 | od -An -tx1`,
          ],
          ...[host, port],
        ];
  const { exitCode, output } = await exec(docker, gateway, command);
  const answered =
    protocol === "http"
      ? exitCode === 0 || STATUS_LINE.test(output) || (patient && SLOW.test(output))
      : SETTINGS.test(output);
  return answered ? undefined : output.trim();
}

function complaint(upstream: string, protocol: UpstreamProtocol, said: string): string {
  const last = said.split("\n").at(-1) ?? "";
  if (UNREACHABLE.test(said)) {
    return (
      `${upstream} is healthy, but nobody listens there (${last}). Set \`port\` to the one that the application ` +
      "listens on, and let it listen on 0.0.0.0."
    );
  }
  return protocol === "http"
    ? `${upstream} is healthy and listens, but doesn't answer by HTTP/1.1 (${last}): each request would get status ` +
        '502. Set the route\'s `protocol` to "h2c" if it speaks HTTP/2 without TLS, as servers of gRPC do.'
    : `${upstream} is healthy and listens, but doesn't answer by HTTP/2 without TLS: each request would get status ` +
        '502. Set the route\'s `protocol` to "http" if it speaks HTTP/1.1.';
}
