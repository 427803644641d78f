// After a run that failed: what users get now, asked of the gateways and of the containers that they lead to, and what works.
import { labelFilter, labels, withDocker } from "../../engine/docker-client.ts";
import { output, type Place, placeOf } from "../../engine/place.ts";
import { say } from "../../engine/say.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import { currentDeployment } from "../../engine/state/state-transfer.ts";
import { containerName, routeStates, servingLines, workerLines } from "../serving.ts";

/** Services of a stack's releases that no route leads to. */
function workersIn(place: Place): string[] {
  const inputs = place.of("takeOver").map((release) => release.inputs ?? {});
  const named = (key: string) =>
    inputs.flatMap((one) => ((one[key] ?? []) as { service: string }[]).map(({ service }) => service));
  const routed = new Set(named("routes"));
  return [...new Set(named("starts"))].filter((service) => !routed.has(service));
}

/** Says of each route in the state who serves it, or that nobody does, and of each worker of a release which one runs. */
export async function tellServing(session: Session): Promise<void> {
  const { project, stack, file } = session;
  try {
    const place = placeOf(project.name, stack, (await currentDeployment(session)) ?? {});
    const routes = place.of("route").map((route) => ({
      route: output(route, "routeName"),
      gatewayId: output(route, "gatewayId"),
      protocol: output(route, "protocol") === "h2c" ? ("h2c" as const) : ("http" as const),
    }));
    if (routes.length === 0) say(`${stack} has no route in its state yet, so nobody is served by one`);
    const workers = workersIn(place);
    if (routes.length + workers.length === 0) return;
    const lines = await withDocker(dockerHostOf(project, file), async (docker) => [
      ...servingLines(await routeStates(docker, routes)),
      ...workerLines(
        workers,
        (await docker.listContainers({ filters: labelFilter(project.name, stack) })).map((one) => ({
          component: one.Labels[labels.component] ?? "",
          name: containerName(one),
          state: one.State,
        })),
      ),
    ]);
    for (const line of lines) say(line);
  } catch (error) {
    // The engine's own failure counts; this was only to help.
    say(`could not look at what serves: ${error instanceof Error ? error.message : String(error)}`);
  }
}
