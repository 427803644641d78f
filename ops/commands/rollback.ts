// `tandem rollback`: back to a version that served well, by its images and through the same switch as any deploy; or
// back to a restore point of the database, or of a service that dumps itself.

import { openForRollback, type StackOptions } from "../deploy/open-stack.ts";
import { noteEnd } from "../deploy/recovery/open-ends.ts";
import { loadRelease, type Release } from "../deploy/release/definition.ts";
import { sameImages, servedImages } from "../deploy/release/images.ts";
import { nameImages, redeploy } from "../deploy/release/redeploy.ts";
import { restoreDatabase } from "../deploy/release/restore.ts";
import { restoreServicePoint } from "../deploy/release/service-points.ts";
import { chosenVersion, lastGood, readVersions, type Version } from "../deploy/release/versions.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject } from "../engine/project.ts";
import { confirm } from "../engine/prompt.ts";
import { say } from "../engine/say.ts";
import type { Session } from "../engine/session.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { stackCommand, upCommand } from "../engine/systems.ts";
import { type AddCommand, giveWayUnasked, waitOption, wholeNumber, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface RollbackOptions extends StackOptions {
  /** Number of a version from the history. @default the last that served well */
  to?: number;
  /** Restore the database: the name of a restore point, or true for the newest. @default it is left alone */
  database?: string | true;
  /** A service whose data is brought back, and nothing else. @default none */
  service?: string;
  /** Its restore point. @default the newest */
  point?: string;
  /** Don't ask. */
  yes?: boolean;
}

/** Settings that were others then: they stay as they are, which may matter to the old image. */
function otherSettings(then: Version, now: Version | undefined, images: readonly string[]): string[] {
  const keys = new Set([...Object.keys(then.config), ...Object.keys(now?.config ?? {})]);
  return [...keys].filter((key) => !images.includes(key) && then.config[key] !== now?.config[key]).sort();
}

async function target(session: Session, release: Release, to: number | undefined) {
  const versions = await readVersions(session, release.definition);
  if (versions.length > 0 && versions.every(({ images }) => images === undefined)) {
    throw new UserError(
      "the backend of this stack does not keep the state of earlier versions, so their images are not known",
      `set the image in ${session.file.path} to the digest to go back to, and run \`${upCommand(session.project, session.stack)}\``,
    );
  }
  const version = to === undefined ? lastGood(versions) : chosenVersion(versions, to);
  if (version === undefined) {
    throw new UserError(
      `${session.stack} has no earlier version to go back to`,
      `see \`${stackCommand(session.project, "history", session.stack)}\``,
    );
  }
  return { version, newest: versions.findLast(({ kind }) => kind === "update") };
}

async function rollBackImages(session: Session, release: Release, options: RollbackOptions): Promise<number> {
  const { project, stack, file } = session;
  const { version, newest } = await target(session, release, options.to);
  const images = version.images ?? {};
  const serving = servedImages((await currentDeployment(session)) ?? {}, release.definition);
  if (sameImages(serving, images) && newest?.result === "succeeded") {
    noteEnd(session);
    process.stdout.write(`${stack} serves version ${version.number} already; nothing was done\n`);
    return 0;
  }
  const named = await nameImages(
    session,
    images,
    `version ${version.number}, by tandem rollback`,
    `choose another: ${stackCommand(project, "history", stack)}; or build it again and set it in ${file.path}`,
  );
  for (const [setting, { reference, comment }] of Object.entries(named)) {
    say(`${setting}: ${serving[setting] ?? "nothing"} → ${reference} (${comment})`);
  }
  const others = otherSettings(version, newest, Object.keys(images));
  if (others.length > 0) say(`set otherwise then, and left as they are: ${others.join(", ")}`);
  if (options.yes !== true) {
    await confirm(`Roll ${stack} back to version ${version.number} of ${version.startedAt}?`, "--yes");
  }
  const deed = `rollback to ${version.number}`;
  return await redeploy({ session, release, images, named, deed, what: `version ${version.number}` });
}

/** @throws UserError where options name two things to go back to: to do one of them only, unasked, could be the wrong one */
export function rejectMixed({ service, point, to, database }: RollbackOptions): void {
  if (point !== undefined && service === undefined)
    throw new UserError("--point names a restore point of a service", "add --service", 2);
  if (service !== undefined && (to !== undefined || database !== undefined))
    throw new UserError(
      `--service brings back the data of ${service}, and nothing else`,
      "leave out --to and --database, or run it twice",
      2,
    );
}

/**
 * Runs the command.
 *
 * @returns the exit code: the engine's; 1 when a smoke test fails afterwards.
 * @throws UserError when there is nothing to go back to, or it is not confirmed.
 */
export async function rollback(stack: string, options: RollbackOptions): Promise<number> {
  rejectMixed(options);
  if (options.service !== undefined) {
    const session = await openForRollback(stack, options);
    await restoreServicePoint(session, options.service, options);
    noteEnd(session);
    return 0;
  }
  const release = await loadRelease(loadProject(options.project), stack);
  const session = await openForRollback(stack, options);
  // The old version can bear a newer schema, if migrations are made that way; the new one can't bear an older.
  if (options.database === undefined || options.to !== undefined) {
    const code = await rollBackImages(session, release, options);
    if (code !== 0 || options.database === undefined) return code;
  }
  return await restoreDatabase(session, release, options.database, options.yes === true);
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("rollback")
    .hook("preAction", giveWayUnasked)
    .description(
      "go back to a version that served well, by its images; or to a restore point of the database",
    )
    .argument("[stack]", "environment", "staging")
    .option(
      "--to <version>",
      "a version from `tandem history`; the last one that served well without it",
      wholeNumber,
    )
    .option("--database [name]", "restore the database: a restore point, the newest without a name")
    .option("--service <name>", "restore the data of a StatefulService instead")
    .option("--point <name>", "its restore point (default: the newest)")
    .option(...yesOption)
    .option(...waitOption)
    .action(async (stack: string, options: { wait: number }) => {
      process.exitCode = await rollback(stack, merged(options));
    });
