// tandem:docker:Migration: a one-shot container that must succeed before a new version starts.
import { migrationProblems } from "../../lib/docker/migration.ts";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { hasUnknown, type Properties, sameValue, UNKNOWN } from "../../plugin/values.ts";
import { failuresOf } from "../docker/argument-failures.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { nothingPending } from "./migrations/pending.ts";
import { pendingNow, runMigration, warnOfRisks } from "./migrations/run.ts";

type Context = CallContext<DockerHost>;

/** What it is given. A change of it runs the migration again, unless its database has all that the image brings. */
const SETTINGS = ["environment", "files"];
/** A change of one of these runs the migration again. */
const RUNS_AGAIN = ["command", ...SETTINGS, "triggers"];
/** The image does so too, unless it has run on this database already: then there is nothing left for it to do. */
const COMPARED = [
  ...RUNS_AGAIN,
  "imageId",
  "containerName",
  "user",
  "network",
  "networks",
  "labels",
  "timeoutSeconds",
  "memoryMb",
  "cpus",
  "pids",
  "sql",
  "database",
  "restorePoints",
];
/** Images that the state remembers as having run. */
const REMEMBERED = 50;

/** Ids of the images that ran with everything else as it is now, newest first. */
function ran(olds: Properties): string[] {
  return Array.isArray(olds.ran) ? olds.ran.map(String) : [String(olds.imageId)];
}

/**
 * Whether it has to run. `restored` is what `tandem rollback --database` leaves in the state: the database is an earlier
 * one, so nothing counts as having run on it.
 */
function mustRun(olds: Properties | undefined, inputs: Properties): boolean {
  if (olds === undefined || olds.restored !== undefined) return true;
  if (RUNS_AGAIN.some((key) => !sameValue(olds[key] ?? null, inputs[key] ?? null))) return true;
  if (sameValue(olds.imageId, inputs.imageId)) return false;
  return typeof inputs.imageId !== "string" || !ran(olds).includes(inputs.imageId);
}

/**
 * Whether only its settings changed since this very image ran here: it has to run only if something is pending, which
 * its database knows. A setting that leads to another database shows as pending as well.
 */
function onlySettingsChanged(olds: Properties | undefined, inputs: Properties): olds is Properties {
  if (olds === undefined || olds.restored !== undefined) return false;
  const others = RUNS_AGAIN.filter((key) => !SETTINGS.includes(key));
  if (others.some((key) => !sameValue(olds[key] ?? null, inputs[key] ?? null))) return false;
  return typeof inputs.imageId === "string" && ran(olds).includes(inputs.imageId);
}

async function run(inputs: Properties, before: string[], ctx: Context): Promise<Properties> {
  const imageId = String(inputs.imageId);
  const last = await runMigration(inputs, ctx);
  return {
    ...inputs,
    ...last,
    ran: [imageId, ...before.filter((id) => id !== imageId)].slice(0, REMEMBERED),
  };
}

/** What the state keeps where nothing is to run. */
function unchanged(olds: Properties, inputs: Properties): Properties {
  return { ...inputs, startedAt: olds.startedAt, durationMs: olds.durationMs, ran: olds.ran };
}

/** A variable or file by its name: a preview can then say which one changes, where the values are secret. */
function changedPaths(key: string, old: unknown, fresh: unknown): string[] {
  if (key !== "environment" && key !== "files") return [key];
  const [before, after] = [old, fresh].map((value) => (isTable(value) ? value : {})) as [
    Properties,
    Properties,
  ];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const paths = names
    .filter((name) => !sameValue(before[name] ?? null, after[name] ?? null))
    .map((name) => `${key}[${JSON.stringify(name)}]`);
  return paths.length > 0 ? paths : [key];
}

function isTable(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Runs at creation and whenever command, environment, files, triggers or image change; where only environment and files
 * do, and the database says that nothing is pending, it doesn't.
 */
export const migration: ResourceHandler<DockerHost> = {
  check: ({ news }) => ({ inputs: news, failures: failuresOf(migrationProblems(news)) }),
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    for (const key of COMPARED) {
      if (sameValue(olds[key] ?? null, news[key] ?? null)) continue;
      for (const path of changedPaths(key, olds[key], news[key])) changes[path] = "update";
    }
    if (olds.restored !== undefined) changes.database = "update";
    return { changes };
  },
  async preview({ inputs, olds }, ctx) {
    if (olds !== undefined && !mustRun(olds, inputs)) return unchanged(olds, inputs);
    if (!hasUnknown(inputs.imageId)) {
      // To be told of before anything is touched; a host that doesn't answer is the update's own failure.
      const look = await ctx.client
        .docker()
        .then((docker) => warnOfRisks(docker, inputs, ctx))
        .catch(() => undefined);
      if (onlySettingsChanged(olds, inputs) && nothingPending(look?.pending)) return unchanged(olds, inputs);
    }
    return { ...inputs, startedAt: UNKNOWN, durationMs: UNKNOWN, ran: UNKNOWN };
  },
  async create({ inputs }, ctx) {
    return { id: String(inputs.containerName), outputs: await run(inputs, [], ctx) };
  },
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  async update({ olds, inputs }, ctx) {
    if (!mustRun(olds, inputs)) {
      if (!sameValue(olds.imageId, inputs.imageId)) {
        ctx.log("info", "this image's migrations have run on this database already; nothing is run");
      }
      return unchanged(olds, inputs);
    }
    if (onlySettingsChanged(olds, inputs) && nothingPending(await pendingNow(inputs, ctx))) {
      ctx.log("info", "only settings changed, and nothing is pending in the database; no migration is run");
      return unchanged(olds, inputs);
    }
    const others = RUNS_AGAIN.some((key) => !sameValue(olds[key] ?? null, inputs[key] ?? null));
    return run(inputs, olds.restored !== undefined || others ? [] : ran(olds), ctx);
  },
  // What a migration did stays done.
  delete: () => undefined,
};
