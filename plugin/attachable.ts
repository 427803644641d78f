// Serves a plugin's protocol to several engines, or to both runs of one, from a single process: each connection is a plugin
// of its own, with its own settings, log and cancellation, as each process that the engine starts by itself would be.
//
// Why by connection: an engine that attaches opens one for each plugin of each run, and nothing in its calls says which of
// them they are for.
import type { Socket } from "node:net";
import grpc from "@grpc/grpc-js";
import type { Caller, CallerCheck } from "./callers.ts";
import { type Listener, listenTo, MESSAGE_LIMITS } from "./process.ts";

/** A plugin as one connection sees it. */
export interface Attached {
  readonly handlers: grpc.UntypedServiceImplementation;
  /** Has the engine said good-bye? */
  readonly over: () => boolean;
  /** Tells what is under way to stop. */
  readonly abort: () => void;
  /** Lets go of what it holds. */
  close(): Promise<void> | void;
}

/** Calls with which an engine begins; any other one on a new connection continues an old one. */
const FIRST: ReadonlySet<string> = new Set(["handshake", "attach"]);

/** A plugin that engines attach to. */
export class Attachable {
  readonly #service: grpc.ServiceDefinition;
  readonly #create: () => Attached;
  readonly #open = new Set<Attached>();
  /** Those whose connection broke off without a good-bye: gRPC closes one that was idle for 30 minutes, and comes back. */
  readonly #waiting = new Map<Attached, Caller>();
  readonly #onLost: () => void;
  #listener: Listener | undefined;
  #connections = 0;

  /**
   * @param create makes the plugin for a new connection
   * @param onLost called when an engine is gone without a good-bye and left calls under way, for which nobody waits any more
   */
  constructor(service: grpc.ServiceDefinition, create: () => Attached, onLost: () => void = () => {}) {
    this.#service = service;
    this.#create = create;
    this.#onLost = onLost;
  }

  /**
   * Binds a free port on loopback.
   *
   * @param check who may attach
   * @returns the port
   */
  async listen(check: CallerCheck): Promise<number> {
    this.#listener = await listenTo(check, (socket, caller) => this.#accept(socket, caller));
    return this.#listener.port;
  }

  /** Connections that an engine holds. */
  get connections(): number {
    return this.#connections;
  }

  /** Tells all that is under way to stop. */
  abort(): void {
    for (const attached of [...this.#open, ...this.#waiting.keys()]) attached.abort();
  }

  /** Closes the plugins that wait for an engine that is gone. */
  forget(lives: (caller: Caller) => boolean): void {
    for (const [attached, caller] of this.#waiting) {
      if (lives(caller)) continue;
      this.#waiting.delete(attached);
      letGo(attached);
    }
  }

  /** Closes what the plugins hold. */
  async close(): Promise<void> {
    this.#listener?.close();
    await Promise.allSettled(
      [...this.#open, ...this.#waiting.keys()].map(async (attached) => attached.close()),
    );
  }

  #accept(socket: Socket, caller: Caller): void {
    this.#connections++;
    let attached: Attached | undefined;
    const take = (call: string): Attached => {
      attached ??= (FIRST.has(call) ? undefined : this.#goOn(caller)) ?? this.#create();
      this.#open.add(attached);
      return attached;
    };
    const server = new grpc.Server(MESSAGE_LIMITS);
    const calls = { open: 0 };
    server.addService(this.#service, this.#delegates(take, calls));
    socket.once("close", () => {
      this.#connections--;
      const lost = calls.open > 0;
      server.forceShutdown();
      if (attached !== undefined) this.#release(attached, caller, lost);
    });
    server.createConnectionInjector(grpc.ServerCredentials.createInsecure()).injectConnection(socket);
  }

  /** Handlers that ask, at each call, which plugin it is for. */
  #delegates(take: (call: string) => Attached, calls: { open: number }): grpc.UntypedServiceImplementation {
    const entries = Object.keys(this.#service).map((name) => {
      const pass = (call: unknown, answer?: (...answers: unknown[]) => void) => {
        const handler = take(name).handlers[name] as unknown as (...args: unknown[]) => void;
        if (answer === undefined) return handler(call);
        calls.open++;
        handler(call, (...answers: unknown[]) => {
          calls.open--;
          answer(...answers);
        });
      };
      return [name, pass];
    });
    return Object.fromEntries(entries) as grpc.UntypedServiceImplementation;
  }

  /**
   * The caller's plugin whose connection was closed for its idleness. Undefined where more than one might be it, which then
   * tells the user that it was never configured instead of working with another one's settings; and never another's.
   */
  #goOn(caller: Caller): Attached | undefined {
    if (caller === "unknown") return undefined;
    const [only, ...others] = [...this.#waiting].filter(([, whose]) => whose === caller);
    if (only === undefined || others.length > 0) return undefined;
    this.#waiting.delete(only[0]);
    return only[0];
  }

  #release(attached: Attached, caller: Caller, lost: boolean): void {
    this.#open.delete(attached);
    if (attached.over()) letGo(attached);
    else if (lost) this.#onLost();
    else this.#waiting.set(attached, caller);
  }
}

/** What can't be closed any more is no harm to the others. */
function letGo(attached: Attached): void {
  void Promise.resolve()
    .then(() => attached.close())
    .catch(() => {});
}
