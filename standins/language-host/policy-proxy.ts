// Stands between the engine and a policy pack: the engine sends the stack's config only after it has connected, but
// the SDK in the pack wants it in its environment before it starts. So this answers first, and forwards afterwards.
import grpc from "@grpc/grpc-js";
import analyzerGrpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzerPb from "@pulumi/pulumi/proto/analyzer_pb.js";
import { type Listener, listenOnLoopback } from "../../plugin/process.ts";

/** How long the engine may still ask after a pack has ended. In milliseconds. */
const LINGER = 10_000;

type StackConfiguration = analyzerPb.AnalyzerStackConfigureRequest;

const { handshake, configureStack, ...forwarded } = analyzerGrpc.AnalyzerService;
const asBytes = (bytes: Buffer): Buffer => bytes;

/** A gRPC server that becomes a window on the policy pack once the pack runs. */
export class PolicyProxy {
  /** Port for the engine. */
  readonly port: number;
  /** The stack's config, or undefined when the engine has other questions first and so will not send one. */
  readonly configuration: Promise<StackConfiguration | undefined>;
  readonly #end: () => void;
  readonly #configure: (configuration: StackConfiguration | undefined) => void;
  readonly #pack = Promise.withResolvers<grpc.Client>();
  #client: grpc.Client | undefined;

  private constructor(
    server: grpc.Server,
    listener: Listener,
    configured: PromiseWithResolvers<StackConfiguration | undefined>,
  ) {
    this.port = listener.port;
    this.#end = () => {
      listener.close();
      server.forceShutdown();
    };
    this.#configure = configured.resolve;
    this.configuration = configured.promise;
    // Nobody may be waiting when the pack fails; those who are still get the error.
    this.#pack.promise.catch(() => {});
  }

  /** Starts the server on loopback. */
  static async start(): Promise<PolicyProxy> {
    const server = new grpc.Server();
    const configured = Promise.withResolvers<StackConfiguration | undefined>();
    let proxy: PolicyProxy | undefined;
    const handlers: grpc.UntypedServiceImplementation = {
      handshake: (_: unknown, callback: grpc.sendUnaryData<analyzerPb.AnalyzerHandshakeResponse>) =>
        callback(null, new analyzerPb.AnalyzerHandshakeResponse()),
      configureStack: (
        call: grpc.ServerUnaryCall<StackConfiguration, analyzerPb.AnalyzerStackConfigureResponse>,
        callback: grpc.sendUnaryData<analyzerPb.AnalyzerStackConfigureResponse>,
      ) => {
        configured.resolve(call.request);
        callback(null, new analyzerPb.AnalyzerStackConfigureResponse());
      },
    };
    const raw = Object.entries(forwarded).map(([name, method]) => {
      const passing = { ...method, requestDeserialize: asBytes, responseSerialize: asBytes };
      return [name, passing] as const;
    });
    for (const [name, method] of raw) {
      handlers[name] = (call: grpc.ServerUnaryCall<Buffer, Buffer>, callback: grpc.sendUnaryData<Buffer>) =>
        proxy?.forward(method.path, call.request, callback);
    }
    server.addService({ handshake, configureStack, ...Object.fromEntries(raw) }, handlers);
    proxy = new PolicyProxy(server, await listenOnLoopback(server), configured);
    return proxy;
  }

  /** Connects to the pack at `port` and hands it the configuration. Never fails: those who wait for it get the error. */
  async attach(port: number): Promise<void> {
    const client = new analyzerGrpc.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    this.#client = client;
    const configuration = await this.configuration;
    if (configuration) {
      const error = await new Promise<grpc.ServiceError | null>((resolve) => {
        client.configureStack(configuration, resolve);
      });
      // Packs of older SDKs have no such call: they have read their environment.
      if (error && error.code !== grpc.status.UNIMPLEMENTED) return this.fail(error);
    }
    this.#pack.resolve(client);
  }

  /** Makes every call that waits for the pack fail. Without effect once the pack is attached. */
  fail(error: Error): void {
    this.#pack.reject(error);
  }

  /**
   * Ends the connection to the pack, which is gone for the given reason. The server goes on for a while: the engine
   * may be about to ask, and shall get the reason instead of a broken connection.
   */
  close(reason: Error): void {
    this.fail(reason);
    this.#configure(undefined);
    this.#client?.close();
    setTimeout(this.#end, LINGER).unref();
  }

  private forward(path: string, request: Buffer, callback: grpc.sendUnaryData<Buffer>): void {
    this.#configure(undefined);
    this.#pack.promise.then(
      (client) =>
        client.makeUnaryRequest(path, asBytes, asBytes, request, (error, answer) => callback(error, answer)),
      (error: Error) => callback({ code: grpc.status.UNAVAILABLE, details: error.message }),
    );
  }
}
