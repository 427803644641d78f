// Whether the servers of a stack `shared` may go: not while an environment uses them or has data on them.
import { quote } from "../../infra/check/problem.ts";
import { types } from "../../lib/resource-types.ts";
import { environmentsIn } from "../../provider/docker/network-users.ts";
import { withDocker } from "./docker-client.ts";
import { UserError } from "./errors.ts";
import { stackNames } from "./project.ts";
import { dockerHostOf, type Session } from "./session.ts";
import { type Deployment, readDeployment } from "./state/backend.ts";
import { isOnSharedServer } from "./state/kept-state.ts";
import { stackCommand } from "./systems.ts";

/**
 * Refuses to take shared servers down while containers of an environment are in their networks; and to delete their
 * data while an environment's state says that it has some on them. The engine refuses the first as well; here nothing
 * has been touched yet.
 *
 * @throws UserError with the commands that come first
 */
export async function refuseSharedInUse(
  session: Session,
  deployment: Deployment | undefined,
  deleteData: boolean,
): Promise<void> {
  const use = deployment?.resources?.find(({ type }) => type === types.sharedUse);
  if (use === undefined) return;
  const networks = (use.outputs?.networks ?? []) as string[];
  const { project, file, stack } = session;
  const using = await withDocker(dockerHostOf(project, file), (docker) =>
    environmentsIn(docker, networks, stack),
  );
  if (using.length > 0) {
    throw new UserError(
      `${using.join(" and ")} ${using.length === 1 ? "uses" : "use"} the servers of ${stack}: nothing was touched`,
      `first: ${using.map((environment) => stackCommand(project, "down", quote(environment))).join(", ")}`,
      2,
    );
  }
  const tenants = deleteData ? tenantsOf(session) : [];
  if (tenants.length > 0) {
    const commands = tenants.map((tenant) => `${stackCommand(project, "down", tenant)} --delete-data`);
    throw new UserError(
      `${tenants.join(" and ")} ${tenants.length === 1 ? "has" : "have"} data on the servers of ${stack}: nothing was touched`,
      `first: ${commands.join(", ")}`,
      2,
    );
  }
}

/** Environments whose state, where it lies on this machine, has data on servers that they don't run. */
function tenantsOf({ backend, project, stack }: Session): string[] {
  if (backend.kind !== "file") return [];
  return stackNames(project).filter((name) => {
    if (name === stack) return false;
    const resources = readDeployment(backend.directory, project.name, name)?.resources ?? [];
    return resources.some(({ type }) => isOnSharedServer(type));
  });
}
