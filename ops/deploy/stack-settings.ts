// The check of a stack's settings before the engine works on it, and its word to the program that they are checked.
import { readFileSync } from "node:fs";
import { CHECKED_SETTINGS, checkedSettings } from "../../infra/check/checked.ts";
import { UserError } from "../engine/errors.ts";
import type { Project, StackFile } from "../engine/project.ts";
import type { Session } from "../engine/session.ts";

/** What a stack needs besides what every one does. */
export interface Needs {
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
export async function checkSettings(project: Project, stack: string, beforeSetup: boolean): Promise<Needs> {
  if (!project.hasSettings) return { shared: false, images: [], clean: false };
  const { readStack } = await import("../../infra/check/index.ts");
  const { hasErrors, renderProblems } = await import("../../infra/check/render.ts");
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
export function fingerprintOf(
  { directory, stackDirectory }: Project,
  stack: string,
  file: StackFile,
): string | undefined {
  return readFileSync(file.path, "utf8") === file.text
    ? checkedSettings(stack, directory, stackDirectory)
    : undefined;
}

/** The session whose engine tells the program that it needn't check the settings again. */
export function withCheckedSettings(session: Session, files: string): Session {
  return { ...session, variables: { ...session.variables, [CHECKED_SETTINGS]: files } };
}
