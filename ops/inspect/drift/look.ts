// A whole look at a stack: the engine's refresh and everything that it doesn't see, at the same time.
import { stackFlags } from "../../engine/engine.ts";
import { UserError } from "../../engine/errors.ts";
import { type Place, placeOf } from "../../engine/place.ts";
import { withRemoteHost } from "../../engine/remote/remote-host.ts";
import { neededForward, type Session } from "../../engine/session.ts";
import { currentDeployment } from "../../engine/state/state-transfer.ts";
import { stackCommand, upCommand } from "../../engine/systems.ts";
import { askForEvents, type EngineRun } from "../plan/events.ts";
import { engineFindings } from "./engine-view.ts";
import type { Finding } from "./finding.ts";

/** What a look found. */
export interface Look {
  findings: Finding[];
  /** The engine's part. */
  refresh: EngineRun;
  /** The state that was looked at. */
  place: Place;
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
      upCommand(project, stack),
    );
  }
  const place = placeOf(project.name, stack, deployment ?? {}, (verb) => stackCommand(project, verb, stack));
  const [refresh, others] = await Promise.all([
    withRemoteHost(neededForward(project, file), () =>
      askForEvents(session, ["refresh", "--preview-only", ...stackFlags(session)]),
    ),
    // Loaded while the engine is at work already: Docker's client and the views take a quarter of a second.
    import("./unseen.ts").then(({ unseenFindings }) => unseenFindings(session, place)),
  ]);
  if (!refresh.ok) {
    const said = refresh.errors.map(({ message }) => message).join("\n");
    throw new UserError(`the refresh of ${stack} failed: ${said}`, "fix the above and look again");
  }
  return { findings: [...engineFindings(refresh), ...others], refresh, place };
}
