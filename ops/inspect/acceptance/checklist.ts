// The checklist of an environment: starts, reaches its database, answers, works off jobs, warms its cache. Each item is tried.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { demultiplex } from "../../../provider/docker/containers.ts";
import { smokeTest } from "../../deploy/release/smoke-tests.ts";
import type { Container } from "../verify/environments.ts";
import { databaseOf, runQuery } from "./database.ts";
import { runJobs, submitJob } from "./jobs.ts";
import { errorLines } from "./log-lines.ts";
import type { Trial } from "./trial.ts";

/** An item with what was found. */
export interface Item {
  item: string;
  /** `untried` where the system has no such thing, or nothing to try it on. */
  result: "passed" | "failed" | "untried";
  /** What was seen. */
  seen: string;
}

type Outcome = Omit<Item, "item">;

const passed = (seen: string): Outcome => ({ result: "passed", seen });
const failed = (seen: string): Outcome => ({ result: "failed", seen });
const untried = (seen: string): Outcome => ({ result: "untried", seen });

/** What a service logs within this time of its start belongs to the start. */
const START_SECONDS = 60;
/** Longest wait for a container's first check, in milliseconds. */
const CHECKED_MS = 60_000;
/** More than the workers of one container take at once. */
const JOBS = 8;
/** An id that no queue gives out. */
const NO_JOB = "99999999999999999999";

const ITEMS: readonly [string, (trial: Trial) => Promise<Outcome>][] = [
  ["the application starts without errors", starts],
  ["its database is reachable", reachesDatabase],
  ["its endpoints answer", answers],
  ["workers process jobs", worksOffJobs],
  ["jobs are created and looked up", managesJobs],
  ["the cache warms", warms],
];

/** Tries every item, one after the other: what one does must not slow another. */
export async function runChecklist(trial: Trial): Promise<Item[]> {
  const items: Item[] = [];
  for (const [item, attempt] of ITEMS) {
    const outcome = await attempt(trial).catch((error: unknown) =>
      failed(error instanceof Error ? error.message : String(error)),
    );
    items.push({ item, ...outcome });
  }
  return items;
}

async function starts(trial: Trial): Promise<Outcome> {
  const { acceptance, services } = trial;
  const missing = acceptance.services.filter(
    (service) => !services.some(({ component }) => component === service),
  );
  const problems = await Promise.all(services.map((container) => startProblems(trial, container)));
  const all = [...missing.map((service) => `${service} does not run`), ...problems.flat()];
  const count = `${services.length} ${services.length === 1 ? "container" : "containers"}`;
  return all.length > 0
    ? failed(all.join("; "))
    : passed(`${count} healthy, never restarted, no error logged`);
}

async function startProblems({ docker }: Trial, { id, component }: Container): Promise<string[]> {
  const container = docker.getContainer(id);
  const { State, RestartCount } = await checked(container);
  const begin = Math.floor(Date.parse(State.StartedAt) / 1000);
  const frames = await container.logs({
    stdout: true,
    stderr: true,
    since: begin,
    until: begin + START_SECONDS,
  });
  const errors = errorLines(demultiplex(frames));
  const health = State.Health?.Status ?? "healthy";
  return [
    ...(health === "healthy" ? [] : [`${component} is ${health}`]),
    ...(RestartCount === 0 ? [] : [`${component} was restarted ${RestartCount} times`]),
    ...(errors.length === 0 ? [] : [`${component} logged ${errors.length} errors at its start`]),
  ];
}

/** Facts about a container once Docker's first check of its health has ended: right after an `up` it hasn't. */
async function checked(container: Docker.Container): Promise<Docker.ContainerInspectInfo> {
  const deadline = Date.now() + CHECKED_MS;
  for (;;) {
    const facts = await container.inspect();
    if (facts.State.Health?.Status !== "starting" || Date.now() > deadline) return facts;
    await sleep(250);
  }
}

async function reachesDatabase(trial: Trial): Promise<Outcome> {
  const database = await databaseOf(trial);
  if (database === undefined) return untried("the system names no database");
  const [row] = await database.query(
    "SELECT current_user AS login, current_database() AS name, coalesce(version, 'no TLS') AS tls " +
      "FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
  );
  return passed(`${row?.login} on ${row?.name}, ${row?.tls}`);
}

async function answers({ acceptance, values, ask }: Trial): Promise<Outcome> {
  const tests = acceptance.endpoints(values);
  const problems: string[] = [];
  for (const test of tests) {
    const { ok, problem } = await smokeTest(ask, test);
    if (!ok) problems.push(`${test.path} ${problem}`);
  }
  return problems.length > 0 ? failed(problems.join("; ")) : passed(`${tests.length} of ${tests.length}`);
}

async function worksOffJobs({ acceptance, values, ask }: Trial): Promise<Outcome> {
  const test = acceptance.job?.(values);
  if (test === undefined) return untried("the system has no workers");
  return passed(`${JOBS} jobs in ${Math.round(await runJobs(ask, test, JOBS))} ms`);
}

async function managesJobs({ acceptance, values, ask }: Trial): Promise<Outcome> {
  const test = acceptance.job?.(values);
  if (test === undefined) return untried("the system has no workers");
  const { hostname } = test.submit;
  const id = await submitJob(ask, test);
  const { status } = await ask({ hostname, path: test.look(id) });
  if (status !== 200) return failed(`job ${id} can't be looked up: ${status}`);
  const unknown = await ask({ hostname, path: test.look(NO_JOB) });
  if (unknown.status !== 404) return failed(`a job that doesn't exist is answered with ${unknown.status}`);
  return passed(`job ${id} found, an unknown one is not`);
}

async function warms(trial: Trial): Promise<Outcome> {
  const database = await databaseOf(trial);
  const query = trial.acceptance.query;
  if (database === undefined || query === undefined) return untried("the system names no query");
  const first = await runQuery(database, query.sql);
  const second = await runQuery(database, query.sql);
  if (first.rows === 0) return untried("the query finds nothing: there is no data yet");
  const seen = `${second.fromMemory} blocks from memory and ${second.read} read, at first ${first.read} read`;
  return second.read === 0 ? passed(seen) : failed(seen);
}
