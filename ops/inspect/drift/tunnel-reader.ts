// Reads a tunnel's rules as the provider of its resources would; apart, since Cloudflare's SDK takes its time to load.

import { CloudflareApi } from "../../../provider/cloudflare/api.ts";
import type { TunnelConfig } from "../../../provider/cloudflare/ingress-rules.ts";
import { readSettings } from "../../../provider/cloudflare/settings.ts";
import { readTunnel } from "../../../provider/cloudflare/tunnel-editor.ts";
import type { TunnelAddress } from "../../../provider/cloudflare/tunnel-lock.ts";
import type { ProviderInputs } from "./provider-settings.ts";

/** Longest time that a look waits for Cloudflare. Milliseconds. */
const PATIENCE = 60_000;

/**
 * The configuration of a tunnel; undefined when there is none.
 *
 * @throws Error with what Cloudflare said, when it refuses or gives no answer in time.
 */
export async function readRules(
  inputs: ProviderInputs,
  address: TunnelAddress,
  atLeast: number,
): Promise<TunnelConfig | undefined> {
  // This package's own provider has another word for it.
  const { cloudflareApiToken, apiToken, apiKey, email, baseUrl } = inputs;
  const login = { apiToken: cloudflareApiToken ?? apiToken, apiKey, email, baseUrl };
  const end = new AbortController();
  const late = new Error(
    `Cloudflare gave no answer about tunnel ${address.tunnelId} in ${PATIENCE / 1000} s`,
  );
  const timer = setTimeout(() => end.abort(late), PATIENCE);
  try {
    const operation = { signal: end.signal, status: () => undefined };
    const seen = await readTunnel(new CloudflareApi(readSettings(login)), address, operation, atLeast);
    return seen?.config;
  } finally {
    clearTimeout(timer);
  }
}
