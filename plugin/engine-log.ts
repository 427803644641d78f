// Lines for the user, sent to the engine that started this provider.
import grpc from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";

/** Severities as the engine counts them. */
const SEVERITY = { debug: 0, info: 1, warning: 2, error: 3 } as const;

/** Where an engine listens: on its own machine only. */
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\]):\d+$/;

/** Sends log lines; a line that can't be delivered goes to stderr, which is the engine's or the terminal's. */
export class EngineLog {
  #client: InstanceType<typeof engineGrpc.EngineClient> | undefined;

  /**
   * Connects to the engine at `address` (host:port); connects lazily and again after a second call. What is not on loopback
   * is no engine's address, and gets no lines.
   */
  attach(address: string): void {
    if (!LOOPBACK.test(address)) return;
    this.#client?.close();
    this.#client = new engineGrpc.EngineClient(address, grpc.credentials.createInsecure());
  }

  /** Writes a line tied to a resource; `ephemeral` ones are shown beside it and not kept. */
  write(severity: keyof typeof SEVERITY, message: string, urn: string, ephemeral = false): void {
    if (this.#client === undefined) {
      if (!ephemeral) process.stderr.write(`${severity}: ${message}\n`);
      return;
    }
    const request = new enginePb.LogRequest();
    request.setSeverity(SEVERITY[severity]);
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    this.#client.log(request, (error: grpc.ServiceError | null) => {
      if (error && !ephemeral) process.stderr.write(`${severity}: ${message}\n`);
    });
  }

  /** Closes the connection. */
  close(): void {
    this.#client?.close();
  }
}
