// Tests of the gRPC service of a provider, over a real connection.
import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { EngineLog } from "./engine-log.ts";
import { ResourceInitError } from "./errors.ts";
import type { DiffResult, ProviderDefinition } from "./handler.ts";
import { listenOnLoopback } from "./process.ts";
import { createService } from "./service.ts";
import { decode, encode, type Properties, UNKNOWN } from "./values.ts";

const THING = "pkg:index:Thing";
const definition: ProviderDefinition<{ greeting: string }> = {
  name: "pkg",
  version: "1.2.3",
  configure: ({ greeting }) => ({ greeting: String(greeting) }),
  checkConfig: ({ greeting }) =>
    greeting === "" ? [{ property: "greeting", reason: "must not be empty" }] : [],
  functions: { "pkg:index:greet": ({ name }, ctx) => ({ text: `${ctx.client.greeting} ${String(name)}` }) },
  resources: {
    [THING]: {
      secretOutputs: ["token"],
      check: ({ news }) => ({ inputs: { ...news, checked: true }, failures: [] }),
      diff({ olds, news }): DiffResult {
        return { changes: olds.name === news.name ? {} : { name: "update", "tags.a": "add" } };
      },
      preview: ({ inputs }) => ({ ...inputs, token: UNKNOWN }),
      create({ inputs }, ctx) {
        ctx.log("info", `made ${String(inputs.name)} with ${String(inputs.password)}`);
        if (inputs.name === "half") throw new ResourceInitError("half-id", inputs, ["only half"]);
        if (inputs.name === "fail") throw new Error(`the server says ${String(inputs.password)} is wrong`);
        return { id: `${ctx.name}-id`, outputs: { ...inputs, token: "t" } };
      },
      read: ({ id }) => (id === "gone" ? undefined : { id, outputs: { name: "n", password: "p" } }),
      delete: (_, ctx) =>
        new Promise((_resolve, reject) => {
          ctx.signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        }),
    },
  },
};

const cancelled = new AbortController();
const server = new grpc.Server();
const log = new EngineLog();
const logged = vi.spyOn(log, "write").mockReturnValue();
const service = createService(definition, { log, cancelled });
let client: InstanceType<typeof providerGrpc.ResourceProviderClient>;

/** Fills a request by its setters. */
function request<T extends object>(
  message: T,
  fields: Partial<Record<string, string | boolean | Properties>>,
): T {
  for (const [name, value] of Object.entries(fields)) {
    const setter = Reflect.get(message, `set${name}`) as (value: unknown) => void;
    const secrets = new Set(typeof value === "object" && "password" in value ? ["password"] : []);
    setter.call(message, typeof value === "object" ? encode(value, secrets) : value);
  }
  return message;
}

const URN = `urn:pulumi:s::p::${THING}::mine`;

/** Calls a method and waits for the answer. */
function call<Req, Res>(
  method: (request: Req, callback: (error: grpc.ServiceError | null, response: Res) => void) => unknown,
  message: Req,
): Promise<Res> {
  return new Promise((resolve, reject) => {
    method.call(client, message, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

const create = (properties: Properties, more: { Preview?: boolean; Urn?: string } = {}) =>
  call<pb.CreateRequest, pb.CreateResponse>(
    client.create,
    request(new pb.CreateRequest(), { Urn: URN, Properties: properties, ...more }),
  );

beforeAll(async () => {
  server.addService(providerGrpc.ResourceProviderService, service.handlers);
  const { port } = await listenOnLoopback(server);
  client = new providerGrpc.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  await call<pb.ConfigureRequest, pb.ConfigureResponse>(
    client.configure,
    request(new pb.ConfigureRequest(), { Args: { greeting: "hello" } }),
  );
});

afterAll(() => {
  client.close();
  server.forceShutdown();
});

describe("the service", () => {
  it("keeps secrets secret through check and create", async () => {
    const inputs = { name: "n", password: "p" };
    const checked = await call<pb.CheckRequest, pb.CheckResponse>(
      client.check,
      request(new pb.CheckRequest(), { Urn: URN, News: inputs }),
    );
    const decoded = decode(checked.getInputs());
    expect(decoded.values).toEqual({ ...inputs, checked: true });
    expect([...decoded.secrets]).toEqual(["password"]);
    const made = await create(inputs);
    expect(made.getId()).toBe("mine-id");
    expect([...decode(made.getProperties()).secrets].sort()).toEqual(["password", "token"]);
  });

  it("previews with unknowns and makes nothing", async () => {
    const made = await create({ name: "fail" }, { Preview: true });
    expect(made.getId()).toBe("");
    expect(decode(made.getProperties()).values).toEqual({ name: "fail", token: UNKNOWN });
  });

  it("blots secrets out of errors, and keeps what is half made", async () => {
    await expect(create({ name: "fail", password: "canary" })).rejects.toThrow(
      "the server says [secret] is wrong",
    );
    await expect(create({ name: "half" })).rejects.toMatchObject({ details: "only half" });
  });

  it("blots them out of its log, and leaves what is plain elsewhere", async () => {
    logged.mockClear();
    await create({ name: "canary-plain", password: "canary-secret" });
    await create({ name: "production", password: "production" });
    expect(logged.mock.calls.map(([, message]) => message)).toEqual([
      "made canary-plain with [secret]",
      "made production with production",
    ]);
  });

  it("says what it doesn't serve", async () => {
    const other = URN.replace("Thing", "Other");
    await expect(create({}, { Urn: other })).rejects.toMatchObject({ code: grpc.status.UNIMPLEMENTED });
    await expect(create({}, { Urn: other })).rejects.toThrow(
      'does not serve the resource type "pkg:index:Other"',
    );
    await expect(call(client.call, new pb.CallRequest())).rejects.toThrow("does not serve method calls");
  });

  it("leaves ignored changes out of a diff", async () => {
    const message = request(new pb.DiffRequest(), { Urn: URN, Olds: { name: "a" }, News: { name: "b" } });
    expect((await call<pb.DiffRequest, pb.DiffResponse>(client.diff, message)).getDiffsList()).toEqual([
      "name",
      "tags",
    ]);
    message.setIgnorechangesList(["name", "tags"]);
    const ignored = await call<pb.DiffRequest, pb.DiffResponse>(client.diff, message);
    expect(ignored.getChanges()).toBe(pb.DiffResponse.DiffChanges.DIFF_NONE);
  });

  it("reads what is there, and says what is gone", async () => {
    const read = (id: string) =>
      call<pb.ReadRequest, pb.ReadResponse>(
        client.read,
        request(new pb.ReadRequest(), { Urn: URN, Id: id, Properties: { password: "p" } }),
      );
    const found = await read("x");
    expect(found.getId()).toBe("x");
    expect([...decode(found.getProperties()).secrets]).toEqual(["password"]);
    expect((await read("gone")).getId()).toBe("");
  });

  it("never replaces a provider over its settings", async () => {
    const message = request(new pb.DiffRequest(), { OldInputs: { greeting: "a" }, News: { greeting: "b" } });
    const response = await call<pb.DiffRequest, pb.DiffResponse>(client.diffConfig, message);
    expect(response.getChanges()).toBe(pb.DiffResponse.DiffChanges.DIFF_SOME);
    expect(response.getReplacesList()).toEqual([]);
    const check = request(new pb.CheckRequest(), { News: { greeting: "" } });
    const checked = await call<pb.CheckRequest, pb.CheckResponse>(client.checkConfig, check);
    expect(checked.getFailuresList().map((failure) => failure.getProperty())).toEqual(["greeting"]);
  });

  it("serves functions", async () => {
    const message = request(new pb.InvokeRequest(), { Tok: "pkg:index:greet", Args: { name: "you" } });
    const response = await call<pb.InvokeRequest, pb.InvokeResponse>(client.invoke, message);
    expect(decode(response.getReturn()).values).toEqual({ text: "hello you" });
  });

  it("aborts what is under way when the engine cancels", async () => {
    const message = request(new pb.DeleteRequest(), { Urn: URN, Id: "x" });
    const pending = expect(call(client.delete, message)).rejects.toThrow("aborted");
    await call<emptyPb.Empty, emptyPb.Empty>(client.cancel, new emptyPb.Empty());
    await pending;
  });
});
