// Everything about a stack that the engine's refresh doesn't see: its host, its gateways, its Postgres and Redis servers.
import { withDocker } from "../docker-client.ts";
import { dockerHostOf, type Session } from "../session.ts";
import { allDatabaseFindings } from "./database-view.ts";
import type { Finding } from "./finding.ts";
import { allGatewayFindings } from "./gateway-view.ts";
import { hostFindings } from "./host-view.ts";
import type { Place } from "./place.ts";
import { allRedisFindings } from "./redis-view.ts";

/** Looks at all of it. @throws UserError when the host's Docker doesn't answer */
export async function unseenFindings({ project, file }: Session, place: Place): Promise<Finding[]> {
  const findings = await withDocker(dockerHostOf(project, file), (docker) =>
    Promise.all([
      hostFindings(docker, place),
      allGatewayFindings(docker, place),
      allDatabaseFindings(docker, place),
      allRedisFindings(docker, place),
    ]),
  );
  return findings.flat();
}
