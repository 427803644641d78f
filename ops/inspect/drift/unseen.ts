// Everything about a stack that the engine's refresh doesn't see: its host, its gateways, its Postgres and Redis servers,
// its tunnels.
import { withDocker } from "../../engine/docker-client.ts";
import type { Place } from "../../engine/place.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import { allDatabaseFindings } from "./database-view.ts";
import type { Finding } from "./finding.ts";
import { allGatewayFindings } from "./gateway-view.ts";
import { hostFindings } from "./host-view.ts";
import { hostnamesElsewhere } from "./others.ts";
import { engineFolder, providerSettings } from "./provider-settings.ts";
import { allRedisFindings } from "./redis-view.ts";
import { allTunnelFindings } from "./tunnel-view.ts";

/** Looks at all of it. @throws UserError when the host's Docker doesn't answer */
export async function unseenFindings(session: Session, place: Place): Promise<Finding[]> {
  const { project, file } = session;
  const settings = providerSettings(session);
  let others: ReadonlySet<string> | undefined;
  const elsewhere = () => {
    others ??= hostnamesElsewhere(session);
    return others;
  };
  const [tunnels, host] = await Promise.all([
    allTunnelFindings(place, { settings, elsewhere }),
    withDocker(dockerHostOf(project, file), (docker) =>
      Promise.all([
        hostFindings(docker, place),
        allGatewayFindings(docker, place),
        allDatabaseFindings(docker, place, { settings, folder: () => engineFolder(project) }),
        allRedisFindings(docker, place),
      ]),
    ),
  ]);
  return [...tunnels, ...host.flat()];
}
