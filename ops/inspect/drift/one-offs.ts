// What drift tells of one-off containers: nothing of those whose command runs, and of the others what to do.
import type { OneOff } from "../../engine/containers/one-off-labels.ts";
import type { Place } from "../../engine/place.ts";
import type { Finding } from "./finding.ts";

/** A container of `tandem run` and its kin is its command's, and nobody's once that is gone. */
export function leftOneOff(name: string, { environment, purpose, isLeft }: OneOff, place: Place): Finding[] {
  if (!isLeft || environment !== place.environment) return [];
  return [
    {
      subject: `container ${name}`,
      text: `was left by a \`tandem ${purpose}\` that was killed`,
      gravity: "person",
      fix: `the next \`${place.command("up")}\` removes it; now: docker rm -f -v ${name}`,
    },
  ];
}
