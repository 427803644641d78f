// Checks of hostnames: an environment's gateway answers to its own, and to no other environment's.
import { request } from "undici";
import { addressOf, stackOutputs } from "../../engine/inventory.ts";
import { type Check, none } from "./check.ts";
import type { Environment } from "./environments.ts";
import { hostnamesOf } from "./looked-at.ts";

/** What the gateway says to a hostname that it doesn't serve. */
const NOT_SERVED = 404;

async function statusOf(gateway: string, hostname: string): Promise<number> {
  const target = gateway.replace(/^0\.0\.0\.0:/, "127.0.0.1:");
  const timeouts = { headersTimeout: 10_000, bodyTimeout: 10_000 };
  const response = await request(`http://${target}/`, { headers: { host: hostname }, ...timeouts });
  await response.body.dump();
  return response.statusCode;
}

/** Asks one environment's gateway for another one's hostnames. */
export async function hostnameChecks(own: Environment, other: Environment): Promise<Check[]> {
  const { gateway } = addressOf(stackOutputs(own.deployment));
  const [ours, theirs] = [hostnamesOf(own), hostnamesOf(other)];
  const about = {
    area: "hostnames",
    environment: own.name,
    tried: `ask ${own.name}'s gateway at ${gateway ?? "(none)"} for ${theirs.join(", ") || "(nothing)"}`,
  } as const;
  if (ours.length === 0 || theirs.length === 0) {
    const without = ours.length === 0 ? own.name : other.name;
    return [{ ...about, answer: `nothing to ask for: ${without} has no hostname`, result: "holds" }];
  }
  if (gateway === undefined) {
    return [
      { ...about, answer: `${own.name}'s state names no gateway for its hostnames`, result: "untried" },
    ];
  }
  const same = ours
    .filter((hostname) => theirs.includes(hostname))
    .map((hostname) => `${hostname} leads to both`);
  if (same.length > 0) return [none(about, same, "")];
  try {
    const known = await Promise.all(ours.map((hostname) => statusOf(gateway, hostname)));
    const answers = await Promise.all(theirs.map((hostname) => statusOf(gateway, hostname)));
    const found = theirs.filter((_, index) => answers[index] !== NOT_SERVED);
    if (known.every((status) => status === NOT_SERVED)) {
      return [{ ...about, answer: "it doesn't answer to its own either", result: "untried" }];
    }
    const good = `${answers.join(", ")}; to its own ${known.join(", ")}`;
    return [
      none(
        about,
        found.map((hostname) => `it answers to ${hostname}`),
        good,
      ),
    ];
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown error";
    return [{ ...about, answer: `no answer: ${reason}`, result: "untried" }];
  }
}
