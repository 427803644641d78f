// An environment that is up, with all that is needed to try it: its gateway, its containers, what its system says.
import type Docker from "dockerode";
import { readSystem } from "../../../infra/check/index.ts";
import type { AcceptanceDefinition } from "../../../infra/settings/acceptance.ts";
import { type AskGateway, withGateway } from "../../deploy/gateway-access.ts";
import { loadRelease } from "../../deploy/release/definition.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { UserError } from "../../engine/errors.ts";
import { stackOutputs } from "../../engine/inventory.ts";
import { loadStackFile, type Project } from "../../engine/project.ts";
import { dockerHostOf, openSession } from "../../engine/session.ts";
import { currentDeployment } from "../../engine/state/state-transfer.ts";
import { upCommand } from "../../engine/systems.ts";
import { allContainers, type Container } from "../verify/environments.ts";

/** What a check works with. */
export interface Trial {
  environment: string;
  docker: Docker;
  ask: AskGateway;
  acceptance: AcceptanceDefinition;
  /** The stack's settings, as `acceptance` wants them. */
  values: never;
  /** All containers of the Docker host: a server may be another stack's. */
  containers: Container[];
  /** Containers of the services that `acceptance` names, those that run. */
  services: Container[];
}

/**
 * Calls `work` with an environment.
 *
 * @throws UserError where the system doesn't say how it is accepted, or the environment isn't up.
 */
export async function withTrial<T>(
  project: Project,
  environment: string,
  work: (trial: Trial) => Promise<T>,
): Promise<T> {
  const file = loadStackFile(project, environment);
  const acceptance = (await readSystem(project.directory, environment))?.acceptance;
  if (acceptance === undefined) {
    throw new UserError(
      `${project.name} does not say how it is accepted`,
      "give its settings an `acceptance` (infra/settings/acceptance.ts, docs/acceptance.md)",
      2,
    );
  }
  const release = await loadRelease(project, environment);
  const session = openSession(project, environment, file);
  const outputs = stackOutputs(await currentDeployment(session));
  return await withDocker(dockerHostOf(project, file), async (docker) => {
    const containers = await allContainers(docker, project.name);
    const services = containers.filter(
      (one) => one.running && one.environment === environment && acceptance.services.includes(one.component),
    );
    if (services.length === 0) {
      throw new UserError(
        `no container of ${acceptance.services.join(", ")} runs in ${environment}`,
        `bring it up first: ${upCommand(project, environment)}`,
        1,
      );
    }
    const values = release.values as never;
    return await withGateway(session, release, outputs, (ask) =>
      work({ environment, docker, ask, acceptance, values, containers, services }),
    );
  });
}
