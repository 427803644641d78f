// The provider's own client on an emulated Cloudflare, in this process and under a clock of the test's.

import type { CallContext } from "../../plugin/handler.ts";
import { CloudflareApi } from "../../provider/cloudflare/api.ts";
import { type Behaviour, CloudflareEmulator } from "./cloudflare-emulator/emulator.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Token that an emulated API has from the beginning. */
export const TOKEN = "canary-cloudflare-token";

/** An emulator, a client of it, and the clock of both. */
export function emulatedApi(behaviour: Partial<Behaviour> = {}, seed = 1) {
  const clock = new VirtualClock(seed);
  const emulator = new CloudflareEmulator(behaviour, clock).allow(TOKEN);
  const zone = emulator.addZone("example.com");
  const api = new CloudflareApi({ apiToken: TOKEN }, { fetch: emulator.fetch, clock });
  return { clock, emulator, zone, api };
}

/** A line that a handler wrote. */
export interface Logged {
  readonly severity: string;
  readonly message: string;
}

/** What the engine hands to a handler. */
export function contextOf<Client>(
  client: Client,
  logged: Logged[] = [],
  signal: AbortSignal = new AbortController().signal,
): CallContext<Client> {
  return {
    client,
    urn: "urn:pulumi:test::test::test::mine",
    name: "mine",
    type: "test",
    signal,
    timeoutSeconds: 0,
    clean: (text) => text,
    log: (severity, message) => void logged.push({ severity, message }),
    status: () => {},
  };
}
