// Data: losing it takes a decision that somebody wrote down.
import { type Facts, type Finding, type Rule, records, type Subject, text, types } from "../rule.ts";

/** Names of the volumes that a guard stands for. */
function guardedVolumes(subjects: readonly Subject[]): Map<string, boolean> {
  return new Map(
    subjects
      .filter(({ type }) => type === types.guard)
      .flatMap(({ facts }) => {
        const volume = text((facts.identity as { volume?: unknown } | undefined)?.volume);
        return volume === undefined ? [] : [[volume, facts.released === true] as const];
      }),
  );
}

function unprotected(subjects: readonly Subject[]): Finding[] {
  const volumes = guardedVolumes(subjects);
  const open = subjects.filter(({ type, facts, protected: safe }) => {
    if (safe) return false;
    if (type === types.database) return true;
    // Released data is told by a rule of its own.
    return type === types.volume && volumes.get(text(facts.name) ?? "") === false;
  });
  return open.map(({ urn, facts }) => ({
    urn,
    text: `${text(facts.name) ?? "it"} can be deleted by an update`,
  }));
}

function isReleased(subjects: readonly Subject[]): boolean {
  return subjects.some(({ type, facts }) => type === types.guard && facts.released === true);
}

/** Folders in which servers keep their data. */
const DATA_FOLDER = /^\/(data|var\/lib\/(postgresql|mysql|redis|mongodb))(\/|$)/;

/** Volumes that a container mounts where servers keep data, each once. */
function dataVolumes(facts: Facts): string[] {
  const mounts = [
    ...records(facts.volumes).map(({ volumeName, containerPath }) => [volumeName, containerPath]),
    ...records(facts.mounts)
      .filter(({ type }) => type === "volume")
      .map(({ source, target }) => [source, target]),
  ];
  return [
    ...new Set(
      mounts.flatMap(([volume, path]) => (DATA_FOLDER.test(text(path) ?? "") ? (text(volume) ?? []) : [])),
    ),
  ];
}

export const data: readonly Rule[] = [
  {
    name: "production-data",
    group: "data",
    title: "Production's volumes and databases are protected.",
    reason: "The engine deletes what leaves the program; protection makes that an error instead of a loss.",
    fix: "set protectData to true, or release single data on purpose with releaseData",
    level: "mandatory",
    // A release is for one update; what it opens is told by `data-release`.
    checkStack: (subjects, { settings }) =>
      settings.production && !isReleased(subjects) ? unprotected(subjects) : [],
  },
  {
    name: "data-release",
    group: "data",
    title: "No release of production's data stays in force.",
    reason: "A release is meant for one update. Left in the stack's file it opens the next one, too.",
    fix: "take the role out of releaseData after the update that needed it",
    level: "advisory",
    types: [types.guard],
    check: ({ facts }, { settings }) =>
      settings.production && facts.released === true
        ? [`${text(facts.subject) ?? "its data"} may be destroyed`]
        : [],
  },
  {
    name: "guarded-volumes",
    group: "data",
    title: "A volume with a database's data has a guard.",
    reason:
      "A changed volume name puts an empty folder where data is now, and nothing is deleted, so nothing warns.",
    fix: "make it through PgDatabase, RedisInstance or StatefulService, or add a DataGuard with the volume's name",
    level: "mandatory",
    checkStack(subjects) {
      const guarded = guardedVolumes(subjects);
      return subjects
        .filter(({ type }) => type === types.container)
        .flatMap(({ urn, facts }) =>
          dataVolumes(facts)
            .filter((volume) => !guarded.has(volume))
            .map((volume) => ({ urn, text: `the volume ${volume} holds a server's data and has no guard` })),
        );
    },
  },
];
