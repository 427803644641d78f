// The first look of an AppService at its jobs: before anything is registered.
import { seconds } from "../lib/docker/values.ts";
import { schedule } from "../lib/jobs/schedule.ts";
import type { AppServiceArgs } from "./app-service.ts";
import type { ArgumentChecks } from "./argument-checks.ts";
import { isLater } from "./checked-inputs.ts";
import { AUTONAME_LENGTH } from "./container.ts";
import { schedulerRole } from "./jobs.ts";

/** Longest name of a job: it is a file's, and stands in tables. */
const MOST_NAME = 40;

/** Adds what is wrong with a service's jobs. */
export function checkJobs(checks: ArgumentChecks, name: string, { env, jobs }: AppServiceArgs): void {
  if (jobs === undefined) return;
  if (typeof jobs !== "object" || jobs === null || Array.isArray(jobs) || isLater(jobs)) {
    checks.add("jobs", "must be jobs by name, written down");
    return;
  }
  if (Object.keys(jobs).length > 0) checks.name(env.name(schedulerRole(name)), AUTONAME_LENGTH);
  for (const [job, spec] of Object.entries(jobs)) {
    const argument = `jobs.${job}`;
    if (!/^[a-z][a-z0-9-]*$/.test(job) || job === "crontab" || job.length > MOST_NAME)
      checks.add(
        argument,
        `must have a name of lower-case letters, digits and hyphens that begins with a letter, ${MOST_NAME} at most, and not 'crontab'`,
      );
    if (typeof spec !== "object" || spec === null || isLater(spec)) {
      checks.add(argument, "must be a schedule and a command, written down");
      continue;
    }
    checks
      .required(`${argument}.schedule`, spec.schedule, schedule)
      .command(`${argument}.command`, spec.command)
      .optional(`${argument}.timeoutSeconds`, spec.timeoutSeconds, seconds());
  }
}
