// Jobs of a service: commands of its image that a scheduler, supercronic, runs at set times in a container of its own.
import * as pulumi from "@pulumi/pulumi";
import { labels } from "../lib/docker/labels.ts";
import { seconds } from "../lib/docker/values.ts";
import { CRONTAB, ENTRY_POINT, JOBS_DIR, SCHEDULER, SHELL, shellWord } from "../lib/jobs/place.ts";
import { crontabFields, schedule } from "../lib/jobs/schedule.ts";
import { checkedArgument, checkedDefault, checkedInput } from "./checked-inputs.ts";
import { runContainer } from "./container.ts";
import { BUSYBOX } from "./health-check.ts";
import { optionsOf } from "./image-options.ts";
import { present, secretsAsFiles } from "./secret-files.ts";
import type { ServiceInputs } from "./service-inputs.ts";

/** A command that runs at set times. */
export interface ScheduledJob {
  /**
   * When: five fields as crontab(5) has them, minute to day of the week, or six with seconds before them; or a word such as `@daily`.
   * In the service's `timeZone`, else in UTC.
   */
  schedule: pulumi.Input<string>;
  /** Command inside the service's image; the image's entry point gets it, as it gets a migration's. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /** Seconds that a run may take: it is asked to end then, and killed 10 seconds later. @default 3600 */
  timeoutSeconds?: pulumi.Input<number>;
}

/** Role of the scheduler's container. */
export const schedulerRole = (service: string) => `${service}-jobs`;

const TIMEOUT_SECONDS = 3600;
/** Seconds that a run has to end by itself at its limit. */
const KILL_SECONDS = 10;

/**
 * Makes the scheduler of a service's jobs. An earlier one ends before it starts, with the service's grace for what it runs, and
 * starts again if this one fails; so no job ever runs twice at a time.
 *
 * @param ready what must be there before: the new version, which serves
 */
export function createScheduler(
  parent: pulumi.ComponentResource,
  name: string,
  args: ServiceInputs,
  image: pulumi.Output<string>,
  ready: pulumi.Resource[],
): void {
  const { jobs = {}, env, component } = args;
  if (Object.keys(jobs).length === 0) return;
  const files = { ...args.files, ...jobFiles(component, jobs, args.timeZone) };
  const delivery = secretsAsFiles(env, args.secrets ?? {}, args.secretsAs ?? "env", files);
  const { entrypoint, stopSignal, ...options } = optionsOf(args);
  const role = schedulerRole(name);
  runContainer(parent, env, env.name(role), {
    role,
    labels: { [labels.jobsOf]: name },
    component,
    image,
    scheduler: entrypoint === undefined ? {} : { entrypoint },
    entrypoint: [BUSYBOX, "sh", "-c"],
    // A crontab that it can't take ends it before it counts as healthy.
    command: [`${SCHEDULER} -test ${CRONTAB} && exec ${SCHEDULER} -json -debug ${CRONTAB}`],
    ...options,
    stopSignal: "SIGTERM",
    user: args.user,
    environment: { ...present(args.environment), ...delivery.environment },
    stopFirst: true,
    files: delivery.files,
    filesVersion: delivery.version,
    volumes: args.volumes,
    networks: args.networks,
    limits: args.limits,
    health: { command: [BUSYBOX, "pidof", "supercronic"] },
    probe: true,
    healthTimeoutSeconds: args.healthTimeoutSeconds,
    stopGraceSeconds: args.stopGraceSeconds,
    dependsOn: ready,
  });
}

/** The crontab, and a file with the command of each job: a command's words may have line ends in them, a crontab's line not. */
function jobFiles(
  component: string,
  jobs: Record<string, ScheduledJob>,
  timeZone: string | undefined,
): Record<string, pulumi.Output<string>> {
  const all = Object.entries(jobs).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const lines = all.map(([job, spec]) =>
    pulumi
      .output(checkedArgument(component, `jobs.${job}.schedule`, spec.schedule, schedule))
      .apply((text) => `${crontabFields(text)} . ${JOBS_DIR}/${job}`),
  );
  const head = [`SHELL=${SHELL}`, `CRON_TZ=${timeZone ?? "UTC"}`];
  const scripts = all.map(([job, spec]) => {
    const command = checkedInput(component, spec.command, (known) => ({ command: known }));
    const limit = checkedDefault(
      component,
      `jobs.${job}.timeoutSeconds`,
      spec.timeoutSeconds,
      seconds(),
      TIMEOUT_SECONDS,
    );
    return [`${JOBS_DIR}/${job}`, pulumi.all([command, limit]).apply(([words, most]) => script(words, most))];
  });
  return {
    [CRONTAB]: pulumi.all(lines).apply((known) => [...head, ...known, ""].join("\n")),
    ...Object.fromEntries(scripts),
  };
}

/**
 * Runs the command within its limit, in a process group of its own. What it leaves running ends with it, also where that takes no
 * SIGTERM: the scheduler waits for the end of all output, and a run that never ends would be the last one.
 */
function script(command: readonly string[], limit: number): string {
  return [
    `set -- ${command.map(shellWord).join(" ")}`,
    `. ${ENTRY_POINT}`,
    `${BUSYBOX} setsid ${BUSYBOX} timeout -k ${KILL_SECONDS} ${Math.ceil(limit)} "$@" &`,
    "wait $!",
    "code=$?",
    "kill -TERM -$! 2>/dev/null",
    "n=0",
    `while [ $n -lt 10 ] && kill -0 -$! 2>/dev/null; do ${BUSYBOX} sleep 0.1; n=$((n + 1)); done`,
    "kill -KILL -$! 2>/dev/null",
    "exit $code",
    "",
  ].join("\n");
}
