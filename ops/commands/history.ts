// `tandem history`: who deployed what, when, from which commit, how long it took, what became of it, what users noticed.
import pc from "picocolors";
import { type MigrationEntry, migrationLog, readEntries } from "../../provider/migrations/log.ts";
import { listRestorePoints, type RestorePoint } from "../../provider/restore-point.ts";
import { formatSeconds } from "../../toolchain/durations.ts";
import { withDocker } from "../docker-client.ts";
import { loadProject, loadStackFile } from "../project.ts";
import { countTraffic, type Span, type Traffic } from "../release/access-log.ts";
import { loadRelease } from "../release/definition.ts";
import { imageFacts, shownName } from "../release/images.ts";
import { migratedDatabases } from "../release/restore.ts";
import { type RecordedTraffic, readTraffic } from "../release/traffic.ts";
import { readVersions, rolledBackTo, type Version } from "../release/versions.ts";
import { dockerHostOf, localDeployment, openSession, type Session } from "../session.ts";
import { renderTable } from "../table.ts";

/** Options of the command. */
export interface HistoryOptions {
  project?: string;
  json?: boolean;
  /** How many versions, the newest. */
  limit: number;
}

/** A version, as `--json` shows it. */
export interface HistoryEntry extends Omit<Version, "config"> {
  durationSeconds?: number;
  /** Tags of its images, by the setting that names them, where the Docker host still has them. */
  names: Record<string, string>;
  /** The version that it rolled back to. */
  rollbackTo?: number;
  /** What the gateway saw during it; absent where that is not known. */
  traffic?: Traffic;
  /** Runs of migrations during it. */
  migrations: MigrationEntry[];
}

/** What `--json` shows. */
export interface History {
  environment: string;
  versions: HistoryEntry[];
  restorePoints: RestorePoint[];
}

function spanOf({ startedAt, endedAt }: Version): Span {
  return {
    from: Date.parse(startedAt) / 1000,
    to: endedAt === undefined ? Date.now() / 1000 : Date.parse(endedAt) / 1000,
  };
}

/** Whether something that began then belongs to the version; its times are whole seconds, and cut off. */
function within({ from, to }: Span, time: string): boolean {
  const at = Date.parse(time) / 1000;
  return at >= from - 1 && at <= to + 1;
}

/** What was kept of a deploy, whose times lie around the engine's own. */
function recordedFor(span: Span, recorded: readonly RecordedTraffic[]): Traffic | undefined {
  const found = recorded.find(
    ({ startedAt, endedAt }) =>
      Date.parse(startedAt) / 1000 <= span.from + 1 && Date.parse(endedAt) / 1000 >= span.to - 1,
  );
  return found === undefined ? undefined : { requests: found.requests, failed: found.failed };
}

async function collect(session: Session, versions: readonly Version[]): Promise<History> {
  const { project, stack, file } = session;
  const recorded = readTraffic(session);
  const runs = readEntries(migrationLog(project.name, stack));
  return await withDocker(dockerHostOf(project, file), async (docker) => {
    const spans = versions.map(spanOf);
    const kept = spans.map((span) => recordedFor(span, recorded));
    const asked = spans.filter((_, index) => kept[index] === undefined);
    const counted = await countTraffic(docker, project.name, stack, asked);
    const traffic = kept.map((one, index) => one ?? counted[asked.indexOf(spans[index] as Span)]);
    const ids = new Set(versions.flatMap(({ images = {} }) => Object.values(images)));
    const facts = await Promise.all([...ids].map(async (id) => [id, await imageFacts(docker, id)] as const));
    const names = new Map(facts.flatMap(([id, fact]) => (fact === undefined ? [] : [[id, shownName(fact)]])));
    const points = await Promise.all(
      migratedDatabases(localDeployment(session) ?? {}).map((database) =>
        listRestorePoints(docker, database).catch((): RestorePoint[] => []),
      ),
    );
    return {
      environment: stack,
      versions: versions.map((version, index) =>
        entryOf(version, spans[index] as Span, traffic[index], names, runs),
      ),
      restorePoints: points.flat(),
    };
  });
}

function entryOf(
  { config: _, ...version }: Version,
  span: Span,
  traffic: Traffic | undefined,
  names: ReadonlyMap<string, string>,
  runs: readonly MigrationEntry[],
): HistoryEntry {
  const rollbackTo = rolledBackTo({ ...version, config: {} });
  const images = Object.entries(version.images ?? {});
  return {
    ...version,
    ...(version.endedAt === undefined ? {} : { durationSeconds: span.to - span.from }),
    names: Object.fromEntries(
      images.flatMap(([key, id]) => (names.has(id) ? [[key, names.get(id) ?? ""]] : [])),
    ),
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
    ...(traffic === undefined ? {} : { traffic }),
    migrations: runs.filter(({ startedAt }) => within(span, startedAt)),
  };
}

function row(entry: HistoryEntry): string[] {
  const paint = entry.result === "succeeded" ? pc.green : entry.result === "failed" ? pc.red : pc.yellow;
  const images = Object.entries(entry.images ?? {}).map(([key, id]) => entry.names[key] ?? id.slice(7, 19));
  const { traffic, durationSeconds } = entry;
  const migrated = entry.migrations.at(-1);
  return [
    String(entry.number),
    entry.startedAt.replace(/\.\d+Z$/, "Z"),
    entry.rollbackTo === undefined ? entry.kind : `rollback to ${entry.rollbackTo}`,
    images.join(" ") || "-",
    entry.commit?.slice(0, 8) ?? "-",
    entry.by ?? "-",
    durationSeconds === undefined ? "-" : formatSeconds(durationSeconds),
    paint(entry.result),
    migrated === undefined ? "-" : migrated.result,
    traffic === undefined ? "-" : `${traffic.failed} of ${traffic.requests}`,
  ];
}

const HEAD = [
  ...["version", "began", "what", "image", "commit", "by", "took", "result", "migration", "failed requests"],
];

/** The newest versions of a stack, oldest first. @throws UserError when the engine or its Docker host doesn't answer. */
export async function historyOf(session: Session, limit: number): Promise<History> {
  // Without a word of the system on its images the rest of the history is still worth showing.
  const release = await loadRelease(session.project, session.stack).catch(() => undefined);
  return await collect(session, (await readVersions(session, release?.definition)).slice(-limit));
}

/** Runs the command: prints the newest versions last. */
export async function history(stack: string, options: HistoryOptions): Promise<void> {
  const project = loadProject(options.project);
  const session = openSession(project, stack, loadStackFile(project, stack));
  const result = await historyOf(session, options.limit);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    return;
  }
  if (result.versions.length === 0) {
    process.stdout.write(`${stack} was never deployed\n`);
    return;
  }
  process.stdout.write(`${renderTable(HEAD, result.versions.map(row))}\n`);
  if (result.restorePoints.length === 0) return;
  const points = result.restorePoints.map(({ name, database, bytes, tables }) => [
    name,
    database,
    String(tables),
    `${Math.round(bytes / 1024)} KiB`,
  ]);
  process.stdout.write(`\n${renderTable(["restore point", "database", "tables", "size"], points)}\n`);
}
