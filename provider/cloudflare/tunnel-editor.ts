// Changes the configuration of a Cloudflare tunnel that others change too: read, merge, write, look again.
import { isDeepStrictEqual } from "node:util";
import type { BaseConfigurations } from "cloudflare/resources/zero-trust/tunnels/cloudflared/configurations";
import { Turns } from "../../lib/turns.ts";
import type { CloudflareApi, Operation } from "./api.ts";
import { describe, isGone, isRefusedForNow, isUnclear, retryAfter } from "./failures.ts";
import type { TunnelConfig } from "./ingress-rules.ts";
import { type TunnelAddress, TunnelLock, WRITE } from "./tunnel-lock.ts";

/** A configuration as it was read. */
export interface Seen {
  readonly version: number;
  readonly config: TunnelConfig;
  /** Whether older answers came first. */
  readonly late: boolean;
}

/** What a change needs of the call that asks for it. */
export interface EditorCall extends Operation {
  log(severity: "info" | "warning", message: string): void;
}

/** One change. */
export interface Edit {
  readonly address: TunnelAddress;
  /** The newest version that the stack knows of: an older one is a stale answer. */
  readonly atLeast: number;
  /**
   * Makes the change; gives the same object back where there is nothing to do. Called again after it was written:
   * somebody may have undone it.
   */
  change(config: TunnelConfig, written: boolean): TunnelConfig;
}

/** How long a written version must be seen before the lock goes: answers come from replicas that lag. In milliseconds. */
const SETTLE = 1_000;
/** Pause between two looks. */
const LOOK = 300;
/** Longest time that answers may be stale. */
const STALE = 60_000;
/** Most tries of a change that is overwritten or gets no clear answer. */
const TRIES = 12;

/** Within one process, changes of a tunnel wait here and not for the lock. */
const turns = new WeakMap<CloudflareApi, Turns>();

/**
 * Changes a tunnel's configuration and gives what is there afterwards; undefined when the tunnel is gone.
 *
 * Stacks that use this package write one after the other, also from different machines: see `TunnelLock`. Others, such as
 * the dashboard, know nothing of the lock. What they write before our reading or after our writing is kept, and a rule of
 * ours that they overwrite is put back; what they write in the moment between is lost, which the version tells, and then
 * said.
 */
export function editTunnel(api: CloudflareApi, edit: Edit, call: EditorCall): Promise<Seen | undefined> {
  let own = turns.get(api);
  if (own === undefined) {
    own = new Turns();
    turns.set(api, own);
  }
  return own.take(edit.address.tunnelId, () => new Editor(api, edit, call).run());
}

/** Reads a tunnel's configuration; undefined when the tunnel is gone. */
export async function readTunnel(
  api: CloudflareApi,
  { accountId, tunnelId }: TunnelAddress,
  operation: Operation,
  atLeast = 0,
): Promise<Seen | undefined> {
  const what = `read the configuration of tunnel ${tunnelId}`;
  const end = api.clock.now() + STALE;
  let late = false;
  for (let missing = 0; ; ) {
    let found: Awaited<ReturnType<BaseConfigurations["get"]>> | undefined;
    try {
      found = await api.attempt({ what, operation }, (options) =>
        api.sdk.zeroTrust.tunnels.cloudflared.configurations.get(
          tunnelId,
          { account_id: accountId },
          options,
        ),
      );
    } catch (error) {
      if (!isGone(error)) throw describe(error, what);
      // One look isn't enough to believe that a tunnel is gone.
      if (++missing > 1) return undefined;
    }
    if (found?.source === "local") {
      throw new Error(
        `the tunnel ${tunnelId} is configured by a file beside its connector (config.yml), so its rules can't be changed ` +
          "here: migrate it in Cloudflare's dashboard (Networks, Tunnels), or take another tunnel",
      );
    }
    const version = found?.version ?? 0;
    if (found && version >= atLeast) return { version, config: (found.config ?? {}) as TunnelConfig, late };
    if (api.clock.now() > end) {
      throw new Error(
        `can't ${what}: Cloudflare still gives version ${version} of it, and this stack knows version ${atLeast}. ` +
          "Try again in some minutes",
      );
    }
    late = true;
    await api.clock.sleep(LOOK, operation.signal);
  }
}

class Editor {
  readonly #api: CloudflareApi;
  readonly #edit: Edit;
  readonly #call: EditorCall;
  #lock: TunnelLock | undefined;
  /** Newest version known. */
  #newest: number;
  #written = false;
  /** When something was last written that not everybody may see yet. */
  #restless: number | undefined;
  /** A write without a clear answer: what was read before it, and what it wrote. */
  #unclear: { readonly version: number; readonly config: TunnelConfig } | undefined;

  constructor(api: CloudflareApi, edit: Edit, call: EditorCall) {
    this.#api = api;
    this.#edit = edit;
    this.#call = call;
    this.#newest = edit.atLeast;
  }

  async run(): Promise<Seen | undefined> {
    try {
      for (let tried = 0; tried < TRIES; tried++) {
        await this.#hold();
        const seen = await this.#read();
        if (seen === undefined) return undefined;
        this.#clearUp(seen);
        const next = this.#edit.change(seen.config, this.#written);
        const done = next === seen.config;
        if (done && this.#restless === undefined) return seen;
        // What was read before the lock ran out is no ground to write on.
        if (!done && !this.#lock?.isSafe) continue;
        // A write whose answer got lost, and that was carried out, has to settle like any other.
        const written = done ? seen.version : await this.#write(seen, next);
        if (written === undefined) continue;
        const settled = await this.#settle(written);
        if (settled !== undefined) return settled;
      }
      throw new Error(
        `can't change the rules of tunnel ${this.#edit.address.tunnelId}: others overwrote them, or Cloudflare gave no ` +
          `clear answer, ${TRIES} times. Find out who else writes this tunnel's configuration as a whole, and try again`,
      );
    } finally {
      await this.#letGo();
    }
  }

  #read(): Promise<Seen | undefined> {
    return readTunnel(this.#api, this.#edit.address, this.#call, this.#newest);
  }

  /** Takes the lock, or a new one for one that has become old. */
  async #hold(): Promise<void> {
    if (this.#lock?.isSafe) return;
    await this.#letGo();
    this.#lock = await TunnelLock.take(this.#api, this.#edit.address, this.#call);
  }

  async #letGo(): Promise<void> {
    // Whoever comes next must not read what was there before our last write.
    const rest = (this.#restless ?? 0) + SETTLE - this.#api.clock.now();
    if (this.#lock && this.#restless !== undefined && rest > 0) await this.#api.clock.sleep(rest);
    const failure = await this.#lock?.release(this.#call);
    this.#lock = undefined;
    if (failure) this.#call.log("warning", `${failure}; other deploys wait up to a minute for it`);
  }

  /** Writes once. @returns the new version, or undefined when nobody knows whether it was written */
  async #write(seen: Seen, next: TunnelConfig): Promise<number | undefined> {
    const { accountId, tunnelId } = this.#edit.address;
    const { configurations } = this.#api.sdk.zeroTrust.tunnels.cloudflared;
    type Params = Parameters<BaseConfigurations["update"]>[1];
    const params = { account_id: accountId, config: next } as unknown as Params;
    const { signal } = this.#call;
    this.#restless = this.#api.clock.now();
    try {
      const answer = await configurations.update(tunnelId, params, {
        signal: AbortSignal.any([signal]),
        maxRetries: 0,
        timeout: WRITE,
      });
      const version = answer.version ?? 0;
      this.#newest = Math.max(this.#newest, version);
      if (version > seen.version + 1) this.#warn(seen.version, version);
      this.#written = true;
      return version;
    } catch (error) {
      this.#restless = this.#api.clock.now();
      signal.throwIfAborted();
      const putOff = isRefusedForNow(error);
      if (!putOff && !isUnclear(error)) throw describe(error, `change the rules of tunnel ${tunnelId}`);
      if (!putOff) this.#unclear = { version: seen.version, config: next };
      this.#call.status(
        putOff ? "Cloudflare limits requests: waiting" : "Cloudflare gave no clear answer: looking again",
      );
      // Whether it was written is known when no answer is older than it.
      const pause = putOff ? LOOK * (1 + this.#api.clock.random()) : SETTLE;
      const wait = retryAfter(error, this.#api.clock.wall()) ?? pause;
      await this.#api.clock.sleep(wait, signal);
      return undefined;
    }
  }

  /** Waits until the written version is what everybody sees; undefined when somebody overwrote what we changed. */
  async #settle(written: number): Promise<Seen | undefined> {
    this.#call.status("looking whether Cloudflare shows the change");
    const since = this.#api.clock.now();
    let long = SETTLE;
    for (;;) {
      const seen = await readTunnel(this.#api, this.#edit.address, this.#call, written);
      // Gone, or changed by somebody in such a way that ours is to be done again.
      if (seen === undefined || this.#edit.change(seen.config, true) !== seen.config) return undefined;
      const passed = this.#api.clock.now() - since;
      // An answer that is stale so late says that others will be.
      if (seen.late) long = Math.min(Math.max(long, 2 * passed), STALE);
      if (passed >= long) {
        this.#restless = undefined;
        return seen;
      }
      await this.#api.clock.sleep(LOOK, this.#call.signal);
    }
  }

  /** Finds out what became of a write without a clear answer: more versions than that one are somebody else's. */
  #clearUp(seen: Seen): void {
    const before = this.#unclear;
    if (before === undefined) return;
    this.#unclear = undefined;
    if (isDeepStrictEqual(seen.config, before.config)) this.#written = true;
    if (seen.version > before.version + 1) this.#warn(before.version, seen.version);
  }

  #warn(read: number, written: number): void {
    this.#call.log(
      "warning",
      `somebody changed the rules of tunnel ${this.#edit.address.tunnelId} in the moment between our reading version ` +
        `${read} and writing version ${written}: what they did is overwritten. Look at the tunnel's public hostnames in ` +
        "Cloudflare's dashboard, and let them do it again",
    );
  }
}
