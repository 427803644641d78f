// A run of a migration from its check to its log entry: SQL looked at, restore point made, command run, all written down.

import { randomUUID } from "node:crypto";
import type Docker from "dockerode";
import { labels } from "../../../lib/docker/labels.ts";
import type { CallContext } from "../../../plugin/handler.ts";
import type { Properties } from "../../../plugin/values.ts";
import type { DockerHost } from "../../docker/docker-host.ts";
import { whilePaused } from "../../docker/scheduler.ts";
import { countTables, makeRestorePoint, pruneRestorePoints } from "../restore-point.ts";
import { MigrationFailure, runContainer } from "./container.ts";
import { type MigrationEntry, migrationLog, writeEntry } from "./log.ts";
import {
  type MigratedDatabase,
  nothingPending,
  type Pending,
  pendingFiles,
  type SqlSource,
} from "./pending.ts";
import { type Finding, sqlRisks } from "./sql-risks.ts";

type Context = CallContext<DockerHost>;

/** What stands in the log about a finding. */
function brief({ rule, file, line }: Finding): string {
  return `${rule} ${file}:${line}`;
}

/** What is about to run; undefined where the image has no such folder, or the topology doesn't name one. */
async function pendingOf(docker: Docker, inputs: Properties, prepare = false): Promise<Pending | undefined> {
  const sql = inputs.sql as unknown as SqlSource | undefined;
  if (sql === undefined) return undefined;
  const database = inputs.database as unknown as MigratedDatabase | undefined;
  const labels = inputs.labels as Record<string, string>;
  return pendingFiles(docker, String(inputs.imageId), sql, database, labels, prepare);
}

/** The same in an update, without a word; undefined also where the host can't be asked. */
export async function pendingNow(inputs: Properties, ctx: Context): Promise<Pending | undefined> {
  return ctx.client
    .docker()
    .then((docker) => pendingOf(docker, inputs, true))
    .catch(() => undefined);
}

/** Looks at the SQL that is about to run and warns of what destroys, locks or breaks. */
export async function warnOfRisks(
  docker: Docker,
  inputs: Properties,
  ctx: Context,
): Promise<{ pending?: Pending; findings: Finding[] }> {
  const sql = inputs.sql as unknown as SqlSource | undefined;
  if (sql === undefined) return { findings: [] };
  const pending = await pendingOf(docker, inputs);
  if (pending === undefined) {
    ctx.log("warning", `The image has no folder ${sql.folder}: the SQL of its migrations is not checked.`);
    return { findings: [] };
  }
  const findings = await sqlRisks(pending.files);
  for (const { kind, file, line, statement, reason, source } of findings) {
    ctx.log("warning", `migration ${kind}: ${file}:${line}: ${statement}\n  ${reason} (${source})`);
  }
  return { pending, findings };
}

/** Makes the restore point that the stack asks for; none where nothing is pending, or no table is there yet. Returns its name. */
async function restorePoint(
  docker: Docker,
  inputs: Properties,
  pending: Pending | undefined,
  ctx: Context,
): Promise<string | undefined> {
  const keep = Number(inputs.restorePoints ?? 0);
  const database = inputs.database as unknown as MigratedDatabase | undefined;
  if (keep === 0 || database === undefined) return undefined;
  if (nothingPending(pending)) {
    ctx.log("info", `no migration is pending for ${database.name}: no restore point is made`);
    return undefined;
  }
  if ((await countTables(docker, database)) === 0) return undefined;
  ctx.status(`making a restore point of ${database.name}`);
  const point = await makeRestorePoint(docker, database, "migration").catch((error: Error) => {
    throw new MigrationFailure(
      `No restore point could be made, so the migration was not run: ${error.message}\n` +
        "No container and no route was changed. Fix the cause, or set restorePoints to 0, and run `up` again.",
      [],
    );
  });
  const size = `${(point.bytes / 1024).toFixed(0)} KiB, ${point.tables} tables`;
  ctx.log("info", `restore point ${point.name} of ${database.name} (${size}) is readable`);
  const gone = await pruneRestorePoints(docker, database, keep);
  if (gone.length > 0) ctx.log("info", `kept ${keep} restore points; deleted ${gone.join(", ")}`);
  return point.name;
}

/** Digests of an image in registries; none for one that was built on the host. */
async function digestsOf(docker: Docker, imageId: string): Promise<string[]> {
  return (await docker.getImage(imageId).inspect()).RepoDigests ?? [];
}

/** Writes to the log, which must not fail a migration. */
function keep(entry: MigrationEntry, inputs: Properties, ctx: Context): void {
  const own = inputs.labels as Record<string, string>;
  const [system, environment] = [own[labels.system], own[labels.environment]];
  if (system === undefined || environment === undefined) return;
  const file = migrationLog(system, environment);
  const { reason, output } = entry;
  try {
    writeEntry(file, {
      ...entry,
      // What a migration prints may be all that it was given.
      ...(reason === undefined ? {} : { reason: ctx.clean(reason) }),
      output: output.map((line) => ctx.clean(line)),
    });
  } catch (error) {
    ctx.log("warning", `The log of migrations could not be written: ${(error as Error).message}`);
  }
}

/**
 * Runs the migration while the service's jobs are paused; returns what the state keeps of the run.
 *
 * @throws when it fails or may not begin; the log has it then, too.
 */
export async function runMigration(inputs: Properties, ctx: Context): Promise<Properties> {
  const docker = await ctx.client.docker();
  return whilePaused(docker, inputs, ctx, () => run(docker, inputs, ctx));
}

async function run(docker: Docker, inputs: Properties, ctx: Context): Promise<Properties> {
  const { pending, findings } = await warnOfRisks(docker, inputs, ctx);
  const began = Date.now();
  const startedAt = new Date(began).toISOString();
  const database = inputs.database as unknown as MigratedDatabase | undefined;
  const entry: MigrationEntry = {
    id: randomUUID(),
    startedAt,
    service: (inputs.labels as Record<string, string>)[labels.component] ?? "",
    ...(database === undefined ? {} : { database: database.name }),
    imageId: String(inputs.imageId),
    digests: await digestsOf(docker, String(inputs.imageId)),
    command: inputs.command as string[],
    ...(pending?.known === true ? { pending: pending.files.map(({ name }) => name) } : {}),
    findings: findings.map(brief),
    result: "interrupted",
    output: [],
  };
  let result: MigrationEntry["result"] = "not-run";
  try {
    const point = await restorePoint(docker, inputs, pending, ctx);
    if (point !== undefined) entry.restorePoint = point;
    // Its end is written in a second line; without one the engine was killed meanwhile.
    keep(entry, inputs, ctx);
    result = "failed";
    const output = await runContainer(docker, inputs, ctx);
    const durationMs = Date.now() - began;
    keep({ ...entry, durationMs, result: "succeeded", output }, inputs, ctx);
    // So that the next preview can ask: it prepares nothing by itself.
    if (pending?.read === false) await pendingOf(docker, inputs, true).catch(() => undefined);
    ctx.log("info", `${String(inputs.noun ?? "migration")} finished in ${(durationMs / 1000).toFixed(1)} s`);
    return { startedAt, durationMs };
  } catch (error) {
    const output = error instanceof MigrationFailure ? error.output : [];
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
    keep({ ...entry, durationMs: Date.now() - began, result, reason, output }, inputs, ctx);
    if (entry.restorePoint === undefined || result === "not-run") throw error;
    const hint = `Restore point ${entry.restorePoint} has the rows from before.`;
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${hint}`);
  }
}
