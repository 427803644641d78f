// The versions of a stack with what belongs to each: its images' names, migrations, what users noticed; and restore points.
import { type MigrationEntry, migrationLog, readEntries } from "../../../provider/postgres/migrations/log.ts";
import { listRestorePoints, type RestorePoint } from "../../../provider/postgres/restore-point.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { dockerHostOf, localDeployment, type Session } from "../../engine/session.ts";
import { countTraffic, type Span, type Traffic } from "./access-log.ts";
import { loadRelease } from "./definition.ts";
import { imageFacts, shownName } from "./images.ts";
import { migratedDatabases } from "./restore.ts";
import { type RecordedTraffic, readTraffic } from "./traffic.ts";
import { readVersions, rolledBackTo, type Version } from "./versions.ts";

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

/** The newest versions of a stack, oldest first. @throws UserError when the engine or its Docker host doesn't answer. */
export async function historyOf(session: Session, limit: number): Promise<History> {
  // Without a word of the system on its images the rest of the history is still worth showing.
  const release = await loadRelease(session.project, session.stack).catch(() => undefined);
  return await collect(session, (await readVersions(session, release?.definition)).slice(-limit));
}
