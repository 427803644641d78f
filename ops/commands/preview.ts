// `tandem preview`: what `tandem up` would change, through `pulumi preview`.
import { CHECKED_SETTINGS, setsValues } from "../../infra/check/checked.ts";
import { openForPreview, type StackOptions } from "../deploy/open-stack.ts";
import { goneNames } from "../deploy/recovery/gone.ts";
import { policyFlags, runEngine, stackFlags } from "../engine/engine.ts";
import { withRemoteHost } from "../engine/remote/remote-host.ts";
import { say } from "../engine/say.ts";
import { neededForward } from "../engine/session.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";

/**
 * Runs the command; nothing of the environment changes.
 *
 * @param flags further flags for `pulumi preview`, such as --diff
 * @returns the engine's exit code
 */
export async function preview(
  stack: string,
  flags: readonly string[],
  options: StackOptions,
): Promise<number> {
  const session = await openForPreview(stack, options);
  const gone = await goneNames(session, await currentDeployment(session));
  // As the `up` would see it; the state itself stays.
  const refresh = gone.names.length > 0 && !gone.server ? ["--refresh"] : [];
  if (gone.names.length > 0) {
    const untold = gone.server
      ? "; the plan below doesn't show it, since its database server can't be asked"
      : "";
    say(`gone from the host, so that an up makes it again: ${gone.names.join(", ")}${untold}`);
  }
  return await withRemoteHost(neededForward(session.project, session.file), () =>
    runEngine(
      session,
      ["preview", ...stackFlags(session), ...policyFlags(), ...refresh, ...flags],
      // Values on the command line were in no file that was checked.
      setsValues(flags) ? { [CHECKED_SETTINGS]: "" } : {},
    ),
  );
}
