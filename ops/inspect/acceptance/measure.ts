// Measures an environment: how fast it answers, queries and works off jobs, and what its containers take meanwhile.
import type Docker from "dockerode";
import { launcher } from "../../../lib/launcher.ts";
import { smokeTest } from "../../deploy/release/smoke-tests.ts";
import { limitsOf } from "../../engine/container-limits.ts";
import { UserError } from "../../engine/errors.ts";
import { type AppDatabase, runQuery } from "./database.ts";
import { runJobs } from "./jobs.ts";
import type { Trial } from "./trial.ts";

const tryEach = () => `run \`${launcher()} checklist\`: it tries each part by itself`;

/** What is measured. */
export interface Measure {
  /** Such as `request /ready`. */
  name: string;
  unit: "ms" | "jobs/s" | "MiB" | "CPUs";
  /** It is what the service may use at most, and has to be the same. @default false */
  limit?: boolean;
}

/** The values that one environment gave, by the measure's name. */
export type Values = Map<string, { measure: Measure; value: number }>;

/** The value below which this share of the samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Collects samples of one environment. */
export class Measurement {
  readonly #trial: Trial;
  readonly #database: AppDatabase | undefined;
  readonly #samples = new Map<string, { measure: Measure; samples: number[] }>();

  constructor(trial: Trial, database: AppDatabase | undefined) {
    this.#trial = trial;
    this.#database = database;
  }

  #add(measure: Measure, sample: number): void {
    const known = this.#samples.get(measure.name) ?? { measure, samples: [] };
    known.samples.push(sample);
    this.#samples.set(measure.name, known);
  }

  /** Asks every endpoint once. @throws UserError where one doesn't answer as it should */
  async requests(): Promise<void> {
    const { acceptance, values, ask } = this.#trial;
    for (const test of acceptance.endpoints(values)) {
      const { name, ok, problem, milliseconds } = await smokeTest(ask, test);
      if (!ok) throw new UserError(`${name} ${problem}`, tryEach());
      this.#add({ name: `request ${test.path}`, unit: "ms" }, milliseconds);
    }
  }

  /** Runs the query once, if there is one. */
  async query(): Promise<void> {
    const { query } = this.#trial.acceptance;
    if (this.#database === undefined || query === undefined) return;
    const { milliseconds } = await runQuery(this.#database, query.sql);
    this.#add({ name: "database query", unit: "ms" }, milliseconds);
  }

  /** Gives the workers some jobs at once. */
  async jobs(count: number): Promise<void> {
    const { acceptance, values, ask } = this.#trial;
    const test = acceptance.job?.(values);
    if (test === undefined) return;
    const milliseconds = await runJobs(ask, test, count);
    this.#add({ name: `${count} jobs at once`, unit: "jobs/s" }, (count * 1000) / milliseconds);
  }

  /** Asks Docker what each service may use, and what it does. */
  async resources(): Promise<void> {
    const { docker, acceptance, services } = this.#trial;
    for (const service of acceptance.services) {
      const own = services
        .filter(({ component }) => component === service)
        .map(({ id }) => docker.getContainer(id));
      const limits = (await Promise.all(own.map((container) => container.inspect()))).map(limitsOf);
      const used = await Promise.all(own.map(memoryOf));
      const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
      this.#add(
        { name: `${service}: CPU limit`, unit: "CPUs", limit: true },
        sum(limits.map(({ cpus }) => cpus)),
      );
      this.#add(
        { name: `${service}: memory limit`, unit: "MiB", limit: true },
        sum(limits.map(({ memoryMb }) => memoryMb)),
      );
      this.#add({ name: `${service}: memory used`, unit: "MiB" }, sum(used));
    }
  }

  /** The median of each measure's samples. */
  values(): Values {
    return new Map(
      [...this.#samples].map(([name, { measure, samples }]) => [
        name,
        { measure, value: quantile(samples, 0.5) },
      ]),
    );
  }
}

const MIB = 1024 * 1024;

/** Memory that a container uses, in MiB: without what the kernel can take back at any time, as `docker stats` has it. */
async function memoryOf(container: Docker.Container): Promise<number> {
  const { memory_stats } = await container.stats({ stream: false, "one-shot": true });
  const { usage = 0, stats } = memory_stats;
  // The names of cgroup v2 and v1.
  const cache = stats?.inactive_file ?? stats?.total_inactive_file ?? 0;
  return (usage - cache) / MIB;
}
