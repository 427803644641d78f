// After a route has moved: waits until nothing is under way to the containers that it left.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { CallContext } from "../../plugin/handler.ts";
import { exec, inspect } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";

/** For a request that has read the old address and not yet been counted: a gateway at its CPU limit stalls a while. */
const SETTLE_MS = 500;
/** Each look is a process in the gateway, which is busy serving. */
const POLL_MS = 500;
const COUNTS = ["wget", "-q", "-O", "-", "http://127.0.0.1:2019/reverse_proxy/upstreams"];

/** Requests under way by address. WebSockets have addresses of their own and are left out. */
async function underWay(docker: Docker, gateway: string, addresses: string[]): Promise<Map<string, number>> {
  const { exitCode, stdout, output } = await exec(docker, gateway, COUNTS);
  if (exitCode !== 0) throw new Error(`The gateway doesn't say what is under way: ${output.trim()}`);
  const known = JSON.parse(stdout) as { address: string; num_requests: number }[];
  const counts = known
    .filter(({ address, num_requests }) => addresses.includes(address) && num_requests > 0)
    .map(({ address, num_requests }) => [address, num_requests] as const);
  return new Map(counts);
}

/** The container of an address, also of one for WebSockets. */
export function containerOf(address: string): string {
  return address.split(/\.?:/)[0] ?? address;
}

/** Those of the addresses whose container runs: whoever waits for another waits for nothing. */
export async function alive(docker: Docker, addresses: string[]): Promise<string[]> {
  const states = await Promise.all(
    addresses.map(async (address) => (await inspect(docker, containerOf(address)))?.State.Running),
  );
  return addresses.filter((_, index) => states[index] === true);
}

/**
 * Waits until the requests to these containers have ended, so that one that doesn't care for its requests when it is
 * stopped loses none. At most `seconds`; what is then still under way has the container's own grace.
 */
export async function drain(
  docker: Docker,
  gateway: string,
  addresses: string[],
  seconds: number,
  ctx: CallContext<DockerHost>,
): Promise<void> {
  const left = await alive(docker, addresses);
  if (left.length === 0) return;
  const deadline = Date.now() + seconds * 1000;
  await sleep(SETTLE_MS);
  for (;;) {
    const busy = await underWay(docker, gateway, left);
    if (busy.size === 0 || ctx.signal.aborted) return;
    const requests = [...busy.values()].reduce((sum, count) => sum + count, 0);
    const where = [...busy.keys()].join(", ");
    if (Date.now() > deadline) {
      ctx.log(
        "warning",
        `${requests} requests to ${where} are still under way after ${seconds} s; it is stopped now.`,
      );
      return;
    }
    ctx.status(`waiting for ${requests} requests to end on ${where}`);
    await sleep(POLL_MS);
  }
}
