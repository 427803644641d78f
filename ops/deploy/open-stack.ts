// What every command does before it lets the engine work on a stack, in order: machine, settings, locks, unfinished work.
import { SHARED_STACK } from "../../infra/settings/define.ts";
import { engineVariables } from "../../setup/engine-env.ts";
import { locateEngine } from "../../setup/engine-location.ts";
import { resolvePaths } from "../../setup/paths.ts";
import { nameConfigCommand } from "../engine/config-command.ts";
import { UserError } from "../engine/errors.ts";
import { stackOutputs } from "../engine/inventory.ts";
import { startPlugins } from "../engine/plugins/start.ts";
import { prepareMachine } from "../engine/prepare.ts";
import { loadProject, loadStackFile, type Project, type StackFile, stackNames } from "../engine/project.ts";
import { tellOpenLoopback } from "../engine/remote/open-loopback.ts";
import { requireDocker } from "../engine/remote/remote-host.ts";
import { dockerHostOf, openSession, remoteDockerHost, type Session } from "../engine/session.ts";
import { readDeployment } from "../engine/state/backend.ts";
import { upCommand } from "../engine/systems.ts";
import { createStack } from "./create-stack.ts";
import { programImages } from "./program-images.ts";
import { noteBegin } from "./recovery/open-ends.ts";
import { settle, settleDown } from "./recovery/settle.ts";
import { checkSettings, fingerprintOf, withCheckedSettings } from "./stack-settings.ts";

/** Options that all commands on a stack share. */
export interface StackOptions {
  /** Folder of the project. @default the package's root */
  project?: string;
  /** Seconds to wait while another run holds the stack. @default 0 */
  wait?: number;
}

/** What is to be done with the stack. */
interface Purpose {
  /** Check the settings, and refuse to go on with an error in them? */
  check: boolean;
  /** Make the stack where the backend doesn't have it? */
  create: boolean;
  /**
   * Is anything to be changed? Then nobody else may until this process ends, and what a dead run left is cleared up.
   * Else it is only told.
   */
  change: boolean;
  /** Leave what is gone from the host in the state, for a look at it? @default false: a run makes it again */
  keepGone?: boolean;
  /** Bring the images about that the stack needs? @default true */
  images?: boolean;
}

/**
 * Makes a stack ready for the engine.
 *
 * @throws UserError when the machine can't be prepared, the settings have errors, or another run holds the stack.
 */
type Opener = (stack: string, options: StackOptions) => Promise<Session>;

const opener =
  (purpose: Purpose): Opener =>
  (stack, options) =>
    open(stack, options, purpose);

/** For a preview of a stack, one that was never brought up too. */
export const openForPreview = opener({ check: true, create: true, change: false });
/** For an update, one that brings the stack up for the first time too. */
export const openForUpdate = opener({ check: true, create: true, change: true });
/** For a change of what is up: its settings must be right, and it must be there. */
export const openForChange = opener({ check: true, create: false, change: true });
/** For an update that puts back what was changed by hand: what is gone from the host is looked for in the state. */
export const openForFix = opener({ check: true, create: false, change: true, keepGone: true });
/** For a version or database of before, whatever the settings say now. */
export const openForRollback = opener({ check: false, create: false, change: true });
/** For its end, whatever the settings say now. */
export const openForDown = opener({ check: false, create: true, change: true });
/** For a look at what is up, which brings about nothing. */
export const openForLook = opener({ check: false, create: false, change: false, images: false });

/** Refuses to go on without the servers that the environment uses, where the state is in a folder of this machine. */
function requireShared({ backend, project, stack }: Session): void {
  if (backend.kind !== "file") return;
  const shared = readDeployment(backend.directory, project.name, SHARED_STACK);
  if (Object.keys(stackOutputs(shared)).length > 0) return;
  throw new UserError(
    `${stack} uses the servers of the stack ${SHARED_STACK}, and that is not up: nothing was touched`,
    `first: ${upCommand(project, SHARED_STACK)}`,
    2,
  );
}

/** Starts what the engine will need; on a machine that isn't ready for it yet, nothing. */
function warmUp(project: Project): void {
  const paths = resolvePaths();
  const engine = locateEngine(paths);
  if (engine !== undefined) startPlugins(paths, project.programDirectory, engineVariables(paths, engine));
}

/** The stack's file. The check has better words for one that can't be read: each place in it, and what fixes it. */
async function stackFileOf(project: Project, stack: string, check: boolean): Promise<StackFile> {
  try {
    return loadStackFile(project, stack);
  } catch (error) {
    if (check && stackNames(project).includes(stack)) await checkSettings(project, stack, true);
    throw error;
  }
}

async function open(stack: string, options: StackOptions, purpose: Purpose): Promise<Session> {
  const { check, create, change, keepGone = false, images = true } = purpose;
  const project = loadProject(options.project);
  nameConfigCommand(project);
  warmUp(project);
  const file = await stackFileOf(project, stack, check);
  // First by themselves: a machine should not be set up for settings that can't work.
  const needs = check ? await checkSettings(project, stack, true) : undefined;
  const remote = remoteDockerHost(project, file);
  const answer = remote === undefined ? undefined : await requireDocker(remote);
  const dockerHost = dockerHostOf(project, file);
  const wanted = images ? [...(needs?.images ?? []), ...programImages(project)] : [];
  await prepareMachine({ dockerHost, images: wanted, withoutImages: !images });
  if (check) await tellOpenLoopback(dockerHost, answer);
  warmUp(project);
  // Before the check, so that what changes while it runs doesn't count as checked.
  const files = check ? fingerprintOf(project, stack, file) : undefined;
  const checked = check ? await checkSettings(project, stack, false) : undefined;

  const opened = openSession(project, stack, file);
  const session =
    checked?.clean === true && files !== undefined ? withCheckedSettings(opened, files) : opened;
  if (needs?.shared === true) requireShared(session);
  const deployment = await settle(session, { change, keepGone }, options.wait ?? 0);
  if (deployment === undefined && create) await createStack(session);
  if (change) {
    await settleDown(session);
    noteBegin(session);
  }
  return session;
}
