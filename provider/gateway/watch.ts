// Containers that have just taken over, watched for a while: do they stay up, healthy, and answer without errors?
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { inspect } from "../docker/containers.ts";
import { healthCommand, howItEnded, probe, probeLimitMs } from "../docker/health.ts";

/** How often each container is looked at. */
const POLL_MS = 300;
/** How often its health check is tried. */
const PROBE_MS = 1000;
/** Failures in a row after which a container counts as unhealthy, as in Docker's own default. */
const MAX_FAILURES = 3;

/** What a watch goes by. */
export interface Watch {
  /** Containers, by name or id. */
  containers: string[];
  seconds: number;
  signal: AbortSignal;
  /**
   * Asked at each look: what is wrong beyond the containers themselves, such as too many errors. `over` says that it is the
   * last look.
   */
  complaint?: (over: boolean) => Verdict | undefined;
}

/** A container that went bad, and why. */
export interface Verdict {
  container: string;
  reason: string;
}

/** @returns the first container that goes bad, or undefined when all have stayed well */
export async function watch(docker: Docker, rule: Watch): Promise<Verdict | undefined> {
  const deadline = Date.now() + rule.seconds * 1000;
  const stop = new AbortController();
  const signal = AbortSignal.any([rule.signal, stop.signal]);
  const looks = rule.containers.map((container) => watchOne(docker, container, deadline, signal));
  const complaints = watchComplaint(rule, deadline, signal);
  try {
    return await firstVerdict([...looks, complaints]);
  } finally {
    stop.abort();
  }
}

/** The first verdict that isn't "well"; undefined when all have come to their end without one. */
async function firstVerdict(looks: Promise<Verdict | undefined>[]): Promise<Verdict | undefined> {
  return new Promise((resolve, reject) => {
    for (const look of looks) look.then((verdict) => verdict && resolve(verdict), reject);
    Promise.all(looks).then(() => resolve(undefined), reject);
  });
}

async function watchComplaint(
  rule: Watch,
  deadline: number,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  while (!signal.aborted) {
    const over = Date.now() >= deadline;
    const verdict = rule.complaint?.(over);
    if (verdict !== undefined) return verdict;
    if (over) break;
    await pause(POLL_MS, signal);
  }
  return undefined;
}

async function watchOne(
  docker: Docker,
  container: string,
  deadline: number,
  signal: AbortSignal,
): Promise<Verdict | undefined> {
  const first = await inspect(docker, container);
  let failures = 0;
  // Its check has just passed, and now the first requests need its CPU.
  let probeAt = Math.min(Date.now() + PROBE_MS, (Date.now() + deadline) / 2);
  // Failures at the very end are no end: the next checks say whether they were the beginning of more.
  while ((Date.now() < deadline || failures > 0) && !signal.aborted) {
    const facts = await inspect(docker, container);
    const ended = endReason(first, facts);
    if (ended !== undefined || facts === undefined) return { container, reason: ended ?? "was removed" };
    const command = healthCommand(facts);
    if (command !== undefined && Date.now() >= probeAt) {
      probeAt = Date.now() + PROBE_MS;
      const wrong = await probe(docker, facts, command, probeLimitMs(facts), signal);
      failures = wrong === undefined || signal.aborted ? 0 : failures + 1;
      if (failures >= MAX_FAILURES) return { container, reason: `fails its health check (${wrong})` };
    }
    await pause(POLL_MS, signal);
  }
  return undefined;
}

function endReason(
  first: Docker.ContainerInspectInfo | undefined,
  now: Docker.ContainerInspectInfo | undefined,
): string | undefined {
  if (now === undefined) return "was removed";
  const restarts = now.RestartCount - (first?.RestartCount ?? 0);
  if (now.State.Running && !now.State.Restarting && restarts === 0) return undefined;
  const again = now.State.Running ? " and was started again by Docker" : "";
  return `ended by itself${again}.${howItEnded(now)}`.replace(/\.$/, "");
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}
