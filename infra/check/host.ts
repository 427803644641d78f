// The part of the check that looks at the machine: ports taken by strangers, addresses it lacks, limits beyond it.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Listener, Settings, SystemSettings, ValuesOf } from "../settings/define.ts";
import { type Issue, remove, set } from "../settings/issue.ts";
import { dockerIssues, type Tenant } from "./budgets.ts";
import { type DockerView, lookAtDocker, socketPath } from "./docker-view.ts";
import { type PortState, probePort, whoListens } from "./local-port.ts";
import { freePort, overlap } from "./values.ts";

/** Whose stack is checked: what it has on the machine already is no stranger. */
interface Owner {
  project: string;
  stack: string;
}

/**
 * What of the settings doesn't fit this machine. Docker hosts elsewhere are not looked at, ports forwarded to here are.
 * `others` are the project's other stacks, which may be on the same machine.
 * Before set-up nothing is said of a Docker at its usual place that doesn't answer: set-up may bring it.
 */
export async function hostIssues<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  project: string,
  tenant: Tenant,
  others: readonly Tenant[],
  beforeSetup = false,
): Promise<Issue[]> {
  const owner: Owner = { project, stack: tenant.stack };
  const host: unknown = values.dockerHost;
  const dockerHost = typeof host === "string" ? host : undefined;
  const remote = dockerHost?.startsWith("ssh://") ?? false;
  const socket = socketPath(remote ? undefined : dockerHost);
  const docker = remote ? undefined : await lookAtDocker(socket).catch(() => undefined);
  const expected = dockerHost !== undefined && !remote && !(beforeSetup && socket === socketPath());
  const listeners = system.listeners?.(values) ?? [];
  const local = listeners.filter((listener) => listener.forwarded || !remote);
  const ports = await Promise.all(local.map((listener) => portIssues(listener, listeners, docker, owner)));
  return [
    ...(expected && docker === undefined ? [unreachableDocker(socket)] : []),
    ...ports.flat(),
    ...(docker === undefined ? [] : demandIssues(tenant, others, docker)),
  ];
}

function unreachableDocker(socket: string): Issue {
  const why = existsSync(socket) ? "no Docker answers there" : "there is no such socket on this machine";
  const fix = [remove(["dockerHost"])];
  return { problem: "docker-unreachable", path: ["dockerHost"], reason: `leads to ${socket}: ${why}`, fix };
}

async function portIssues(
  listener: Listener,
  all: Listener[],
  docker: DockerView | undefined,
  owner: Owner,
): Promise<Issue[]> {
  const path = [listener.key];
  const holders = (docker?.published ?? []).filter(
    ({ port, address }) => port === listener.port && overlap(address, listener.address),
  );
  const stranger = holders.find(
    ({ system, environment }) => system !== owner.project || environment !== owner.stack,
  );
  if (stranger === undefined && holders.length > 0) return [];
  const state = await settledState(listener);
  if (state === "foreign-address") {
    const reason = `would listen on ${listener.address}, which is no address of this machine`;
    return [{ problem: "foreign-address", path: ["bindAddress"], reason, fix: [remove(["bindAddress"])] }];
  }
  if (stranger === undefined && state === "free") return [];
  const container = stranger === undefined ? undefined : `the container ${stranger.container}`;
  const holder = container ?? whoListens(listener.port) ?? "another program";
  const reason = `${listener.port} is taken on this machine by ${holder}`;
  return [{ problem: "port-taken", path, reason, fix: [set(await nextFree(listener, all), path)] }];
}

/** Milliseconds in which a port that nobody listens on any more is let go of. */
const LETTING_GO_MS = 500;

/** The port's state; one that is taken and that nobody listens on is just being let go of, and is looked at again. */
async function settledState({ address, port }: Listener): Promise<PortState> {
  const state = await probePort(address, port);
  if (state !== "taken" || whoListens(port) !== undefined) return state;
  await sleep(LETTING_GO_MS);
  return await probePort(address, port);
}

/** Tries that are worth the time. */
const MOST_TRIES = 50;

async function nextFree(listener: Listener, all: Listener[]): Promise<number> {
  let candidate = listener.port;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    candidate = freePort(candidate >= 65_535 ? 1024 : candidate + 1, all);
    if ((await probePort(listener.address, candidate)) === "free") return candidate;
  }
  return candidate;
}

/** One container that is larger than the machine can't run; all together may, as long as they don't need it at once. */
function demandIssues(own: Tenant, others: readonly Tenant[], docker: DockerView): Issue[] {
  const issues = own.demands.flatMap(({ path, cpus, memoryMb, count }): Issue[] => {
    if (count === 0) return [];
    const found: Issue[] = [];
    if (memoryMb > docker.memoryMb) {
      const reason = `${memoryMb}m is more than the ${docker.memoryMb}m of the Docker host`;
      found.push(beyond([...path, "memory"], reason, `${Math.floor(docker.memoryMb / 2)}m`));
    }
    if (cpus > docker.cpus) {
      const reason = `${cpus} is more than the ${docker.cpus} CPUs of the Docker host`;
      found.push(beyond([...path, "cpus"], reason, docker.cpus));
    }
    return found;
  });
  return issues.length > 0 ? issues : dockerIssues(own, others, docker);
}

function beyond(path: string[], reason: string, value: string | number): Issue {
  return { problem: "beyond-host", path, reason, fix: [set(value, path)] };
}
