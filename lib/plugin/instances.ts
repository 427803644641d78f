// Serves a provider to several engines, or to both runs of one, from a single process: each connection is an instance with
// its own settings, log and cancellation, as each process that the engine starts by itself would be.
//
// Why by connection: an engine that attaches (PULUMI_DEBUG_PROVIDERS) opens one for each provider resource of each run, and
// nothing in its calls says which of them they are for.
import { createServer, type Server, type Socket } from "node:net";
import grpc from "@grpc/grpc-js";
import providerGrpc, { type IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { EngineLog } from "./engine-log.ts";
import type { ProviderDefinition } from "./handler.ts";
import { MESSAGE_LIMITS } from "./process.ts";
import { createService, type ProviderService } from "./service.ts";

/** A provider as one connection sees it. */
interface Instance {
  service: ProviderService;
  log: EngineLog;
  /** Has the engine said good-bye? */
  cancelled: AbortController;
}

/** Calls with which an engine begins; any other one on a new connection continues an old one. */
const FIRST: ReadonlySet<string> = new Set(["handshake", "attach"]);

/** The instances of one process. */
export class Instances<Client> {
  readonly #provider: ProviderDefinition<Client>;
  /** Those whose connection broke off without a good-bye: gRPC closes one that was idle for 30 minutes, and comes back. */
  readonly #waiting = new Set<Instance>();
  readonly #open = new Set<Instance>();
  readonly #server: Server;
  #connections = 0;

  constructor(provider: ProviderDefinition<Client>) {
    this.#provider = provider;
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

  /** Closes what the instances hold. */
  async close(): Promise<void> {
    this.#server.close();
    const all = [...this.#open, ...this.#waiting];
    await Promise.all(all.map(({ service }) => service.close()));
  }

  #accept(socket: Socket): void {
    this.#connections++;
    let instance: Instance | undefined;
    const take = (call: string): ProviderService => {
      instance ??= (FIRST.has(call) ? undefined : this.#goOn()) ?? this.#create();
      return instance.service;
    };
    const server = new grpc.Server(MESSAGE_LIMITS);
    server.addService(providerGrpc.ResourceProviderService, delegates(take));
    socket.once("close", () => {
      this.#connections--;
      server.forceShutdown();
      if (instance !== undefined) this.#release(instance);
    });
    // A connection that is reset has ended, which is all there is to it.
    socket.on("error", () => socket.destroy());
    server.createConnectionInjector(grpc.ServerCredentials.createInsecure()).injectConnection(socket);
  }

  #create(): Instance {
    const host = { log: new EngineLog(), cancelled: new AbortController() };
    const instance = { ...host, service: createService(this.#provider, host) };
    this.#open.add(instance);
    return instance;
  }

  /**
   * The instance whose connection was closed for its idleness; undefined where more than one might be it, which then
   * tells the user that it was never configured instead of working with another one's settings.
   */
  #goOn(): Instance | undefined {
    const [only, ...others] = this.#waiting;
    if (only === undefined || others.length > 0) return undefined;
    this.#waiting.delete(only);
    this.#open.add(only);
    return only;
  }

  #release(instance: Instance): void {
    this.#open.delete(instance);
    if (!instance.cancelled.signal.aborted) {
      this.#waiting.add(instance);
      return;
    }
    instance.log.close();
    void instance.service.close();
  }
}

/** Handlers that ask, at each call, which instance it is for. */
function delegates(take: (call: string) => ProviderService): IResourceProviderServer {
  const names = Object.keys(providerGrpc.ResourceProviderService) as (keyof IResourceProviderServer)[];
  const entries = names.map((name) => {
    const pass = (...args: unknown[]) => {
      const handler = take(String(name)).handlers[name] as (...args: unknown[]) => void;
      handler(...args);
    };
    return [name, pass];
  });
  return Object.fromEntries(entries) as IResourceProviderServer;
}
