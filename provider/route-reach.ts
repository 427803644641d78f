// Before a route moves: whether the gateway gets through to where it would lead.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { exec } from "./containers.ts";

/** Seconds that a healthy container has to open its port. */
const LIMIT_SECONDS = 5;
const POLL_MS = 500;
/** Words of the image's wget for "nobody listens there"; any answer, also an error, shows that somebody does. */
const UNREACHABLE = /can't connect|bad address/;

/**
 * @throws when nobody listens at one of the addresses (`container:port`): the port is wrong, or the application
 * listens on its own loopback address only
 */
export async function expectReachable(
  docker: Docker,
  gateway: string,
  routeName: string,
  upstreams: string[],
): Promise<void> {
  await Promise.all(upstreams.map((upstream) => expectOne(docker, gateway, routeName, upstream)));
}

async function expectOne(
  docker: Docker,
  gateway: string,
  routeName: string,
  upstream: string,
): Promise<void> {
  const deadline = Date.now() + LIMIT_SECONDS * 1000;
  for (;;) {
    const command = ["wget", "-q", "-O", "/dev/null", "-T", "3", "--spider", `http://${upstream}/`];
    const { exitCode, output } = await exec(docker, gateway, command);
    if (exitCode === 0 || !UNREACHABLE.test(output)) return;
    if (Date.now() > deadline) {
      throw new Error(
        `The route '${routeName}' stays where it is: ${upstream} is healthy, but nobody listens there ` +
          `(${output.trim().split("\n").at(-1)}). Set \`port\` to the one that the application listens on, ` +
          "and let it listen on 0.0.0.0.",
      );
    }
    await sleep(POLL_MS);
  }
}
