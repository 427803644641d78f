// `tandem down`: removes an environment's containers, network and routes; its data stays unless told otherwise.

import { openForDown, type StackOptions } from "../deploy/open-stack.ts";
import { deleteVolumes, requireUnused } from "../deploy/recovery/data-deletion.ts";
import { endOneOffs } from "../deploy/recovery/one-offs.ts";
import { noteEnd } from "../deploy/recovery/open-ends.ts";
import { configCommandFor } from "../engine/config-command.ts";
import { runEngine, stackFlags } from "../engine/engine.ts";
import { UserError } from "../engine/errors.ts";
import { inventory } from "../engine/inventory.ts";
import { countsAsProduction, flagSetting } from "../engine/project.ts";
import { confirm, confirmName } from "../engine/prompt.ts";
import { withRemoteHost } from "../engine/remote/remote-host.ts";
import { say } from "../engine/say.ts";
import { neededForward, type Session } from "../engine/session.ts";
import { refuseSharedInUse } from "../engine/shared-use.ts";
import type { Deployment } from "../engine/state/backend.ts";
import { hasRunning, isData, withoutData } from "../engine/state/kept-state.ts";
import {
  exportStack,
  hiddenBy,
  importStack,
  keepState,
  restoreData,
} from "../engine/state/state-transfer.ts";
import { upCommand } from "../engine/systems.ts";
import { type AddCommand, giveWayUnasked, waitOption, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface DownOptions extends StackOptions {
  /** Don't ask, where a yes is enough. */
  yes?: boolean;
  /** The environment's name, where a yes is not enough: production, or protected resources. */
  confirm?: string;
  /** Remove its volumes too. */
  deleteData?: boolean;
  /** The environment's name, typed, for --delete-data without a terminal. */
  yesDeleteDataOf?: string;
}

/** Does taking it down need more than a yes? */
function isGuarded({ stack, file }: Session, deployment: Deployment): boolean {
  return (
    countsAsProduction(stack, file) || (deployment.resources ?? []).some(({ protect }) => protect === true)
  );
}

async function confirmDown(session: Session, deployment: Deployment, options: DownOptions): Promise<void> {
  const { stack } = session;
  if (isGuarded(session, deployment)) {
    if (options.confirm === stack) return;
    if (options.confirm !== undefined) {
      throw new UserError(
        `--confirm ${options.confirm} does not name ${stack}: nothing was done`,
        `--confirm ${stack}`,
        2,
      );
    }
    await confirmName(`This stops ${stack}: its hostnames will not answer.`, stack, `--confirm ${stack}`);
  } else if (options.yes !== true) {
    await confirm(`Take ${stack} down? Its data stays.`, "--yes");
  }
}

/** What the stack's settings protect is not deleted, whatever is confirmed. */
function refuseProtected({ project, stack, file }: Session): void {
  if (flagSetting(project, file, "protectData") !== true) return;
  throw new UserError(
    `the settings of ${stack} protect its data (protectData): nothing was done`,
    `if it is really to go: ${configCommandFor(project)} set ${project.name}:protectData false --stack ${stack}`,
    2,
  );
}

async function confirmDeletion(stack: string, options: DownOptions): Promise<void> {
  if (options.yesDeleteDataOf === stack) return;
  if (options.yesDeleteDataOf !== undefined) {
    throw new UserError(
      `--yes-delete-data-of ${options.yesDeleteDataOf} does not name ${stack}: nothing was done`,
      `--yes-delete-data-of ${stack}`,
      2,
    );
  }
  await confirmName(
    `This deletes ALL DATA of ${stack}: its volumes, with every database in them. There is no way back.`,
    stack,
    `--yes-delete-data-of ${stack}`,
  );
}

/** Lets the engine destroy what runs, with the data out of its sight; puts the data back unless it is to go. */
async function destroyRunning(session: Session, keepData: boolean): Promise<number> {
  const before = { ...(await exportStack(session)), deleteData: !keepData };
  keepState(session, before);
  const { version, deployment } = before;
  await importStack(session, { version, deployment: withoutData(deployment, hiddenBy(before)) });
  const code = await withRemoteHost(neededForward(session.project, session.file), () =>
    runEngine(session, ["destroy", "--yes", "--skip-preview", ...stackFlags(session)]),
  );
  // Also after a failure: then the rest is in the state, and the next run goes on with it.
  if (keepData || code !== 0) await restoreData(session, before);
  return code;
}

/**
 * Runs the command.
 *
 * @returns the exit code: the engine's.
 * @throws UserError when it is not confirmed, or can't begin.
 */
export async function down(stack: string, options: DownOptions): Promise<number> {
  const session = await openForDown(stack, options);
  const { deployment } = await exportStack(session);
  await refuseSharedInUse(session, deployment, options.deleteData === true);
  if (options.deleteData === true) refuseProtected(session);
  await confirmDown(session, deployment ?? {}, options);
  if (options.deleteData === true) await confirmDeletion(stack, options);

  await endOneOffs(session, say);
  const keepData = options.deleteData !== true;
  if (!keepData)
    await requireUnused(
      session,
      (deployment?.resources ?? []).flatMap(({ id }) => id ?? []),
    );
  if (hasRunning(deployment) || !keepData) {
    const code = await destroyRunning(session, keepData);
    if (code !== 0) {
      say(`${stack} is not down: the engine ended with exit code ${code}; its messages are above`);
      return code;
    }
  }
  if (!keepData) {
    const volumes = await deleteVolumes(session);
    noteEnd(session);
    process.stdout.write(
      `\n${stack} is down, and its data is deleted: ${volumes.join(", ") || "no volumes"}\n`,
    );
    return 0;
  }
  noteEnd(session);
  const kept = inventory((deployment?.resources ?? []).filter(isData));
  process.stdout.write(
    `\n${stack} is down.${kept === "" ? "" : ` Kept: ${kept}; \`${upCommand(session.project, stack)}\` finds them again.`}\n`,
  );
  return 0;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("down")
    .hook("preAction", giveWayUnasked)
    .description("remove an environment's containers, network and routes; its data stays")
    .argument("<stack>", "environment")
    .option(...yesOption)
    .option("--confirm <name>", "the environment's name, for production and protected resources")
    .option("--delete-data", "remove its data too")
    .option("--yes-delete-data-of <name>", "the environment's name, to delete its data without a question")
    .option(...waitOption)
    .action(async (stack: string, options: { wait: number }) => {
      process.exitCode = await down(stack, merged(options));
    });
