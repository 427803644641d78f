// The gateway's access log: how many requests it answered in a span of time, and how many of them failed.
import type Docker from "dockerode";
import { demultiplex, framesOf } from "../../../provider/docker/containers.ts";
import { labelFilter, labels } from "../../engine/docker-client.ts";

/** Requests in a span of time. */
export interface Traffic {
  requests: number;
  /** Answered with a status from 500, or not at all. */
  failed: number;
}

/** A span of time, in seconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

interface AccessLine {
  logger?: string;
  ts?: number;
  status?: number;
}

/** A line of an access log of Caddy in its JSON form, as when and status; undefined for any other line. */
export function accessLine(line: string): { at: number; status: number } | undefined {
  if (!line.includes('"http.log.access')) return undefined;
  try {
    const { logger, ts, status } = JSON.parse(line) as AccessLine;
    if (logger?.startsWith("http.log.access") !== true) return undefined;
    return typeof ts === "number" && typeof status === "number" ? { at: ts, status } : undefined;
  } catch {
    // Cut in two by the rotation of the log.
    return undefined;
  }
}

/** 0 is a client that went away before there was an answer, which no server can help. */
export function isFailure(status: number): boolean {
  return status >= 500;
}

/** Containers of the environment's gateway, the one that runs first. */
async function gatewayOf(docker: Docker, system: string, environment: string): Promise<string | undefined> {
  const containers = await docker.listContainers({ all: true, filters: labelFilter(system, environment) });
  const gateways = containers.filter(({ Labels }) => Labels[labels.component] === "gateway");
  return (gateways.find(({ State }) => State === "running") ?? gateways[0])?.Id;
}

/** Entries that are asked for first, and by how much more if they don't reach back far enough. */
const FIRST_ENTRIES = 2_000;
const MORE = 4;

/**
 * The lines of a container's log from a time on, or all that there are. Docker decodes each line that it goes through, at the
 * cost of what is served: from the end backwards it goes through few, by `since` alone through all.
 *
 * @param from seconds since 1970
 */
export async function linesBackTo(
  container: Pick<Docker.Container, "logs">,
  from: number,
): Promise<string[]> {
  for (let tail = FIRST_ENTRIES; ; tail *= MORE) {
    const frames = await container.logs({ stdout: true, stderr: true, tail });
    const lines = demultiplex(frames).split("\n");
    const first = beginOf(lines);
    // A line of more than 16 KB is several entries.
    if ([...framesOf(frames)].length < tail || (first !== undefined && first < from)) return lines;
  }
}

/**
 * Counts requests in each span. As much of the log is read as reaches back to the first.
 *
 * @returns a span's requests; undefined where the log doesn't reach back to it, or has no requests at all
 */
export async function countTraffic(
  docker: Docker,
  system: string,
  environment: string,
  spans: readonly Span[],
): Promise<(Traffic | undefined)[]> {
  const unknown = spans.map(() => undefined);
  const id = spans.length === 0 ? undefined : await gatewayOf(docker, system, environment);
  if (id === undefined) return unknown;
  const container = docker.getContainer(id);
  const created = Date.parse((await container.inspect()).Created) / 1000;
  const lines = await linesBackTo(container, Math.min(...spans.map(({ from }) => from)));
  const seen = lines.flatMap((line) => accessLine(line) ?? []);
  if (seen.length === 0) return unknown;
  const begin = reachesBackTo(lines, created);
  return spans.map(({ from, to }) => {
    if (to < begin) return undefined;
    const within = seen.filter(({ at }) => at >= from && at <= to);
    return { requests: within.length, failed: within.filter(({ status }) => isFailure(status)).length };
  });
}

/** When the first line was written that says so. */
function beginOf(lines: readonly string[]): number | undefined {
  const [, seconds] = /"ts":(\d+(?:\.\d+)?)/.exec(lines.find((line) => line.includes('"ts":')) ?? "") ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}

/** When the log begins; a gateway's first words come right after it is made, so what is younger follows a rotation. */
function reachesBackTo(lines: readonly string[], created: number): number {
  const first = beginOf(lines);
  return first === undefined || first - created < 60 ? created : first;
}
