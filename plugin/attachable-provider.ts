// A provider for engines that attach to it (PULUMI_DEBUG_PROVIDERS).
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Attachable } from "./attachable.ts";
import { EngineLog } from "./engine-log.ts";
import type { ProviderDefinition } from "./handler.ts";
import { createService } from "./service.ts";

/**
 * Makes a provider attachable: each provider resource of each run gets one with settings of its own.
 *
 * @param onLost called when an engine is gone and left calls under way
 */
export function attachableProvider<Client>(
  provider: ProviderDefinition<Client>,
  onLost?: () => void,
): Attachable {
  const create = () => {
    const host = { log: new EngineLog(), cancelled: new AbortController() };
    const service = createService(provider, host);
    return {
      handlers: service.handlers,
      over: () => host.cancelled.signal.aborted,
      abort: () => host.cancelled.abort(new Error("the provider was told to stop")),
      close: async () => {
        host.log.close();
        await service.close();
      },
    };
  };
  return new Attachable(providerGrpc.ResourceProviderService, create, onLost);
}
