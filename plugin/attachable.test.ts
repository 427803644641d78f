// Tests of a provider that several engines attach to, over real connections.
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { attachableProvider } from "./attachable-provider.ts";
import type { Caller } from "./callers.ts";
import type { ProviderDefinition } from "./handler.ts";
import { ask } from "./testing.ts";
import { encode } from "./values.ts";

const closed: string[] = [];
const aborted: string[] = [];
const definition: ProviderDefinition<string> = {
  name: "pkg",
  version: "1.2.3",
  configure: ({ who }) => String(who),
  functions: {
    "pkg:index:who": (_, { client }) => ({ who: client }),
    "pkg:index:wait": (_, { client, signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          aborted.push(client);
          resolve({});
        });
      }),
  },
  resources: {},
  close: (client) => void closed.push(client),
};

let lost = 0;
const attachable = attachableProvider(definition, () => {
  lost++;
});
/** Who connects next; nothing tells one test's connections from another's but this. */
let caller: Caller | undefined = 1;
let port: number;
const clients: Client[] = [];
type Client = InstanceType<typeof providerGrpc.ResourceProviderClient>;

beforeAll(async () => {
  port = await attachable.listen(() => caller);
});
afterEach(async () => {
  for (const client of clients.splice(0)) await goodBye(client);
  await until(() => attachable.connections === 0);
  attachable.forget(() => false);
  await new Promise(setImmediate);
  closed.length = 0;
  caller = 1;
});
afterAll(() => attachable.close());

/** Connects as a provider resource of an engine does; each on a connection of its own. */
function connect(to = port): Client {
  const client = new providerGrpc.ResourceProviderClient(
    `127.0.0.1:${to}`,
    grpc.credentials.createInsecure(),
    { "grpc.use_local_subchannel_pool": 1 },
  );
  clients.push(client);
  return client;
}

/** A way to the provider that breaks off as with a process that is killed. */
async function cuttableLine(): Promise<{ port: number; cut: () => void }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const onward = createConnection(port, "127.0.0.1");
    sockets.push(socket, onward);
    for (const one of [socket, onward]) one.on("error", () => {});
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, cut };
}

async function begin(client: Client, who: string): Promise<Client> {
  const handshake = new pb.ProviderHandshakeRequest();
  handshake.setEngineAddress("127.0.0.1:1");
  await ask(client, client.handshake, handshake);
  const configure = new pb.ConfigureRequest();
  configure.setArgs(encode({ who }));
  await ask(client, client.configure, configure);
  return client;
}

async function invoke(client: Client, name: string): Promise<Record<string, unknown>> {
  const request = new pb.InvokeRequest();
  request.setTok(`pkg:index:${name}`);
  const response: pb.InvokeResponse = await ask(client, client.invoke, request);
  return response.getReturn()?.toJavaScript() ?? {};
}

async function goodBye(client: Client): Promise<void> {
  await ask(client, client.cancel, new emptyPb.Empty()).catch(() => {});
  client.close();
}

async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 5));
}

it("each connection has settings of its own", async () => {
  const [one, two] = await Promise.all([begin(connect(), "one"), begin(connect(), "two")]);
  expect(await invoke(one, "who")).toEqual({ who: "one" });
  expect(await invoke(two, "who")).toEqual({ who: "two" });
  expect(attachable.connections).toBe(2);
});

it("what one engine cancels goes on for the others, and is closed with its connection", async () => {
  const [one, two] = await Promise.all([begin(connect(), "one"), begin(connect(), "two")]);
  const waiting = invoke(one, "wait");
  await goodBye(one);
  await waiting.catch(() => {});
  await until(() => closed.length > 0);
  expect(aborted).toEqual(["one"]);
  expect(closed).toEqual(["one"]);
  expect(await invoke(two, "who")).toEqual({ who: "two" });
});

it("an engine that is gone in the middle of a call is told apart from an idle connection", async () => {
  const line = await cuttableLine();
  const client = await begin(connect(line.port), "dead");
  const waiting = invoke(client, "wait");
  // The call has to arrive before the connection breaks.
  expect(await invoke(client, "who")).toEqual({ who: "dead" });
  expect(lost).toBe(0);
  line.cut();
  await expect(waiting).rejects.toThrow();
  await until(() => lost > 0);
  await expect(invoke(connect(), "who")).rejects.toThrow("used before it was configured");
});

it("a connection that was closed for its idleness is the same instance when it comes back", async () => {
  (await begin(connect(), "idle")).close();
  await until(() => attachable.connections === 0);
  expect(closed).toEqual([]);
  expect(await invoke(connect(), "who")).toEqual({ who: "idle" });
});

it("of two that came back none is taken for the other", async () => {
  (await begin(connect(), "one")).close();
  (await begin(connect(), "two")).close();
  await until(() => attachable.connections === 0);
  await expect(invoke(connect(), "who")).rejects.toThrow("used before it was configured");
});

it("another process gets no plugin that was configured by one", async () => {
  (await begin(connect(), "one")).close();
  await until(() => attachable.connections === 0);
  caller = 2;
  await expect(invoke(connect(), "who")).rejects.toThrow("used before it was configured");
  caller = "unknown";
  await expect(invoke(connect(), "who")).rejects.toThrow("used before it was configured");
  caller = 1;
  expect(await invoke(connect(), "who")).toEqual({ who: "one" });
});

it("a plugin is closed once the engine that configured it is gone", async () => {
  (await begin(connect(), "gone")).close();
  await until(() => attachable.connections === 0);
  attachable.forget((who) => who === 1);
  expect(closed).toEqual([]);
  attachable.forget(() => false);
  await until(() => closed.length > 0);
  expect(closed).toEqual(["gone"]);
});

it("whoever may not attach gets no answer", async () => {
  caller = undefined;
  await expect(begin(connect(), "stranger")).rejects.toThrow(/UNAVAILABLE/);
  expect(attachable.connections).toBe(0);
});
