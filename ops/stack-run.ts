// What every command does before it lets the engine work on a stack: machine, settings, locks, unfinished work.

import { readFileSync } from "node:fs";
import { CHECKED_SETTINGS, checkedSettings } from "../infra/check/checked.ts";
import { SHARED_STACK } from "../infra/settings/define.ts";
import { printable } from "../lib/printable.ts";
import { engineVariables } from "../toolchain/engine-env.ts";
import { locateEngine } from "../toolchain/engine-location.ts";
import { resolvePaths } from "../toolchain/paths.ts";
import { nameConfigCommand } from "./config-command.ts";
import { askEngine } from "./engine.ts";
import { UserError } from "./errors.ts";
import { stackOutputs } from "./inventory.ts";
import { startPlugins } from "./plugins/start.ts";
import { prepareMachine } from "./prepare.ts";
import { loadProject, loadStackFile, type Project, type StackFile, stackNames } from "./project.ts";
import { finishDeletion } from "./recovery/data-deletion.ts";
import { forgetGone } from "./recovery/gone.ts";
import { tellLeftovers } from "./recovery/leftovers.ts";
import { noteBegin, readBegin } from "./recovery/open-ends.ts";
import { recover } from "./recovery/recovery.ts";
import { requireDocker } from "./remote/remote-host.ts";
import { dockerHostOf, locksOf, openSession, remoteDockerHost, type Session } from "./session.ts";
import { writeInitProject } from "./stack-config.ts";
import { type Deployment, readDeployment } from "./state/backend.ts";
import { awaitRemoteStack } from "./state/remote-locks.ts";
import { holdStack } from "./state/stack-hold.ts";
import { awaitStack } from "./state/stack-locks.ts";
import { mendStateFolder } from "./state/state-folder.ts";
import { currentDeployment, keptState, restoreData } from "./state/state-transfer.ts";
import { upCommand } from "./systems.ts";

/** Options that all commands on a stack share. */
export interface StackOptions {
  /** Folder of the project. @default the package's root */
  project?: string;
  /** Seconds to wait while another run holds the stack. @default 0 */
  wait?: number;
}

/** What a command needs of a stack before it begins. */
export interface OpenOptions extends StackOptions {
  stack: string;
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
  /** Is only what stands looked at? Then no image is brought about. @default false */
  looksOnly?: boolean;
}

/** Tells what happens, on standard error: standard output is the engine's. */
export function say(line: string): void {
  process.stderr.write(`tandem: ${printable(line)}\n`);
}

/** What a stack needs besides what every one does. */
interface Needs {
  /** The stack `shared` must be up. */
  shared: boolean;
  /** Texts among its settings, any of which may name an image. */
  images: string[];
  /** Were all its values seen, without even a warning? */
  clean: boolean;
}

/**
 * Checks the settings of a stack and prints all problems.
 *
 * @param beforeSetup the machine is not prepared yet
 * @throws UserError with exit code 2 when one of them is an error.
 */
async function checkSettings(project: Project, stack: string, beforeSetup: boolean): Promise<Needs> {
  if (!project.hasSettings) return { shared: false, images: [], clean: false };
  const { readStack } = await import("../infra/check/index.ts");
  const { hasErrors, renderProblems } = await import("../infra/check/render.ts");
  const options = { projectDir: project.directory, stack, deep: true, beforeSetup };
  const { problems, settings = {}, needsShared = false, hasEnvironment = false } = await readStack(options);
  const stop = hasErrors(problems);
  // Warnings are printed once, by the last check.
  if (problems.length > 0 && (stop || !beforeSetup)) process.stderr.write(`${renderProblems(problems)}\n`);
  if (stop) {
    throw new UserError(
      `the settings of ${stack} have errors; nothing was touched`,
      `run the commands above${project.directory === process.cwd() ? "" : ` in ${project.directory}`} and try again`,
      2,
    );
  }
  const images = Object.values(settings).filter((value) => typeof value === "string");
  return { shared: needsShared, images, clean: problems.length === 0 && !hasEnvironment };
}

/** What the check is about to look at; undefined where that isn't the stack file any more that the engine will get. */
function fingerprintOf(
  { directory, stackDirectory }: Project,
  stack: string,
  file: StackFile,
): string | undefined {
  return readFileSync(file.path, "utf8") === file.text
    ? checkedSettings(stack, directory, stackDirectory)
    : undefined;
}

/** The session whose engine tells the program that it needn't check the settings again. */
function withCheckedSettings(session: Session, files: string): Session {
  return { ...session, variables: { ...session.variables, [CHECKED_SETTINGS]: files } };
}

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

/** Makes the stack in the backend where it has none yet. Its salt lands in this machine's copy of the stack file, not in the tracked one. */
export async function createStack(session: Session): Promise<void> {
  const folder = session.file.hasSecretsProvider
    ? session.project.directory
    : writeInitProject(session.paths, session.project);
  try {
    await askEngine(session, ["stack", "init", session.stack, "--no-select"], folder);
  } catch (error) {
    if (error instanceof UserError && /already exists/.test(error.message)) return;
    throw error;
  }
}

/** Goes on with a `down` that did not come to its end. */
async function settleDown(session: Session): Promise<void> {
  const kept = keptState(session);
  if (kept === undefined) return;
  const begun = `${session.stack}: a \`tandem down\` did not come to its end;`;
  if (kept.deleting === undefined) {
    await restoreData(session, kept);
    say(`${begun} its data is back in the state`);
  } else {
    await finishDeletion(session, kept.deleting);
    say(`${begun} the rest of the data that it was to delete is deleted: ${kept.deleting.join(", ")}`);
  }
}

/**
 * Waits until nobody works on the stack, and clears up after a run that died.
 *
 * @returns its state; undefined where there is none yet.
 */
async function settle(
  session: Session,
  { change, wait, keepGone }: OpenOptions,
): Promise<Deployment | undefined> {
  const { backend, project, stack } = session;
  const deadline = Date.now() + (wait ?? 0) * 1000;
  const left = () => Math.max(0, deadline - Date.now()) / 1000;
  if (change) await holdStack(session, { waitSeconds: left(), say });
  const locks = locksOf(session);
  if (locks !== undefined) await awaitStack(locks, stack, { waitSeconds: left(), say, look: !change });
  if (!change) {
    await tellLeftovers(session, say);
    return await currentDeployment(session);
  }
  if (backend.kind === "file") mendStateFolder(backend.directory, project.name, stack);
  const deployment = await currentDeployment(session);
  if (deployment === undefined) return undefined;
  if (backend.kind === "remote" && (readBegin(session) > 0 || (wait ?? 0) > 0)) {
    await awaitRemoteStack(session, deployment, { waitSeconds: left(), say });
  }
  await recover(session, deployment, say);
  if (keepGone !== true) await forgetGone(session, deployment, say);
  return deployment;
}

/** Starts what the engine will need; on a machine that isn't ready for it yet, nothing. */
function warmUp(project: Project): void {
  const paths = resolvePaths();
  const engine = locateEngine(paths);
  if (engine !== undefined) startPlugins(paths, project.programDirectory, engineVariables(paths, engine));
}

/** The stack's file. The check has better words for one that can't be read: each place in it, and what mends it. */
async function stackFileOf(project: Project, { stack, check }: OpenOptions): Promise<StackFile> {
  try {
    return loadStackFile(project, stack);
  } catch (error) {
    if (check && stackNames(project).includes(stack)) await checkSettings(project, stack, true);
    throw error;
  }
}

/**
 * Makes everything ready for the engine.
 *
 * @throws UserError when the machine can't be prepared, the settings have errors, or another run holds the stack.
 */
export async function openStack(options: OpenOptions): Promise<Session> {
  const project = loadProject(options.project);
  nameConfigCommand(project);
  warmUp(project);
  const file = await stackFileOf(project, options);
  // First by themselves: a machine should not be set up for settings that can't work.
  const needs = options.check ? await checkSettings(project, options.stack, true) : undefined;
  const remote = remoteDockerHost(project, file);
  if (remote !== undefined) await requireDocker(remote);
  const dockerHost = dockerHostOf(project, file);
  await prepareMachine({ dockerHost, images: needs?.images, withoutImages: options.looksOnly });
  warmUp(project);
  // Before the check, so that what changes while it runs doesn't count as checked.
  const files = options.check ? fingerprintOf(project, options.stack, file) : undefined;
  const checked = options.check ? await checkSettings(project, options.stack, false) : undefined;

  const opened = openSession(project, options.stack, file);
  const session =
    checked?.clean === true && files !== undefined ? withCheckedSettings(opened, files) : opened;
  if (needs?.shared === true) requireShared(session);
  const deployment = await settle(session, options);
  if (deployment === undefined && options.create) await createStack(session);
  if (options.change) {
    await settleDown(session);
    noteBegin(session);
  }
  return session;
}
