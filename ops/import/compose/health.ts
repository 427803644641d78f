// The health check of a service.
import { defined } from "./defined.ts";
import { mapOf } from "./load.ts";
import { flagOf, numberOf, secondsOf } from "./quantities.ts";

/** A health check. */
export interface ComposeHealth {
  /** Words to run; a single one is for a shell. */
  command?: string[];
  shell?: string;
  /** Path that is asked by HTTP; compose has no such check. */
  http?: string;
  intervalSeconds?: number;
  timeoutSeconds?: number;
  retries?: number;
  startPeriodSeconds?: number;
}

/** A service's check, out of its long form. */
export function healthOf(value: unknown): ComposeHealth | "none" | undefined {
  const tree = mapOf(value);
  const [kind, ...rest] = (Array.isArray(tree.test) ? tree.test : []).map(String);
  if (tree.disable !== undefined && flagOf(tree.disable)) return "none";
  if (kind === "NONE") return "none";
  const test =
    kind === "CMD-SHELL"
      ? { shell: rest.join(" ") }
      : kind === "CMD" && rest.length > 0
        ? { command: rest }
        : {};
  const health = defined({
    ...test,
    intervalSeconds: secondsOf(tree.interval),
    timeoutSeconds: secondsOf(tree.timeout),
    retries: numberOf(tree.retries),
    startPeriodSeconds: secondsOf(tree.start_period),
  });
  return kind === undefined ? undefined : health;
}
