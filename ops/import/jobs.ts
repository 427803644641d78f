// Services that run once before others start: a migration is an argument of the application here, all else a Job.
import type { ComposeService } from "./compose/model.ts";
import type { Notes } from "./notes.ts";
import { type PairedService, STACKS } from "./pair.ts";

const MIGRATES = /migrat|alembic|flyway|liquibase|prisma (db|migrate)|db:(setup|prepare|migrate)/i;

/** What the services of a project are. */
export interface Jobs {
  /** All but those that are migrations of others. */
  apps: PairedService[];
  /** Command of its migration, by service. */
  migrations: Map<string, string[]>;
  /** Those of `apps` that run once. */
  once: Set<string>;
}

/** Tells services that run on from those that run once. */
export function jobsOf(apps: readonly PairedService[], notes: Notes): Jobs {
  const awaited = new Set(
    apps.flatMap(({ main }) =>
      Object.entries(main.dependsOn).flatMap(([name, condition]) =>
        condition === "service_completed_successfully" ? [name] : [],
      ),
    ),
  );
  const ending = apps.filter(({ name, main }) => awaited.has(name) || isMigration(name, main));
  const running = apps.filter((app) => !ending.includes(app));
  const migrations = new Map<string, string[]>();
  const once = new Set<string>();
  for (const job of ending) {
    const command = [...(job.main.entrypoint ?? []), ...(job.main.command ?? [])];
    const same = running.filter(({ main }) => imageText(main) === imageText(job.main));
    const owner = same.find(({ main }) => Object.hasOwn(main.dependsOn, job.name)) ?? same[0];
    if (owner !== undefined && command.length > 0 && !migrations.has(owner.role)) {
      migrations.set(owner.role, command);
      handOn(job, owner);
      notes.taken(job.name, `the migration of ${owner.role}: it must succeed before a new version starts`);
    } else if (job.main.command === undefined) {
      notes.decide(
        job.role,
        "it runs once, with its image's own command, which a Job has to name",
        `new Job("${job.role}", { env, image, command: ["your-command"], limits })`,
      );
    } else {
      once.add(job.role);
      notes.taken(job.name, "a Job: it must end well before what waits for it starts");
    }
  }
  return { apps: apps.filter((app) => running.includes(app) || once.has(app.role)), migrations, once };
}

/** Its variables are the service's, which its migration gets as well. */
function handOn(job: PairedService, owner: PairedService): void {
  for (const stack of STACKS) {
    const [from, to] = [job.by[stack], owner.by[stack]];
    if (from === undefined || to === undefined) continue;
    to.environment = { ...from.environment, ...to.environment };
    to.dependsOn = { ...from.dependsOn, ...to.dependsOn };
  }
}

function isMigration(name: string, { command = [], restart, ports }: ComposeService): boolean {
  const ends = restart === "no" || restart === "on-failure" || restart === undefined;
  return ends && ports.length === 0 && (MIGRATES.test(name) || /^(migrate|seed)/.test(command.join(" ")));
}

/** What an image is made of, for comparing two. */
function imageText({ image, build }: ComposeService): string {
  return build === undefined
    ? `image ${image ?? ""}`
    : `build ${build.context} ${build.dockerfile ?? ""} ${build.target ?? ""}`;
}
