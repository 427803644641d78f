// Whether the app is alive, ready or on its way out, and the order in which it leaves.
import type { Log } from "./log.ts";
import type { ServiceSettings } from "./settings.ts";

/** One step of leaving, in the order in which they were added. */
interface Step {
  name: string;
  run: () => Promise<void> | void;
}

/** Start time, the checks behind /ready, and the way out. */
export class Lifecycle {
  readonly startedAt = new Date();
  readonly #settings: ServiceSettings;
  readonly #log: Log;
  readonly #checks = new Map<string, () => Promise<void>>();
  readonly #steps: Step[] = [];
  #leaving = false;

  constructor(settings: ServiceSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  /** True from the first signal on. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** False once the fault UNHEALTHY_AFTER_MS has set in; otherwise a process that can answer is healthy. */
  get healthy(): boolean {
    const after = this.#settings.UNHEALTHY_AFTER_MS;
    return after === undefined || Date.now() - this.startedAt.getTime() < after;
  }

  /** Adds a dependency that /ready asks. */
  addCheck(name: string, check: () => Promise<void>): void {
    this.#checks.set(name, check);
  }

  /** Adds a step to the end of the way out. */
  onLeave(name: string, run: Step["run"]): void {
    this.#steps.push({ name, run });
  }

  /** Result of each check: "ok" or what is wrong. Each has two seconds. */
  async check(): Promise<{ ready: boolean; checks: Record<string, string> }> {
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    const checks: Record<string, string> = Object.fromEntries(results);
    if (this.#leaving) checks.process = "shutting down";
    if (!this.healthy) checks.process = "unhealthy on purpose (fault)";
    return { ready: Object.values(checks).every((state) => state === "ok"), checks };
  }

  /**
   * Leaves on SIGTERM or SIGINT: every step in turn, exit code 0; exit code 1 when a step fails or the steps together
   * take longer than SHUTDOWN_GRACE_MS. A second signal changes nothing.
   */
  leaveOnSignals(): void {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => void this.#leave(signal));
    }
  }

  async #leave(signal: NodeJS.Signals): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    const began = Date.now();
    const graceMs = this.#settings.SHUTDOWN_GRACE_MS;
    this.#log.info({ signal, graceMs }, "shutting down");
    let step = "";
    setTimeout(() => {
      this.#log.error({ step }, "still not done at the end of the grace period: leaving");
      process.exit(1);
    }, graceMs).unref();
    let failed = false;
    for (const { name, run } of this.#steps) {
      step = name;
      try {
        await run();
      } catch (error) {
        failed = true;
        this.#log.error({ step, err: error }, "a step of shutting down failed");
      }
    }
    this.#log.info({ ms: Date.now() - began }, "shut down");
    process.exit(failed ? 1 : 0);
  }
}

async function outcome(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer within 2 s")), 2_000);
  });
  try {
    await Promise.race([check(), late]);
    return "ok";
  } catch (error) {
    return reason(error);
  } finally {
    clearTimeout(timer);
  }
}

/** A reason fit for anyone who can reach /ready: clients name hosts and users in their messages, codes they don't. */
function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : `failed (${code})`;
}
