// What a system says of how it is accepted: the requests, jobs and query by which `tandem checklist` finds out whether
// an environment works, and `tandem performance` whether two of them are equally fast.
import type { Settings, ValuesOf } from "./define.ts";
import type { SmokeTest } from "./release.ts";

/** How a job is given to the workers, and how its end shows. */
export interface JobTest {
  /** Sent by POST. Its answer is JSON with an `id`. */
  submit: SmokeTest;
  /** Where the job is looked up; 404 for an id that there is no job of. */
  look(id: string): string;
  /** What the answer holds once the job is done. */
  done: string;
}

/** A query of the application's own, which only reads. */
export interface QueryTest {
  /** Variable of the first service that holds the database's URL. */
  variable: string;
  sql: string;
}

/** What there is to try. None of it may change what users see: it runs in production too. */
export interface AcceptanceDefinition<K extends Settings = Settings> {
  /** Services, as the topology names them, that must have started cleanly. */
  services: readonly [string, ...string[]];
  /** Requests that read: every kind that the application answers. */
  endpoints(values: ValuesOf<K>): SmokeTest[];
  /** @default the system has no workers */
  job?(values: ValuesOf<K>): JobTest;
  /** @default the system has no database */
  query?: QueryTest;
}
