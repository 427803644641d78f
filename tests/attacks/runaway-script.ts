// A script of the hostile Redis login's that doesn't come back: the server answers nobody meanwhile, on a shared one not the
// other environment either. `tandem end-queries` ends it.
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/requests.ts";
import type { Blocker } from "./blockers.ts";
import { prefixOf } from "./redis-login.ts";
import type { Site } from "./site.ts";

/** What the other environment's own login is answered. */
async function answered(site: Site): Promise<string> {
  const redis = await site.redis();
  const answer = await redis.call("GET", `${prefixOf(site)}${site.token}`).catch(String);
  redis.disconnect();
  return String(answer);
}

function script(kind: string, lua: string): Blocker {
  return {
    kind,
    async hold(site) {
      const redis = await site.redis();
      const sent = redis.call("EVAL", lua, "1", `${prefixOf(site)}half`).catch(() => undefined);
      await sleep(1000);
      return async () => {
        // On a server of its own it stops nobody else: its own application ends it, or the server's next start.
        if (site.system === "oracle") {
          await site.restartRedis();
          redis.disconnect();
          return [];
        }
        const before = await answered(site.other);
        const { exitCode, output } = await site.project.tandem(["end-queries", site.stack, "--yes"]);
        await sent;
        redis.disconnect();
        const after = await eventually(
          () => answered(site.other),
          (text) => text === `value of ${site.token}`,
        ).catch(String);
        return [
          ...(before === `value of ${site.token}` ? ["the script was over before it was ended"] : []),
          ...(exitCode === 0 ? [] : [`end-queries ended with exit code ${exitCode}: ${output}`]),
          ...(after === `value of ${site.token}`
            ? []
            : [`${site.other.stack} gets no answer from Redis: ${after}`]),
        ];
      };
    },
  };
}

/** Redis can end it. */
export const endlessScript = script("a script in Redis that doesn't end", "while true do end");

/** Redis can end it only together with itself. */
export const writingScript = script(
  "a script in Redis that has written and doesn't end",
  "redis.call('SET', KEYS[1], 'half') while true do end",
);
