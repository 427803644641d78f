// Serves a plugin's protocol to several engines, or to both runs of one, from a single process: each connection is a plugin
// of its own, with its own settings, log and cancellation, as each process that the engine starts by itself would be.
//
// Why by connection: an engine that attaches opens one for each plugin of each run, and nothing in its calls says which of
// them they are for.
import { createServer, type Server, type Socket } from "node:net";
import grpc from "@grpc/grpc-js";
import { MESSAGE_LIMITS } from "./process.ts";

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
  readonly #waiting = new Set<Attached>();
  readonly #server: Server;
  readonly #onLost: () => void;
  #connections = 0;

  /**
   * @param create makes the plugin for a new connection
   * @param onLost called when an engine is gone without a good-bye and left calls under way, for which nobody waits any more
   */
  constructor(service: grpc.ServiceDefinition, create: () => Attached, onLost: () => void = () => {}) {
    this.#service = service;
    this.#create = create;
    this.#onLost = onLost;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Binds a free port on loopback. @returns the port */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  }

  /** Connections that an engine holds. */
  get connections(): number {
    return this.#connections;
  }

  /** Tells all that is under way to stop. */
  abort(): void {
    for (const attached of [...this.#open, ...this.#waiting]) attached.abort();
  }

  /** Closes what the plugins hold. */
  async close(): Promise<void> {
    this.#server.close();
    await Promise.allSettled([...this.#open, ...this.#waiting].map(async (attached) => attached.close()));
  }

  #accept(socket: Socket): void {
    this.#connections++;
    let attached: Attached | undefined;
    const take = (call: string): Attached => {
      attached ??= (FIRST.has(call) ? undefined : this.#goOn()) ?? this.#create();
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
      if (attached !== undefined) this.#release(attached, lost);
    });
    // A connection that is reset has ended, which is all there is to it.
    socket.on("error", () => socket.destroy());
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
   * The plugin whose connection was closed for its idleness; undefined where more than one might be it, which then tells
   * the user that it was never configured instead of working with another one's settings.
   */
  #goOn(): Attached | undefined {
    const [only, ...others] = this.#waiting;
    if (only === undefined || others.length > 0) return undefined;
    this.#waiting.delete(only);
    return only;
  }

  #release(attached: Attached, lost: boolean): void {
    this.#open.delete(attached);
    if (!attached.over()) {
      if (lost) this.#onLost();
      else this.#waiting.add(attached);
      return;
    }
    // What can't be closed any more is no harm to the others.
    void Promise.resolve()
      .then(() => attached.close())
      .catch(() => {});
  }
}
