// How a one-off container is told from a service's: what `tandem run` and its kin make, and nothing else counts, serves or
// keeps. It has none of the labels by which an environment's containers are found.
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type Docker from "dockerode";
import { isAlive, startTime } from "../../../setup/process-identity.ts";

/** Labels of a one-off container. */
const ONE_OFF = "tandem.one-off";
const LABELS = {
  system: `${ONE_OFF}.system`,
  environment: `${ONE_OFF}.environment`,
  /** What it is for, in words, without the arguments: they may hold what nobody else should read. */
  purpose: `${ONE_OFF}.purpose`,
  machine: `${ONE_OFF}.machine`,
  pid: `${ONE_OFF}.pid`,
  started: `${ONE_OFF}.started`,
} as const;

/** Milliseconds by which the start of one process may seem to differ: it is that coarse. */
const SLACK_MS = 3000;

/** Whose a one-off container is. */
export interface OneOff {
  system: string;
  environment: string;
  /** Such as `run app`. */
  purpose: string;
  /** Whether the command that made it has ended without removing it; false also where that ran on another machine. */
  isLeft: boolean;
}

type Labels = Readonly<Record<string, string>> | null | undefined;

/** Names this machine until its next start, and on it the namespace in which process numbers mean something. */
function machine(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** Labels for a one-off container of this process. */
export function oneOffLabels({
  system,
  environment,
  purpose,
}: Omit<OneOff, "isLeft">): Record<string, string> {
  return {
    [ONE_OFF]: "true",
    [LABELS.system]: system,
    [LABELS.environment]: environment,
    [LABELS.purpose]: purpose,
    [LABELS.machine]: machine(),
    [LABELS.pid]: String(process.pid),
    [LABELS.started]: String(startTime(process.pid) ?? ""),
  };
}

function hasEnded(labels: Readonly<Record<string, string>>): boolean {
  if (labels[LABELS.machine] !== machine()) return false;
  const pid = Number(labels[LABELS.pid]);
  if (!isAlive(pid)) return true;
  const [then, now] = [Number(labels[LABELS.started]), startTime(pid)];
  return then > 0 && now !== undefined && Math.abs(now - then) > SLACK_MS;
}

/** Whose one-off container has these labels; undefined for every other container. */
export function oneOffOf(labels: Labels): OneOff | undefined {
  if (labels?.[ONE_OFF] === undefined) return undefined;
  return {
    system: labels[LABELS.system] ?? "",
    environment: labels[LABELS.environment] ?? "",
    purpose: labels[LABELS.purpose] ?? "",
    isLeft: hasEnded(labels),
  };
}

/** One-off containers of an environment, in a list. */
export function oneOffsIn<T extends Pick<Docker.ContainerInfo, "Labels">>(
  containers: readonly T[],
  system: string,
  environment: string,
): (T & { oneOff: OneOff })[] {
  return containers.flatMap((container) => {
    const oneOff = oneOffOf(container.Labels);
    return oneOff?.system === system && oneOff.environment === environment ? [{ ...container, oneOff }] : [];
  });
}

/** Filter for the API: one-off containers of an environment. */
export function oneOffFilter(system: string, environment: string): string {
  return JSON.stringify({
    label: [ONE_OFF, `${LABELS.system}=${system}`, `${LABELS.environment}=${environment}`],
  });
}
