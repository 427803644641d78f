// The engine's `up` as every command runs it: with who began it in the history, and with what the gateway saw meanwhile.
import { hostname, userInfo } from "node:os";
import { policyFlags, stackFlags } from "../engine/engine.ts";
import { withRemoteHost } from "../engine/remote/remote-host.ts";
import { say } from "../engine/say.ts";
import { neededForward, type Session } from "../engine/session.ts";
import { runNotingOpenEnds } from "./recovery/failed-steps.ts";
import { noteEnd } from "./recovery/open-ends.ts";
import { settleOpenEnds } from "./recovery/recovery.ts";
import { recordTraffic } from "./release/traffic.ts";
import { historyMessage } from "./release/versions.ts";

/**
 * Runs `pulumi up`.
 *
 * @param deed how the history calls it: `up`, `rollback to 3`, `promotion from staging`
 * @returns the engine's exit code
 */
export async function deploy(session: Session, deed: string): Promise<number> {
  const message = historyMessage(deed, process.env, `${userInfo().username}@${hostname()}`);
  const startedAt = new Date();
  // With the engine's own preview first: a policy on the whole stack speaks at the end of a run, and must not come after it.
  const flags = ["--yes", "--message", message, ...stackFlags(session), ...policyFlags()];
  const code = await withRemoteHost(neededForward(session.project, session.file), () =>
    runNotingOpenEnds(session, ["up", ...flags]),
  );
  if (code === 0) {
    await settleOpenEnds(session, say);
    noteEnd(session);
  }
  await recordTraffic(session, startedAt, new Date());
  return code;
}
