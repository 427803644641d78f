// Emulator of the part of Cloudflare's API that tunnels need: tunnels and their configurations, DNS records, Access.
// It speaks HTTP or, for simulations, answers calls of `fetch` in this process under a clock of the test's.
import { type Clock, realClock } from "../../../provider/cloudflare/clock.ts";
import { accessRoutes } from "./access.ts";
import { failure, Refusal, refusals, success } from "./envelope.ts";
import { recordRoutes } from "./records.ts";
import { tunnelRoutes } from "./tunnels.ts";
import { type Call, type Route, World } from "./world.ts";

/** What goes wrong with a request: refused unheard, carried out with the answer lost, or cut off. */
export type Fault = "unavailable" | "answer lost" | "cut off";

/** How the emulator behaves; all of it may be changed while it runs. */
export interface Behaviour {
  /** Longest time that a request takes on its way, in milliseconds; half of it before it is heard. @default 0 */
  latency: number;
  /** Longest time that a read may be behind the writes, in milliseconds. @default 0 */
  staleness: number;
  /** Requests in a window of `limitWindow` milliseconds before a 429. @default no limit */
  limit: number;
  /** @default 1000 */
  limitWindow: number;
  /** Share of requests, 0 to 1, that a fault meets. @default 0 */
  faults: number;
}

/** What a token may do. */
export type Permission = "edit" | "read";

/** A request that was heard. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** Page sizes that the real API has where none is asked for. */
const PER_PAGE = 100;
const ROUTES = [...tunnelRoutes, ...recordRoutes, ...accessRoutes].map((route) => ({
  route,
  parts: route.path.split("/"),
}));

/** An emulated Cloudflare with one account. */
export class CloudflareEmulator {
  readonly account = "a".repeat(32);
  readonly world: World;
  readonly behaviour: Behaviour;
  readonly heard: Heard[] = [];
  readonly #tokens = new Map<string, Permission>();
  readonly #clock: Clock;
  #window: number[] = [];

  constructor(behaviour: Partial<Behaviour> = {}, clock: Clock = realClock) {
    this.#clock = clock;
    this.world = new World(clock);
    const unlimited = Number.POSITIVE_INFINITY;
    this.behaviour = {
      latency: 0,
      staleness: 0,
      limit: unlimited,
      limitWindow: 1_000,
      faults: 0,
      ...behaviour,
    };
  }

  /** Adds an API token. */
  allow(token: string, permission: Permission = "edit"): this {
    this.#tokens.set(token, permission);
    return this;
  }

  /** Adds a zone and gives its id. */
  addZone(name: string): string {
    const id = this.world.hexId();
    this.world.zones.set(id, name);
    return id;
  }

  /** Answers a request: what `fetch` would give. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const body = await request.text();
    await this.#travel(request.signal);
    const fault = this.#fault();
    if (fault === "cut off") throw new TypeError("fetch failed", { cause: new Error("socket hang up") });
    const response = fault === "unavailable" ? failure(refusals.unavailable()) : this.#answer(request, body);
    this.heard.push({ method: request.method, path: new URL(request.url).pathname, status: response.status });
    await this.#travel(request.signal);
    return fault === "answer lost" ? failure(refusals.unavailable()) : response;
  };

  async #travel(signal: AbortSignal): Promise<void> {
    const time = (this.behaviour.latency / 2) * this.#clock.random();
    if (time > 0) await this.#clock.sleep(time, signal);
  }

  #fault(): Fault | undefined {
    const { faults } = this.behaviour;
    const dice = faults > 0 ? this.#clock.random() : 1;
    if (dice >= faults) return undefined;
    return dice < faults / 3 ? "unavailable" : dice < (faults * 2) / 3 ? "answer lost" : "cut off";
  }

  #answer(request: Request, text: string): Response {
    const url = new URL(request.url);
    // Whatever stands before /accounts or /zones is the base URL.
    const path = url.pathname.replace(/^.*?(?=\/(accounts|zones)\/)/, "");
    try {
      this.#limit();
      this.#login(request);
      const { route, params } = this.#route(request.method, path);
      const body = text === "" ? {} : (JSON.parse(text) as Call["body"]);
      const asOf = this.#clock.now() - this.behaviour.staleness * this.#clock.random();
      const call = { world: this.world, params, query: url.searchParams, body, asOf };
      return success(route.answer(call), url.searchParams, PER_PAGE);
    } catch (error) {
      if (error instanceof Refusal) return failure(error);
      throw error;
    }
  }

  #limit(): void {
    const { limit, limitWindow } = this.behaviour;
    const now = this.#clock.now();
    this.#window = this.#window.filter((at) => at > now - limitWindow);
    if (this.#window.length >= limit) {
      const wait = ((this.#window[0] ?? now) + limitWindow - now) / 1000;
      throw refusals.tooMany(Math.max(1, Math.ceil(wait)));
    }
    this.#window.push(now);
  }

  #login(request: Request): void {
    const header = request.headers.get("authorization");
    if (header === null) throw refusals.noLogin();
    const token = /^Bearer ([\w.-]+)$/.exec(header)?.[1];
    if (token === undefined) throw refusals.malformedLogin();
    const permission = this.#tokens.get(token);
    if (permission === undefined) throw refusals.wrongToken();
    if (permission === "read" && request.method !== "GET") throw refusals.notAllowed();
  }

  #route(method: string, path: string): { route: Route; params: { [name: string]: string } } {
    const parts = path.split("/");
    for (const { route, parts: wanted } of ROUTES) {
      if (route.method !== method || wanted.length !== parts.length) continue;
      if (!wanted.every((part, i) => part.startsWith(":") || part === parts[i])) continue;
      const open = wanted.flatMap((part, i) =>
        part.startsWith(":") ? [[part.slice(1), parts[i] ?? ""]] : [],
      );
      const params: { [name: string]: string } = Object.fromEntries(open);
      const known = params.account === undefined || params.account === this.account;
      if (known && (params.zone === undefined || this.world.zones.has(params.zone))) return { route, params };
    }
    throw refusals.noRoute(path);
  }
}
