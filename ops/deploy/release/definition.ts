// A system's word on its releases, with the values that a stack's settings have.
import { readStack, readSystem } from "../../../infra/check/index.ts";
import type { ReleaseDefinition } from "../../../infra/settings/release.ts";
import { UserError } from "../../engine/errors.ts";
import type { Project } from "../../engine/project.ts";
import { stackCommand } from "../../engine/systems.ts";

/** What rollback and promotion work with. */
export interface Release {
  definition: ReleaseDefinition;
  /** The stack's settings, secrets as `Secret`. */
  values: Record<string, unknown>;
}

/** The error of a system that says nothing of its releases. */
export function noRelease({ name }: Pick<Project, "name">): UserError {
  return new UserError(
    `${name} does not say which settings name its images and how to test them`,
    "give its settings a `release` (infra/settings/release.ts)",
    2,
  );
}

/**
 * Loads it.
 *
 * @throws UserError where the settings have errors, or the system doesn't say what a release of it is.
 */
export async function loadRelease(project: Project, stack: string): Promise<Release> {
  const system = await readSystem(project.directory, stack);
  if (system?.release === undefined) {
    throw noRelease(project);
  }
  const { settings } = await readStack({ projectDir: project.directory, stack, deep: false });
  if (settings === undefined) {
    throw new UserError(
      `the settings of ${stack} have errors`,
      `run \`${stackCommand(project, "preview", stack)}\` to see them`,
      2,
    );
  }
  return { definition: system.release, values: settings };
}
