// Names for resources that the program leaves unnamed: the logical name and a random suffix, as official plugins do.
import { createHash, randomBytes } from "node:crypto";
import type { CheckRequest } from "./handler.ts";
import type { Value } from "./values.ts";

/**
 * The name to use: the given one, else that of the state, else `<logical name>-<7 hex digits>`. The digits come from
 * the request's seed, so that preview and update agree.
 */
export function autoname({ news, olds, randomSeed }: CheckRequest, logicalName: string): Value {
  if (news.name !== undefined && news.name !== null) return news.name;
  if (typeof olds.name === "string") return olds.name;
  const seed = randomSeed.length > 0 ? randomSeed : randomBytes(32);
  return `${logicalName}-${createHash("sha256").update(seed).digest("hex").slice(0, 7)}`;
}
