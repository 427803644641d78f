// Starts a provider's gRPC server in this process and ends it with the engine.
import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { onlyAncestors, onlyOwnUser } from "./callers.ts";
import { EngineLog } from "./engine-log.ts";
import type { ProviderDefinition } from "./handler.ts";
import { endAfter, engineAddress, listenOnLoopback, MESSAGE_LIMITS, whenParentIsGone } from "./process.ts";
import { createService } from "./service.ts";

/**
 * Serves a provider until the engine ends it: prints the port on stdout, as the engine expects of a plugin.
 * `--version` prints the version and returns. `args` are the process's own arguments.
 */
export async function serve<Client>(
  provider: ProviderDefinition<Client>,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  if (args.includes("--version")) {
    process.stdout.write(`${provider.version}\n`);
    return;
  }
  const host = { log: new EngineLog(), cancelled: new AbortController() };
  const engine = engineAddress(args);
  if (engine) host.log.attach(engine);

  const service = createService(provider, host);
  const server = new grpc.Server(MESSAGE_LIMITS);
  server.addService(providerGrpc.ResourceProviderService, service.handlers);
  // Who runs it by hand attaches an engine that is no ancestor.
  const { port } = await listenOnLoopback(server, await (engine ? onlyAncestors() : onlyOwnUser()));

  const end = () => endAfter(service.close());
  // The engine says good-bye with SIGINT and waits for the end. A Ctrl-C doesn't come here: plugins run in process
  // groups of their own, and the engine decides whether to call Cancel.
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      host.cancelled.abort(new Error("the provider was told to stop"));
      end();
    });
  }
  // Nothing is cancelled then: what a handler does about that would meet the run that comes after the dead one.
  whenParentIsGone(end);
  process.stdout.write(`${port}\n`);
}
