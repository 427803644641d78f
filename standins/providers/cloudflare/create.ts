// Makes an object once, also where the answer to the request got lost.
import type { CallContext } from "../../../plugin/handler.ts";
import type { Properties } from "../../../plugin/values.ts";
import type { Call, CloudflareApi } from "../../../provider/cloudflare/api.ts";
import { describe, isUnclear } from "../../../provider/cloudflare/failures.ts";
import type { CloudflareResource } from "./resource.ts";
import type { Body } from "./wire.ts";

const TRIES = 4;
/** Pause before looking whether a request without a clear answer was carried out, in milliseconds. */
const PAUSE = 2_000;
/** How far an object's date may lie before the request that made it, in milliseconds: clocks differ. */
const SKEW = 5_000;

/**
 * Creates a resource. A request without a clear answer is not simply repeated: an application would be made twice, and
 * a tunnel be refused as "existing already". What was made since the request began is ours.
 */
export async function create(
  resource: CloudflareResource,
  properties: Properties,
  body: Body,
  ctx: CallContext<CloudflareApi>,
  call: (verb: string) => Call,
): Promise<Body> {
  const { client } = ctx;
  const request = resource.create(properties, body);
  const candidates = resource.candidates?.(properties);
  const about: Call = { ...call("create"), repeatable: candidates === undefined };
  for (let tried = 1; ; tried++) {
    const began = client.clock.now();
    try {
      return (await client.attempt(about, (options) => request(client, options))) as Body;
    } catch (error) {
      if (!candidates || !isUnclear(error) || tried >= TRIES) throw describe(error, about.what);
      ctx.status("Cloudflare gave no clear answer: looking whether it was made");
      await client.clock.sleep(PAUSE, ctx.signal);
      const age = client.clock.now() - began + SKEW;
      const made = await client.call(call("look for"), async (options) => {
        for await (const found of candidates(client, options)) {
          if (createdWithin(found as Body, age, client.clock.wall())) return found as Body;
        }
        return undefined;
      });
      if (made) return made;
    }
  }
}

function createdWithin(found: Body, milliseconds: number, now: number): boolean {
  const date = Date.parse(String(found.created_at ?? found.created_on ?? ""));
  return !found.deleted_at && now - date <= milliseconds;
}
