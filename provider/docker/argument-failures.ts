// What Docker can't take of a resource's inputs, as the engine is told of it: before anything is made.
import type { ArgumentProblem } from "../../lib/docker/problems.ts";

/** Under no property's name: the engine would print its value, and it may be secret. */
export function failuresOf(problems: readonly ArgumentProblem[]): { property: string; reason: string }[] {
  return problems.map(({ argument, reason }) => ({
    property: "",
    reason: `${argument} ${reason}.`,
  }));
}
