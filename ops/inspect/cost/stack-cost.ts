// The monthly cost of a stack as it runs now, with the price table of its settings.
import { readStack } from "../../../infra/check/index.ts";
import type { PriceLine } from "../../../infra/settings/prices.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { UserError } from "../../engine/errors.ts";
import { loadStackFile, type Project } from "../../engine/project.ts";
import { dockerHostOf, openSession } from "../../engine/session.ts";
import { currentDeployment } from "../../engine/state/state-transfer.ts";
import { stackCommand } from "../../engine/systems.ts";
import { type MonthlyCost, monthlyCost } from "./cost.ts";
import { usageOf } from "./usage.ts";

/**
 * Looks at what runs, and changes nothing.
 *
 * @returns undefined where the system's settings have no price table, or an empty one
 * @throws UserError when the settings have errors, or the Docker host doesn't answer.
 */
export async function costOfStack(project: Project, stack: string): Promise<MonthlyCost | undefined> {
  const file = loadStackFile(project, stack);
  const { settings } = await readStack({ projectDir: project.directory, stack, deep: false });
  if (settings === undefined) {
    throw new UserError(
      `the settings of ${stack} have errors`,
      `run \`${stackCommand(project, "preview", stack)}\` to see them`,
      2,
    );
  }
  const { prices, currency } = settings as { prices?: PriceLine[]; currency?: string };
  if (prices === undefined || prices.length === 0 || currency === undefined) return undefined;
  const deployment = await currentDeployment(openSession(project, stack, file));
  const usage = await withDocker(dockerHostOf(project, file), (docker) =>
    usageOf(docker, project.name, stack, deployment),
  );
  return monthlyCost(prices, currency, usage);
}
