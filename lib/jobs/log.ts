// What a scheduler's log says of its jobs' runs. What a job printed stands in it as well, and whoever runs in the container can
// write to it: nothing in a line is taken for more than text of a known form.
import { posix } from "node:path";

/** A run of a job. */
export interface JobRun {
  /** When it began (ISO 8601). */
  startedAt: string;
  /** When it ended; absent while it runs, and where its container ended first. */
  endedAt?: string;
  /** Its exit code; 143 or 137 where it was killed, as at its time limit, -1 where a signal ended even its shell. */
  exitCode?: number;
  /** Did its container end before it? */
  cutOff?: true;
  /** Its last lines. */
  output: string[];
}

/** A job as its scheduler knows it. */
export interface JobState {
  /** Its name in the topology. */
  job: string;
  /** Its last runs, oldest first. */
  runs: JobRun[];
  /** When it runs next (ISO 8601). */
  next?: string;
}

/** Runs of a job that are known. */
export const KEPT_RUNS = 5;
/** Lines of output that are kept of a run. */
const KEPT_LINES = 10;
/** Characters that are kept of a line. */
const KEPT_LETTERS = 500;
/** More jobs than any service has. */
const MOST_JOBS = 200;

const NEXT = /^job will run next at (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d) /;
const FAILED = /^error running command: (?:exit status (\d+)|.*)$/;
const NAME = /^[a-z][a-z0-9-]*$/;

interface Line {
  at: string;
  job: string;
  channel: unknown;
  level: unknown;
  message: string;
  exitCode: unknown;
}

/**
 * Reads the jobs' states out of a log.
 *
 * @param earlier what was known before the log began
 * @param clean makes a line of output fit to be shown; it gets the whole line, since a part of a secret is none that it knows
 */
export function jobStates(
  log: readonly string[],
  earlier: readonly JobState[] = [],
  clean = (line: string) => line,
): JobState[] {
  const states = new Map<string, JobState>(earlier.map(({ job, runs }) => [job, { job, runs: [...runs] }]));
  for (const text of log) {
    const line = parsed(text);
    if (line === undefined) continue;
    const state = states.get(line.job) ?? { job: line.job, runs: [] };
    if (!states.has(line.job) && states.size >= MOST_JOBS) continue;
    states.set(line.job, state);
    take(state, line, clean);
    state.runs = state.runs.slice(-KEPT_RUNS);
  }
  return [...states.values()].toSorted((one, other) => one.job.localeCompare(other.job));
}

function take(
  state: JobState,
  { at, channel, level, message, exitCode }: Line,
  clean: (line: string) => string,
): void {
  const last = state.runs.at(-1);
  const running = last !== undefined && last.endedAt === undefined && last.cutOff !== true ? last : undefined;
  if (channel === "stdout" || channel === "stderr") {
    if (running !== undefined)
      running.output = [...running.output, clean(message).slice(0, KEPT_LETTERS)].slice(-KEPT_LINES);
    return;
  }
  const next = NEXT.exec(message);
  if (next !== null) {
    const [, day, time, hours, minutes] = next;
    const when = new Date(`${day}T${time}${hours}:${minutes}`);
    if (!Number.isNaN(when.getTime())) state.next = when.toISOString();
  } else if (message === "starting") {
    if (running !== undefined) running.cutOff = true;
    state.runs.push({ startedAt: at, output: [] });
  } else if (running !== undefined && message === "job succeeded") {
    Object.assign(running, { endedAt: at, exitCode: 0 });
  } else if (running !== undefined && level === "error") {
    const said = typeof exitCode === "number" ? exitCode : Number(FAILED.exec(message)?.[1] ?? -1);
    Object.assign(running, { endedAt: at, exitCode: said });
  }
}

/** Marks what had not ended when the container did. */
export function cutOff(states: readonly JobState[]): JobState[] {
  return states.map(({ job, runs }) => ({
    job,
    runs: runs.map((run) => (run.endedAt === undefined ? { ...run, cutOff: true as const } : run)),
  }));
}

function parsed(text: string): Line | undefined {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof entry !== "object" || entry === null) return undefined;
  const { time, msg, level, channel, "job.command": command, "job.exit_code": exitCode } = entry;
  if (typeof time !== "string" || typeof msg !== "string" || typeof command !== "string") return undefined;
  const at = moment(time);
  const job = posix.basename(command);
  if (at === undefined || !NAME.test(job)) return undefined;
  return { at, job, channel, level, message: msg, exitCode };
}

/**
 * Reads states that were written down, of which nothing is taken on that has another form.
 *
 * @param clean as `jobStates` has it
 */
export function readStates(text: string | undefined, clean = (line: string) => line): JobState[] {
  try {
    const known: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(known) ? known.slice(0, MOST_JOBS).flatMap((state) => readState(state, clean)) : [];
  } catch {
    return [];
  }
}

function readState(value: unknown, clean: (line: string) => string): JobState[] {
  const { job, runs } = (value ?? {}) as Partial<Record<keyof JobState, unknown>>;
  if (typeof job !== "string" || !NAME.test(job) || !Array.isArray(runs)) return [];
  return [{ job, runs: runs.slice(-KEPT_RUNS).flatMap((run) => readRun(run, clean)) }];
}

function readRun(value: unknown, clean: (line: string) => string): JobRun[] {
  const run = (value ?? {}) as Partial<Record<keyof JobRun, unknown>>;
  const [startedAt, endedAt] = [moment(run.startedAt), moment(run.endedAt)];
  if (startedAt === undefined || !Array.isArray(run.output)) return [];
  const output = run.output.filter((line): line is string => typeof line === "string");
  return [
    {
      startedAt,
      ...(endedAt === undefined ? {} : { endedAt }),
      ...(Number.isInteger(run.exitCode) ? { exitCode: run.exitCode as number } : {}),
      ...(run.cutOff === true ? { cutOff: true as const } : {}),
      output: output.slice(-KEPT_LINES).map((line) => clean(line).slice(0, KEPT_LETTERS)),
    },
  ];
}

/** A moment in our own form: `Date` takes others, with any text in brackets. */
function moment(value: unknown): string | undefined {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
