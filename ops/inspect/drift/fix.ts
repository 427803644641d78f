// `tandem drift --fix`: fixes what is safe, through the engine's own `up --refresh`, and only where that does nothing else.
// Where something else is not safe to touch, only what is safe is given to the engine, by its URNs.
import { types } from "../../../lib/resource-types.ts";
import { runNotingOpenEnds } from "../../deploy/recovery/failed-steps.ts";
import { tellServing } from "../../deploy/recovery/tell-serving.ts";
import { policyFlags, stackFlags } from "../../engine/engine.ts";
import { withRemoteHost } from "../../engine/remote/remote-host.ts";
import { neededForward, type Session } from "../../engine/session.ts";
import { effectsOf } from "../plan/effects.ts";
import { askForEvents, nameOf, type Step } from "../plan/events.ts";
import { driftedUrns } from "./engine-view.ts";
import type { Drift } from "./finding.ts";
import type { Look } from "./look.ts";
import { safeTargets } from "./safe-targets.ts";

/** Its plan looks at the host itself: that it is in there doesn't mean that the program changed. */
function looksOnly({ op, type, old, new: fresh }: Step): boolean {
  if (type === types.image) return true;
  const same = op === "update" && JSON.stringify(old?.inputs) === JSON.stringify(fresh?.inputs);
  return same && [types.start, types.takeOver].includes(type);
}

/** Why nothing was done; undefined where it was. */
export type Refusal = string | undefined;

/** What the program itself would change, drift aside. */
export function ownChanges(steps: readonly Step[], drifted: ReadonlySet<string>): string[] {
  const changed = steps.filter((step) => !drifted.has(step.urn) && !looksOnly(step));
  return [...new Set(changed.map(({ urn }) => nameOf(urn)))].sort();
}

/**
 * Fixes what is safe, whatever else there is.
 *
 * @returns why it refused, or the exit code of the engine.
 */
export async function fix(
  session: Session,
  { refresh, findings, place }: Look,
  drifts: readonly Drift[],
): Promise<{ refusal: Refusal; exitCode: number }> {
  const refused = (refusal: string) => ({ refusal, exitCode: 0 });
  const { urns, restricted } = safeTargets(refresh.outcomes, findings, place);
  if (urns.size === 0 || !findings.some(({ gravity }) => gravity === "safe")) {
    const data = drifts.filter(({ gravity }) => gravity === "data").map(({ subject }) => subject);
    const risk = data.length === 0 ? "" : `; data is at risk (${data.join(", ")}): see to that by hand`;
    return refused(`nothing of it is safe to fix${risk}`);
  }
  const targets = restricted ? [...urns].flatMap((urn) => ["--target", urn]) : [];
  const ask = (...flags: string[]) =>
    askForEvents(session, ["preview", ...stackFlags(session), ...policyFlags(), ...flags]);
  return await withRemoteHost(neededForward(session.project, session.file), async () => {
    const plain = await ask();
    const own = ownChanges(plain.steps, driftedUrns(refresh));
    if (own.length > 0)
      return refused(
        `the program has changes that are not deployed (${own.join(", ")}): run up or take them back first`,
      );
    const plan = await ask("--refresh", ...targets);
    if (!plan.ok)
      return refused(
        `the plan failed: ${[...plan.errors, ...plan.violations].map(({ message }) => message).join("\n")}`,
      );
    const { data: lost, migrations } = effectsOf(plan);
    if (lost.length > 0) return refused(`fixing it would replace ${lost.join(", ")}`);
    if (migrations.length > 0)
      return refused(`fixing it would run ${migrations.join(", ")}: do that with \`${place.command("up")}\``);
    const exitCode = await runNotingOpenEnds(session, [
      ...["up", "--yes", "--refresh", "--skip-preview", ...targets],
      ...[...stackFlags(session), ...policyFlags()],
    ]);
    if (exitCode !== 0) await tellServing(session);
    return { refusal: undefined, exitCode };
  });
}
