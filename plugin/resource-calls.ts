// The engine's calls about one resource: each decoded, handed to the resource's handler, and encoded again.
import type grpc from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { checkResponse, diffResponse, unionOf } from "./answers.ts";
import type { EngineLog } from "./engine-log.ts";
import { blot, NotServedError, toWireError } from "./errors.ts";
import type { CallContext, ProviderDefinition, ResourceHandler } from "./handler.ts";
import { type Decoded, decode, encode, encodeLike, type Properties } from "./values.ts";

/** What the service needs from the process it runs in. */
export interface ServiceHost {
  readonly log: EngineLog;
  /** Fires when the engine cancels or the process ends. */
  readonly cancelled: AbortController;
}

/** The parts that the requests of all resource calls have in common. */
interface ResourceCall {
  getUrn(): string;
  getName(): string;
  getType(): string;
  getTimeout?(): number;
}

/** The calls that a resource knows, and what a function of the provider needs of them. */
interface ResourceCalls<Client> {
  handlers: Pick<IResourceProviderServer, "check" | "diff" | "create" | "read" | "update" | "delete">;
  contextFor: (
    urn: string,
    name: string,
    type: string,
    timeoutSeconds: number,
    seen: readonly Decoded[],
  ) => CallContext<Client>;
}

/**
 * Builds them for a provider.
 *
 * @param configured what `configure` made, once it was called
 */
export function resourceCalls<Client>(
  provider: ProviderDefinition<Client>,
  host: ServiceHost,
  configured: () => { readonly client: Client } | undefined,
): ResourceCalls<Client> {
  function handlerFor(type: string): ResourceHandler<Client> {
    const handler = provider.resources[type];
    if (handler) return handler;
    throw new NotServedError(
      provider.refusal?.(type) ?? `the ${provider.name} provider does not serve the resource type "${type}"`,
    );
  }

  function contextFor(
    urn: string,
    name: string,
    type: string,
    timeoutSeconds: number,
    seen: readonly Decoded[],
  ): CallContext<Client> {
    // Containers and servers like to repeat what they were given, and their words are shown.
    const clean = (message: string) => blot(message, secretTexts(seen));
    const signals = [host.cancelled.signal];
    if (timeoutSeconds > 0) signals.push(AbortSignal.timeout(timeoutSeconds * 1000));
    return {
      get client(): Client {
        const made = configured();
        if (!made) throw new Error(`the ${provider.name} provider was used before it was configured`);
        return made.client;
      },
      urn,
      name,
      type,
      timeoutSeconds,
      signal: AbortSignal.any(signals),
      clean,
      log: (severity, message) => host.log.write(severity, clean(message), urn),
      status: (message) => host.log.write("info", clean(message), urn, true),
    };
  }

  /** Runs one call about a resource; what it decodes through `read` is hidden in an error where it was secret. */
  function onResource<Req extends ResourceCall, Res>(
    work: (call: {
      request: Req;
      handler: ResourceHandler<Client>;
      ctx: CallContext<Client>;
      read: (struct: Parameters<typeof decode>[0]) => Decoded;
    }) => Promise<Res>,
  ): grpc.handleUnaryCall<Req, Res> {
    return (call, callback) => {
      const seen: Decoded[] = [];
      const { request } = call;
      const read = (struct: Parameters<typeof decode>[0]) => {
        const decoded = decode(struct);
        seen.push(decoded);
        return decoded;
      };
      const type = request.getType() || typeOfUrn(request.getUrn());
      const name = request.getName() || request.getUrn().split("::").at(-1) || "";
      let marks: readonly string[] = [];
      const run = async () => {
        const handler = handlerFor(type);
        marks = handler.secretOutputs ?? [];
        const ctx = contextFor(request.getUrn(), name, type, request.getTimeout?.() ?? 0, seen);
        return work({ request, handler, ctx, read });
      };
      run().then(
        (response) => callback(null, response),
        (error: unknown) => callback(toWireError(error, secretTexts(seen), unionOf(marks, ...seen))),
      );
    };
  }

  const handlers: ResourceCalls<Client>["handlers"] = {
    check: onResource(async ({ request, handler, ctx, read }) => {
      const news = read(request.getNews());
      const olds = read(request.getOlds());
      const randomSeed = request.getRandomseed_asU8();
      const result = await handler.check?.({ news: news.values, olds: olds.values, randomSeed }, ctx);
      const response = checkResponse(result?.failures ?? [], news.secrets);
      response.setInputs(encodeLike(news, result?.inputs ?? news.values));
      return response;
    }),
    diff: onResource(async ({ request, handler, ctx, read }) => {
      const olds = read(request.getOlds()).values;
      const oldInputs = read(request.getOldInputs()).values;
      const news = read(request.getNews()).values;
      const result = await handler.diff({ id: request.getId(), olds, oldInputs, news }, ctx);
      return diffResponse(result, request.getIgnorechangesList());
    }),
    create: onResource(async ({ request, handler, ctx, read }) => {
      const inputs = read(request.getProperties());
      const secrets = unionOf(handler.secretOutputs ?? [], inputs);
      const response = new providerPb.CreateResponse();
      if (request.getPreview()) {
        const outputs = (await handler.preview?.({ inputs: inputs.values }, ctx)) ?? inputs.values;
        response.setProperties(encode(outputs, secrets));
        return response;
      }
      const made = await handler.create({ inputs: inputs.values }, ctx);
      response.setId(made.id);
      response.setProperties(encode(made.outputs, secrets));
      return response;
    }),
    read: onResource(async ({ request, handler, ctx, read }) => {
      const outputs = read(request.getProperties());
      const inputs = read(request.getInputs());
      const response = new providerPb.ReadResponse();
      if (!handler.read) {
        response.setId(request.getId());
        response.setProperties(request.getProperties());
        response.setInputs(request.getInputs());
        return response;
      }
      const found = await handler.read(
        { id: request.getId(), outputs: outputs.values, inputs: inputs.values },
        ctx,
      );
      if (!found) return response;
      const secrets = unionOf(handler.secretOutputs ?? [], outputs, inputs);
      response.setId(found.id);
      response.setProperties(encode(found.outputs, secrets));
      response.setInputs(
        found.inputs ? encode(found.inputs, unionOf([], outputs, inputs)) : request.getInputs(),
      );
      return response;
    }),
    update: onResource(async ({ request, handler, ctx, read }) => {
      const olds = read(request.getOlds());
      const oldInputs = read(request.getOldInputs());
      const inputs = read(request.getNews());
      const id = request.getId();
      const outputs = request.getPreview()
        ? ((await handler.preview?.({ id, inputs: inputs.values, olds: olds.values }, ctx)) ?? inputs.values)
        : await update(
            handler,
            { id, olds: olds.values, oldInputs: oldInputs.values, inputs: inputs.values },
            ctx,
          );
      const response = new providerPb.UpdateResponse();
      response.setProperties(encode(outputs, unionOf(handler.secretOutputs ?? [], inputs)));
      return response;
    }),
    delete: onResource(async ({ request, handler, ctx, read }) => {
      const outputs = read(request.getProperties()).values;
      const inputs = read(request.getOldInputs()).values;
      await handler.delete({ id: request.getId(), outputs, inputs }, ctx);
      return new emptyPb.Empty();
    }),
  };
  return { handlers, contextFor };
}

async function update<Client>(
  handler: ResourceHandler<Client>,
  request: { id: string; olds: Properties; oldInputs: Properties; inputs: Properties },
  ctx: CallContext<Client>,
): Promise<Properties> {
  if (handler.update) return handler.update(request, ctx);
  throw new Error(`${ctx.type} can't be changed in place: its diff has to ask for a replacement`);
}

/** The type token in a URN: the last part of the chain of types. */
function typeOfUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/**
 * What must not be repeated: every text that is secret. What is plain somewhere too is none: a resource that was made
 * before has all its variables in one secret, and hiding `production` wherever it stands would make logs unreadable.
 */
function secretTexts(decoded: readonly Decoded[]): string[] {
  const all = decoded.flatMap(({ texts }) => texts);
  const plain = new Set(all.flatMap(({ text, secret }) => (secret ? [] : [text])));
  return all.flatMap(({ text, secret }) => (secret && !plain.has(text) ? [text] : []));
}
