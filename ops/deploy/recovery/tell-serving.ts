// After a run that failed: what users get now, asked of the gateways and of the containers that they lead to.
import { withDocker } from "../../engine/docker-client.ts";
import { output, placeOf } from "../../engine/place.ts";
import { say } from "../../engine/say.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import { currentDeployment } from "../../engine/state/state-transfer.ts";
import { routeStates, servingLines } from "../serving.ts";

/** Says of each route in the state who serves it, or that nobody does. */
export async function tellServing(session: Session): Promise<void> {
  const { project, stack, file } = session;
  try {
    const place = placeOf(project.name, stack, (await currentDeployment(session)) ?? {});
    const routes = place.of("route").map((route) => ({
      route: output(route, "routeName"),
      gatewayId: output(route, "gatewayId"),
      protocol: output(route, "protocol") === "h2c" ? ("h2c" as const) : ("http" as const),
    }));
    if (routes.length === 0) {
      say(`${stack} has no route in its state yet, so nobody is served by one`);
      return;
    }
    const states = await withDocker(dockerHostOf(project, file), (docker) => routeStates(docker, routes));
    for (const line of servingLines(states)) say(line);
  } catch (error) {
    // The engine's own failure counts; this was only to help.
    say(`could not look at what serves: ${error instanceof Error ? error.message : String(error)}`);
  }
}
