// A container's own health check, run by us: Docker's interval is too long to wait for.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { printableLine } from "../../lib/printable.ts";
import { exec, redact } from "./containers.ts";

/** The container's health check as a command, or undefined if it has none. */
export function healthCommand(facts: Docker.ContainerInspectInfo): string[] | undefined {
  const [kind, ...rest] = facts.Config.Healthcheck?.Test ?? [];
  if (kind === "CMD") return rest;
  if (kind === "CMD-SHELL") return ["/bin/sh", "-c", ...rest];
  return undefined;
}

/** How long one check may take, as the container's own health check says; Docker's default is 30 s. */
export function probeLimitMs(facts: Docker.ContainerInspectInfo): number {
  return (facts.Config.Healthcheck?.Timeout || 30e9) / 1e6;
}

/** What a check said last: words of the application, so without what looks like a credential, and harmless for a terminal. */
export function lastWords(output: string, environment: string[]): string {
  return printableLine(redact(output.trim().split("\n").at(-1) ?? "", environment)).slice(0, 200);
}

/** Runs a container's health check once. @returns undefined if it passes in time, otherwise what went wrong in a few words */
export async function probe(
  docker: Docker,
  { Id: id, Config: { Env } }: Docker.ContainerInspectInfo,
  command: string[],
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  // A check that hangs is left to itself: it ends with its container.
  const late = sleep(limitMs, undefined, { signal, ref: false }).then(
    () => undefined,
    () => undefined,
  );
  try {
    const ended = await Promise.race([exec(docker, id, command), late]);
    if (ended === undefined) return `it took longer than ${(limitMs / 1000).toFixed(1)} s`;
    const { exitCode, output } = ended;
    return exitCode === 0 ? undefined : lastWords(output, Env ?? []) || `exit code ${exitCode}`;
  } catch (error) {
    // It may have ended between the look and the exec.
    return error instanceof Error ? error.message : String(error);
  }
}

/** How a container ended, as the end of a message; empty if it didn't. */
export function howItEnded(facts: Docker.ContainerInspectInfo | undefined): string {
  if (facts?.State.OOMKilled) return " It ran out of memory: raise its limit.";
  if (facts !== undefined && facts.State.ExitCode !== 0) return ` Exit code ${facts.State.ExitCode}.`;
  return "";
}

/** Log lines as the end of a message. */
export function quoted(lines: string[]): string {
  if (lines.length === 0) return "It logged nothing.";
  return `Its last log lines:\n${lines.map((line) => `  | ${line}`).join("\n")}`;
}
