// Where a scheduler's container has what it needs: programs and facts that are put into it before it starts, and its crontab.

/** The image that the scheduler comes from: set-up makes it of supercronic's Go module, since nobody publishes one. */
export const SCHEDULER_IMAGE = "tandem-supercronic:0.2.48";

/** Folder of the programs: the scheduler, BusyBox, and a link `sh` to it, for images without a shell. */
export const PROGRAMS_DIR = "/run/tandem";
/** The scheduler's program. */
export const SCHEDULER = `${PROGRAMS_DIR}/supercronic`;
/** A shell, in every image. */
export const SHELL = `${PROGRAMS_DIR}/sh`;
/** Puts the words of the image's entry point before those of a job's command. */
export const ENTRY_POINT = `${PROGRAMS_DIR}/entrypoint`;
/** The last runs of each job under schedulers before this one. */
export const EARLIER_RUNS = `${PROGRAMS_DIR}/earlier-runs`;
/** Folder of the crontab and of the jobs, one file each. */
export const JOBS_DIR = "/run/tandem-jobs";
/** The crontab. */
export const CRONTAB = `${JOBS_DIR}/crontab`;

/** A word as a POSIX shell takes it. */
export function shellWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
