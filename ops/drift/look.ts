// A whole look at a stack: the engine's refresh and everything that it doesn't see, at the same time.

import { withDocker } from "../docker-client.ts";
import { stackFlags } from "../engine.ts";
import { UserError } from "../errors.ts";
import { askForEvents, type EngineRun } from "../plan/events.ts";
import { withRemoteHost } from "../remote-host.ts";
import { dockerHostOf, neededForward, type Session } from "../session.ts";
import { currentDeployment } from "../state-transfer.ts";
import { allDatabaseFindings } from "./database-view.ts";
import { engineFindings } from "./engine-view.ts";
import type { Finding } from "./finding.ts";
import { allGatewayFindings } from "./gateway-view.ts";
import { hostFindings } from "./host-view.ts";
import { placeOf } from "./place.ts";
import { allRedisFindings } from "./redis-view.ts";

/** What a look found. */
export interface Look {
  findings: Finding[];
  /** The engine's part. */
  refresh: EngineRun;
}

/**
 * Looks at a stack; nothing is changed.
 *
 * @throws UserError when it was never brought up, or the refresh fails.
 */
export async function look(session: Session): Promise<Look> {
  const { project, stack, file } = session;
  const deployment = await currentDeployment(session);
  if ((deployment?.resources ?? []).length === 0) {
    throw new UserError(
      `${stack} of ${project.name} has no state: it was never brought up`,
      `./tandem up ${stack}`,
    );
  }
  const place = placeOf(project.name, stack, deployment ?? {});
  const [refresh, others] = await Promise.all([
    withRemoteHost(neededForward(project, file), () =>
      askForEvents(session, ["refresh", "--preview-only", ...stackFlags(session)]),
    ),
    withDocker(dockerHostOf(project, file), (docker) =>
      Promise.all([
        hostFindings(docker, place),
        allGatewayFindings(docker, place),
        allDatabaseFindings(docker, place),
        allRedisFindings(docker, place),
      ]),
    ),
  ]);
  if (!refresh.ok) {
    const said = refresh.errors.map(({ message }) => message).join("\n");
    throw new UserError(`the refresh of ${stack} failed: ${said}`, "mend the above and look again");
  }
  return { findings: [...engineFindings(refresh), ...others.flat()], refresh };
}
