// Answers the engine's gRPC calls for a provider: one small translation per call, shared by all providers.
import type grpc from "@grpc/grpc-js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { checkResponse } from "./answers.ts";
import { NotServedError, toWireError } from "./errors.ts";
import type { ProviderDefinition } from "./handler.ts";
import { resourceCalls, type ServiceHost } from "./resource-calls.ts";
import { decode, encode, sameValue } from "./values.ts";

/** The service of one provider, and the means to end it. */
export interface ProviderService {
  /** Implementation to hand to the gRPC server. */
  readonly handlers: IResourceProviderServer;
  /** Closes the client that `configure` made, if any. */
  close(): Promise<void>;
}

/** Builds the gRPC service of a provider. */
export function createService<Client>(
  provider: ProviderDefinition<Client>,
  host: ServiceHost,
): ProviderService {
  let configured: { readonly client: Client } | undefined;

  const { handlers: ofResources, contextFor } = resourceCalls(provider, host, () => configured);

  /** Runs one call that is about the provider as a whole. */
  function onProvider<Req, Res>(work: (request: Req) => Promise<Res> | Res): grpc.handleUnaryCall<Req, Res> {
    return (call, callback) => {
      Promise.resolve()
        .then(() => work(call.request))
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(toWireError(error, [], new Set())),
        );
    };
  }

  const refuse = <Req, Res>(what: string) =>
    onProvider<Req, Res>(() => {
      throw new NotServedError(`the ${provider.name} provider does not serve ${what}`);
    });

  const handlers: IResourceProviderServer = {
    handshake: onProvider((request) => {
      host.log.attach(request.getEngineAddress());
      const response = new providerPb.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      return response;
    }),
    attach: onProvider((request) => {
      host.log.attach(request.getAddress());
      return new emptyPb.Empty();
    }),
    getPluginInfo: onProvider(() => {
      const info = new pluginPb.PluginInfo();
      info.setVersion(provider.version);
      return info;
    }),
    getSchema: onProvider(() => {
      const response = new providerPb.GetSchemaResponse();
      response.setSchema(provider.schema?.() ?? "{}");
      return response;
    }),
    checkConfig: onProvider((request) => {
      const response = checkResponse(
        provider.checkConfig?.(decode(request.getNews()).values) ?? [],
        new Set(),
      );
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: onProvider((request) => {
      // Other settings never mean other resources: at most the provider itself is updated in the state.
      const changes = providerPb.DiffResponse.DiffChanges;
      const response = new providerPb.DiffResponse();
      const before = decode(request.getOldInputs() ?? request.getOlds()).values;
      const same = sameValue(before, decode(request.getNews()).values);
      response.setChanges(same ? changes.DIFF_NONE : changes.DIFF_SOME);
      return response;
    }),
    configure: onProvider(async (request) => {
      configured = { client: await provider.configure(decode(request.getArgs()).values) };
      const response = new providerPb.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    ...ofResources,
    invoke: onProvider(async (request) => {
      const token = request.getTok();
      const work = provider.functions?.[token];
      if (!work)
        throw new NotServedError(`the ${provider.name} provider does not serve the function "${token}"`);
      const args = decode(request.getArgs());
      const response = new providerPb.InvokeResponse();
      const result = await work(args.values, contextFor("", "", token, 0, [args]));
      response.setReturn(encode(result, new Set(provider.secretResults?.[token])));
      return response;
    }),
    cancel: onProvider(() => {
      host.cancelled.abort(new Error("the operation was cancelled"));
      return new emptyPb.Empty();
    }),
    list: (call) => {
      call.emit(
        "error",
        toWireError(new NotServedError(`the ${provider.name} provider can't list`), [], new Set()),
      );
    },
    parameterize: refuse("parameters"),
    call: refuse("method calls"),
    construct: refuse("component resources"),
    getMapping: onProvider(() => new providerPb.GetMappingResponse()),
    getMappings: onProvider(() => new providerPb.GetMappingsResponse()),
  };
  return { handlers, close: async () => configured && (await provider.close?.(configured.client)) };
}
