// Services that run once before others start: a migration is one, and an argument of the application here.
import type { ComposeService } from "./compose/model.ts";
import type { Notes } from "./notes.ts";
import { type PairedService, STACKS } from "./pair.ts";

const MIGRATES = /migrat|alembic|flyway|liquibase|prisma (db|migrate)|db:(setup|prepare|migrate)/i;

/** Tells services that run on from those that run once. */
export function jobsOf(apps: readonly PairedService[], notes: Notes) {
  const awaited = new Set(
    apps.flatMap(({ main }) =>
      Object.entries(main.dependsOn).flatMap(([name, condition]) =>
        condition === "service_completed_successfully" ? [name] : [],
      ),
    ),
  );
  const once = apps.filter(({ name, main }) => awaited.has(name) || isMigration(name, main));
  const running = apps.filter((app) => !once.includes(app));
  const jobs = new Map<string, string[]>();
  for (const job of once) {
    const command = [...(job.main.entrypoint ?? []), ...(job.main.command ?? [])];
    const same = running.filter(({ main }) => imageText(main) === imageText(job.main));
    const owner = same.find(({ main }) => Object.hasOwn(main.dependsOn, job.name)) ?? same[0];
    if (owner === undefined || command.length === 0 || jobs.has(owner.role)) {
      notes.decide(
        job.role,
        "it runs once and has an image of its own: no service here ends by itself. Make it the migration of a service, with a command of that service's image",
        'migration: { command: ["your-command"] }',
      );
      continue;
    }
    jobs.set(owner.role, command);
    // Its variables are the service's, which its migration gets as well.
    for (const stack of STACKS) {
      const [from, to] = [job.by[stack], owner.by[stack]];
      if (from !== undefined && to !== undefined) {
        to.environment = { ...from.environment, ...to.environment };
        to.dependsOn = { ...from.dependsOn, ...to.dependsOn };
      }
    }
    notes.taken(job.name, `the migration of ${owner.role}: it must succeed before a new version starts`);
  }
  return { apps: running, jobs };
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
