// A provider for engines that attach to it (PULUMI_DEBUG_PROVIDERS).
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Attachable } from "./attachable.ts";
import { EngineLog } from "./engine-log.ts";
import type { ProviderDefinition } from "./handler.ts";
import { createService } from "./service.ts";

/** Makes a provider attachable: each provider resource of each run gets one with settings of its own. */
export function attachableProvider<Client>(provider: ProviderDefinition<Client>): Attachable {
  return new Attachable(providerGrpc.ResourceProviderService, () => {
    const host = { log: new EngineLog(), cancelled: new AbortController() };
    const service = createService(provider, host);
    return {
      handlers: service.handlers,
      over: () => host.cancelled.signal.aborted,
      close: async () => {
        host.log.close();
        await service.close();
      },
    };
  });
}
