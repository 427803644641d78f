// Cloudflare's API through the official SDK, with the few parts of it that are used, and with patience.
import type { ClientOptions } from "cloudflare/client";
import { BaseRecords } from "cloudflare/resources/dns/records";
import { BaseApplications } from "cloudflare/resources/zero-trust/access/applications/applications";
import { BasePolicies } from "cloudflare/resources/zero-trust/access/policies";
import { BaseCloudflared } from "cloudflare/resources/zero-trust/tunnels/cloudflared/cloudflared";
import { BaseConfigurations } from "cloudflare/resources/zero-trust/tunnels/cloudflared/configurations";
import { BaseToken } from "cloudflare/resources/zero-trust/tunnels/cloudflared/token";
import { createClient } from "cloudflare/tree-shakable";
import { type Clock, realClock } from "./clock.ts";
import { describe, isRefusedForNow, isUnclear, retryAfter } from "./failures.ts";
import type { CloudflareSettings } from "./settings.ts";

/** What a call needs of the operation that it belongs to. */
export interface Operation {
  readonly signal: AbortSignal;
  /** Shows what is waited for. */
  status(message: string): void;
}

/** One call: what it does, in words for an error, and whether doing it twice is the same as once. */
export interface Call {
  readonly what: string;
  readonly operation: Operation;
  /** @default true */
  readonly repeatable?: boolean;
  /** Time limit of one request in milliseconds. @default 60000 */
  readonly timeout?: number;
}

/** Options of one request, handed on to the SDK. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly maxRetries: 0;
  readonly timeout: number;
}

/** Most tries of a call, and the longest time that it may take with all its waits. */
const TRIES = 10;
const LONGEST = 10 * 60_000;

/** The parts of the SDK that are used: the whole of it is a hundred times as large. */
export interface CloudflareSdk {
  readonly dns: { readonly records: BaseRecords };
  readonly zeroTrust: {
    readonly access: { readonly applications: BaseApplications; readonly policies: BasePolicies };
    readonly tunnels: {
      readonly cloudflared: BaseCloudflared & {
        readonly configurations: BaseConfigurations;
        readonly token: BaseToken;
      };
    };
  };
}

function makeClient(options: ClientOptions): CloudflareSdk {
  const resources = [
    BaseApplications,
    BaseCloudflared,
    BaseConfigurations,
    BasePolicies,
    BaseRecords,
    BaseToken,
  ];
  // The SDK's own type of this is too deep for the compiler, which makes `never` of it.
  return createClient({ ...options, resources }) as unknown as CloudflareSdk;
}

/** A client of Cloudflare's API. */
export class CloudflareApi {
  readonly clock: Clock;
  readonly sdk: CloudflareSdk;

  /** `fetch` and `clock` are the real ones unless a test brings its own. */
  constructor(settings: CloudflareSettings, own: { fetch?: ClientOptions["fetch"]; clock?: Clock } = {}) {
    const { apiToken, apiKey, email, baseUrl, userAgentOperatorSuffix } = settings;
    this.clock = own.clock ?? realClock;
    this.sdk = makeClient({
      apiToken: apiToken ?? null,
      apiKey: apiKey ?? null,
      apiEmail: email ?? null,
      baseURL: baseUrl ?? null,
      defaultHeaders: {
        "User-Agent": ["tandem", userAgentOperatorSuffix].filter(Boolean).join(" "),
      },
      // Messages go to the user through the engine; the SDK's debug log would hold bodies.
      logLevel: "off",
      ...(own.fetch ? { fetch: own.fetch } : {}),
    });
    this.#mayLogIn = apiToken !== undefined || (apiKey !== undefined && email !== undefined);
  }

  readonly #mayLogIn: boolean;

  /**
   * Makes a call. A request that Cloudflare puts off (429) is sent again after the time it asks for, or else after a
   * growing, jittered one; so is one without a clear answer, if it may be repeated. The SDK's own repetition isn't
   * used: it repeats conflicts and whatever creates things, and can't be interrupted while it waits.
   *
   * @throws Error with what Cloudflare said and what to do; its cause is the SDK's error.
   */
  async call<T>(call: Call, work: (options: RequestOptions) => PromiseLike<T>): Promise<T> {
    try {
      return await this.attempt(call, work);
    } catch (error) {
      throw describe(error, call.what);
    }
  }

  /** The same, with errors of the SDK as they are. */
  async attempt<T>(call: Call, work: (options: RequestOptions) => PromiseLike<T>): Promise<T> {
    const { operation, repeatable = true } = call;
    if (!this.#mayLogIn) {
      throw new Error(
        `can't ${call.what}: there is no API token for Cloudflare; set apiToken of the cloudflare provider ` +
          "(pulumi config set --secret cloudflare:apiToken), or CLOUDFLARE_API_TOKEN",
      );
    }
    const end = this.clock.now() + LONGEST;
    for (let tried = 1; ; tried++) {
      try {
        operation.signal.throwIfAborted();
        // A signal of its own for each request: the SDK never takes its listeners off again.
        const signal = AbortSignal.any([operation.signal]);
        return await work({ signal, maxRetries: 0, timeout: call.timeout ?? 60_000 });
      } catch (error) {
        operation.signal.throwIfAborted();
        const again = isRefusedForNow(error) || (repeatable && isUnclear(error));
        const wait = retryAfter(error, this.clock.wall()) ?? this.#backoff(tried);
        if (!again || tried >= TRIES || this.clock.now() + wait > end) throw error;
        operation.status(
          isRefusedForNow(error)
            ? `Cloudflare limits requests: waiting ${Math.ceil(wait / 1000)} s`
            : `Cloudflare gave no clear answer: trying again in ${Math.ceil(wait / 1000)} s`,
        );
        await this.clock.sleep(wait, operation.signal);
      }
    }
  }

  /** Half a second, doubled with every try up to 30 s, less up to a half at random. */
  #backoff(tried: number): number {
    return Math.min(500 * 2 ** (tried - 1), 30_000) * (1 - this.clock.random() / 2);
  }
}
