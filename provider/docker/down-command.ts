// The command that takes an environment down, for messages about containers that are known by their labels.
import { launcher } from "../../lib/launcher.ts";

/** What systems and environments can be called. */
const NAME = /^[A-Za-z0-9][\w.-]*$/;

/**
 * The command. It names the system, since without it another system's environment of that name would go.
 *
 * @returns undefined for names that are none: whoever makes a container writes its labels
 */
export function downCommand(system: unknown, environment: unknown): string | undefined {
  const [known, name] = [system, environment].map((one) => (typeof one === "string" ? one : ""));
  if (!NAME.test(known ?? "") || !NAME.test(name ?? "")) return undefined;
  return `${launcher()} down --system ${known} ${name}`;
}
