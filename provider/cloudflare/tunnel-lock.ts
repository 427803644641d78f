// A lock on a tunnel's configuration between all machines, kept by Cloudflare itself.
//
// Cloudflare replaces a configuration as a whole and knows no condition ("only if it is still version 7"), so two that
// change it at once lose each other's rules. What it does refuse is a second tunnel of the same name: whoever creates the
// tunnel `tandem-lock-<id>` may write. It is never connected, and lives for some seconds.
import type { CloudflareApi, Operation } from "./api.ts";
import { codesOf, describe, isGone, isUnclear } from "./failures.ts";

/** A tunnel of an account. */
export interface TunnelAddress {
  readonly accountId: string;
  readonly tunnelId: string;
}

/** A lock that is older counts as left behind by a run that was killed. In milliseconds. */
const LEASE = 60_000;
/** How long after taking it a lock is sure enough to begin a write under it, which may take `WRITE` itself. */
const SAFE = 30_000;
/** Longest time to wait for a lock. */
const PATIENCE = 15 * 60_000;
/** Time that a release may take when the run was stopped. */
const RELEASE = 15_000;
/** "You already have a tunnel with this name". */
const NAME_TAKEN = 1013;

/** Time limit of a write under a lock: with it, a write is over before the lease is. In milliseconds. */
export const WRITE = 15_000;

/** Name of the tunnel that stands for the lock. */
export function lockName(tunnelId: string): string {
  return `tandem-lock-${tunnelId}`;
}

/** A lock that is held. */
export class TunnelLock {
  readonly #api: CloudflareApi;
  readonly #address: TunnelAddress;
  readonly #id: string;
  readonly #since: number;

  private constructor(api: CloudflareApi, address: TunnelAddress, id: string, since: number) {
    this.#api = api;
    this.#address = address;
    this.#id = id;
    this.#since = since;
  }

  /**
   * Takes the lock, waiting for whoever holds it. One that doesn't go away is taken over: the time is measured here, so
   * no clock has to be right.
   */
  static async take(api: CloudflareApi, address: TunnelAddress, operation: Operation): Promise<TunnelLock> {
    const { clock } = api;
    const name = lockName(address.tunnelId);
    const account = { account_id: address.accountId };
    const { cloudflared } = api.sdk.zeroTrust.tunnels;
    const what = `lock the tunnel ${address.tunnelId}`;
    const end = clock.now() + PATIENCE;
    let seen: { id: string; since: number } | undefined;
    for (let pause = 400; ; pause = Math.min(pause * 1.4, 4_000)) {
      const since = clock.now();
      const made = await api
        .attempt({ what, operation, repeatable: false, timeout: WRITE }, (options) =>
          cloudflared.create({ ...account, name, config_src: "cloudflare" }, options),
        )
        .catch((error: unknown) => {
          // Without a clear answer the lock may be ours; nobody can tell, so it runs out like any other.
          if (codesOf(error).includes(NAME_TAKEN) || isUnclear(error)) return undefined;
          throw describe(error, what);
        });
      if (made?.id) return new TunnelLock(api, address, made.id, since);
      const holder = await api.call({ what, operation }, async (options) => {
        const page = await cloudflared.list({ ...account, name, is_deleted: false }, options);
        return page.result?.[0]?.id;
      });
      if (holder !== undefined && holder !== seen?.id) seen = { id: holder, since: clock.now() };
      if (seen && holder === seen.id && clock.now() - seen.since > LEASE) {
        operation.status("taking over the tunnel's lock: whoever held it is gone");
        await api
          .attempt({ what, operation }, (options) => cloudflared.delete(holder, account, options))
          .catch((error: unknown) => {
            // Somebody else was faster.
            if (!isGone(error)) throw describe(error, what);
          });
        seen = undefined;
        continue;
      }
      if (clock.now() > end) {
        throw new Error(
          `can't ${what}: others have held it for ${PATIENCE / 60_000} minutes. Try again; the lock is the tunnel ` +
            `"${name}", which may be deleted when nobody is deploying.`,
        );
      }
      operation.status("waiting: somebody else changes this tunnel's rules");
      await clock.sleep(pause * (0.5 + clock.random()), operation.signal);
    }
  }

  /** Whether a write may still begin. */
  get isSafe(): boolean {
    return this.#api.clock.now() - this.#since < SAFE;
  }

  /** Gives the lock back; also when the run was stopped. @returns why that failed, if it did */
  async release(operation: Operation): Promise<string | undefined> {
    const signal = operation.signal.aborted ? AbortSignal.timeout(RELEASE) : operation.signal;
    const what = `unlock the tunnel ${this.#address.tunnelId}`;
    const { cloudflared } = this.#api.sdk.zeroTrust.tunnels;
    try {
      await this.#api.attempt({ what, operation: { signal, status: () => {} } }, (options) =>
        cloudflared.delete(this.#id, { account_id: this.#address.accountId }, options),
      );
      return undefined;
    } catch (error) {
      return isGone(error) ? undefined : describe(error, what).message;
    }
  }
}
