// The policy pack as the engine talks to it, over a real connection.
import grpc from "@grpc/grpc-js";
import analyzerGrpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/analyzer_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import project from "../package.json" with { type: "json" };
import { ask } from "../plugin/testing.ts";
import { rules, SETTINGS_POLICY } from "./pack.ts";
import { types } from "./rule.ts";
import { attachablePack } from "./service.ts";

// Both belong to the wire protocol of Pulumi.
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

const pack = attachablePack();
let port: number;
const clients: Client[] = [];
type Client = InstanceType<typeof analyzerGrpc.AnalyzerClient>;

beforeAll(async () => {
  port = await pack.listen(() => process.pid);
});
afterAll(async () => {
  for (const client of clients) client.close();
  await pack.close();
});

/** The pack as a run of a stack gets it: each run has a connection of its own. */
async function begin(stack: string, policies: object = {}): Promise<Client> {
  const client = new analyzerGrpc.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  clients.push(client);
  await ask(client, client.handshake, new pb.AnalyzerHandshakeRequest());
  const configuration = new pb.AnalyzerStackConfigureRequest();
  configuration.setProject("shop");
  configuration.setStack(stack);
  configuration.getConfigMap().set("tandem:policies", JSON.stringify(policies));
  await ask(client, client.configureStack, configuration);
  return client;
}

function container(properties: Record<string, unknown>): pb.AnalyzeRequest {
  const request = new pb.AnalyzeRequest();
  request.setType(types.container);
  request.setName("app");
  request.setUrn(`urn:pulumi:staging::shop::${types.container}::app`);
  request.setProperties(
    structPb.Struct.fromJavaScript(properties as Record<string, structPb.JavaScriptValue>),
  );
  request.setOptions(new pb.AnalyzerResourceOptions());
  return request;
}

async function said(client: Client, request: pb.AnalyzeRequest): Promise<pb.AnalyzeDiagnostic.AsObject[]> {
  const response: pb.AnalyzeResponse = await ask(client, client.analyze, request);
  return response.getDiagnosticsList().map((diagnostic) => diagnostic.toObject());
}

const PORTS = "published-ports";
const published = container({ ports: [{ internal: 80, external: 8080, ip: "0.0.0.0" }] });

it("tells all its policies, with their levels", async () => {
  const client = await begin("staging", { levels: { [PORTS]: "advisory" } });
  const info: pb.AnalyzerInfo = await ask(client, client.getAnalyzerInfo, new emptyPb.Empty());
  expect(info.getVersion()).toBe(project.version);
  const levels = new Map(info.getPoliciesList().map((one) => [one.getName(), one.getEnforcementlevel()]));
  expect([...levels.keys()]).toEqual([...rules.map(({ name }) => name), SETTINGS_POLICY]);
  expect(levels.get(PORTS)).toBe(pb.EnforcementLevel.ADVISORY);
});

it("says what is wrong with a resource, and why", async () => {
  const found = (await said(await begin("staging"), published)).filter(
    ({ policyname }) => policyname === PORTS,
  );
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({
    enforcementlevel: pb.EnforcementLevel.MANDATORY,
    policypackname: "tandem",
  });
  expect(found[0]?.message).toContain("To fix:");
  expect(found[0]?.message).toContain("8080");
});

it("each run has settings of its own, also with another one at work", async () => {
  const [allowed, strict] = await Promise.all([
    begin("staging", { publish: ["0.0.0.0:8080"] }),
    begin("production"),
  ]);
  const names = async (client: Client) => (await said(client, published)).map(({ policyname }) => policyname);
  expect(await names(allowed)).not.toContain(PORTS);
  expect(await names(strict)).toContain(PORTS);
});

it("a level that the engine hands over wins, and what is disabled says nothing", async () => {
  const client = await begin("staging");
  const config = new pb.PolicyConfig();
  config.setEnforcementlevel(pb.EnforcementLevel.DISABLED);
  const request = new pb.ConfigureAnalyzerRequest();
  request.getPolicyconfigMap().set(PORTS, config);
  await ask(client, client.configure, request);
  expect((await said(client, published)).map(({ policyname }) => policyname)).not.toContain(PORTS);
});

it("says nothing of what isn't known yet, sees through secrets, and repeats none", async () => {
  const client = await begin("staging");
  const unknown = container({ ports: UNKNOWN });
  expect((await said(client, unknown)).map(({ policyname }) => policyname)).not.toContain(PORTS);
  const secret = container({
    envs: { ...SECRET, value: ["TOKEN=canary-secret"] },
    ports: { ...SECRET, value: [{ internal: 80, external: 8080, ip: "0.0.0.0" }] },
  });
  const found = await said(client, secret);
  expect(found.map(({ policyname }) => policyname)).toContain(PORTS);
  expect(JSON.stringify(found)).not.toContain("canary-secret");
});

it("tells what can't be read in the stack's settings at the end of the run", async () => {
  const client = await begin("staging", { levels: { nonsense: "advisory" } });
  const response: pb.AnalyzeResponse = await ask(client, client.analyzeStack, new pb.AnalyzeStackRequest());
  const found = response.getDiagnosticsList().map((one) => `${one.getPolicyname()} ${one.getMessage()}`);
  expect(found.join("\n")).toContain("there is no policy of this name");
});

it("fixes nothing by itself", async () => {
  const client = await begin("staging");
  const response: pb.RemediateResponse = await ask(client, client.remediate, published);
  expect(response.getRemediationsList()).toEqual([]);
});
