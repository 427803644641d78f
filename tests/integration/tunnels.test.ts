// TunnelRoute on the real engine, against an emulator of Cloudflare's API: never against Cloudflare itself.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONNECTOR_IMAGE } from "../../components/index.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { CloudflareEmulator } from "../support/cloudflare-emulator/emulator.ts";
import { EmulatorServer } from "../support/cloudflare-emulator/server.ts";
import { addTunnel, rulesOf } from "../support/cloudflare-emulator/tunnels.ts";
import type { Rule } from "../support/cloudflare-emulator/types.ts";
import { buildConnectorImage, type ConnectorImage } from "../support/connector-image.ts";
import { docker } from "../support/docker.ts";
import { dockerOk, logsOf } from "../support/docker-cli.ts";
import { expectFoundAndUndo, expectNoDrift } from "../support/drift-runs.ts";
import { changedRule, strangeRules } from "../support/hand-made-tunnel.ts";
import { TestProgram } from "../support/program.ts";
import { freePort, type Outcome, TestProject } from "../support/project.ts";
import { eventually } from "../support/requests.ts";
import { containerOf } from "../support/snapshot.ts";

const TOKEN = "canary-cloudflare-token";
const FOREIGN: Rule[] = [
  { hostname: "grafana.example.com", service: "http://10.0.0.5:3000", originRequest: { noTLSVerify: true } },
  { hostname: "*.example.com", service: "http://10.0.0.8:80" },
  { service: "http_status:404" },
];
const stacks = ["staging", "production"] as const;
const hostnames = { staging: "staging-oracle.example.com", production: "theoracle.example.com" };

const emulator = new CloudflareEmulator({ staleness: 200, latency: 40 }).allow(TOKEN);
const { world, account } = emulator;
const zone = emulator.addZone("example.com");
let server: EmulatorServer;

beforeAll(async () => {
  server = await EmulatorServer.start(emulator);
});
afterAll(() => server.stop());

const rules = (tunnel: string): Rule[] => {
  const now = world.configurations.read(tunnel);
  return now === undefined ? [] : rulesOf(now);
};
const records = () => Object.fromEntries(world.records.all().map(({ name, content }) => [name, content]));
const guarded = () => world.applications.all().map(({ domain }) => domain);

/** Awaits the runs and expects that each went well. */
async function ok(...runs: Promise<Outcome>[]): Promise<void> {
  for (const { exitCode, output } of await Promise.all(runs)) expect(exitCode, output).toBe(0);
}

describe("The Oracle in a tunnel that others use too", () => {
  const tunnel = addTunnel(world, account, "ingpve1", FOREIGN).id;
  const cname = `${tunnel}.cfargotunnel.com`;
  let project: TestProject;
  let env: Record<string, string>;
  const service = (stack: (typeof stacks)[number]) => `http://127.0.0.1:${project.config(stack).hostPort}`;
  const own = (stack: (typeof stacks)[number]) => ({ hostname: hostnames[stack], service: service(stack) });
  const up = (stack: string) => project.tandem(["up", stack, "--yes"], env);

  beforeAll(async () => {
    env = { CLOUDFLARE_BASE_URL: server.baseUrl };
    project = await TestProject.create();
    for (const stack of stacks) {
      const access = stack === "staging" ? { access: { emailDomains: ["example.com"] } } : {};
      project.configure(stack, {
        hostname: hostnames[stack],
        tunnel: { kind: "shared", accountId: account, zoneId: zone, tunnelId: tunnel, ...access },
      });
      await project.setSecret(stack, "cloudflareApiToken", TOKEN);
    }
  });
  afterAll(() => project.remove());

  it("Oracle: tunnel, shared: one rule for each environment, both stacks at the same time, before the rule that would take it", async () => {
    await ok(...stacks.map(up));
    const [grafana, ...rest] = rules(tunnel);
    expect([grafana, ...rest.slice(-2)]).toEqual(FOREIGN);
    expect(rest.slice(0, -2)).toHaveLength(2);
    for (const stack of stacks) expect(rest).toContainEqual(own(stack));
    expect(records()).toEqual({ [hostnames.staging]: cname, [hostnames.production]: cname });
  });

  it("puts Access before staging only, and it was there before the rule", () => {
    expect(guarded()).toEqual([hostnames.staging]);
    expect(world.policies.all()).toMatchObject([
      { decision: "allow", include: [{ email_domain: { domain: "example.com" } }] },
    ]);
    const [guard] = world.applications.all();
    const made = world.applications.since(String(guard?.id), () => true);
    const published = world.configurations.since(tunnel, (seen) =>
      rulesOf(seen).some(({ hostname }) => hostname === hostnames.staging),
    );
    expect(made).toBeLessThan(Number(published));
  });

  it("has nothing left to change, and keeps the token out of the state", async () => {
    await ok(project.tandem(["preview", "staging", "--expect-no-changes"], env));
    const { output } = await project.pulumi(["stack", "export", "--stack", "staging"]);
    expect(output).not.toContain(TOKEN);
    expect(output).toContain("tandem:cloudflare:IngressRule");
  });

  it("shows what was done to rules by hand, sorted, fixes its own rule and leaves everybody else's", async () => {
    const before = rules(tunnel);
    const site = (stack: (typeof stacks)[number]) => ({ world, tunnel, ...own(stack) });
    const strange = strangeRules(site("staging"));
    const { sent, removed } = changedRule(site("production"));
    const { taken } = changedRule(site("staging"));
    await expectFoundAndUndo(project, { staging: strange, production: [sent] }, env);
    await expectFoundAndUndo(project, { staging: [taken], production: [removed] }, env);
    await ok(project.tandem(["drift", "--fix"], env));
    for (const stack of stacks) expect(rules(tunnel)).toContainEqual(own(stack));
    const names: readonly unknown[] = Object.values(hostnames);
    const foreign = (all: Rule[]) => all.filter(({ hostname }) => !names.includes(hostname));
    expect(foreign(rules(tunnel))).toEqual(foreign(before));
    await expectNoDrift(project, stacks, env);
  });

  it("refuses a hostname that somebody else's rule has, before anything is touched, and names the way", async () => {
    const before = rules(tunnel);
    project.configure("staging", { hostname: "grafana.example.com" });
    const refused = await project.tandem(["preview", "staging"], env);
    expect(refused.exitCode, refused.output).not.toBe(0);
    expect(refused.output).toContain("sends to http://10.0.0.5:3000 grafana.example.com already");
    expect(refused.output.replaceAll(/\s+/g, " ")).toContain("tunnel.takeOver' true --stack staging");
    expect(rules(tunnel)).toEqual(before);
    project.configure("staging", { hostname: hostnames.staging });
  });

  it("takes out its own on the way down, and the other environment's and foreign ones stay", async () => {
    await ok(project.tandem(["down", "staging", "--yes"], env));
    expect(rules(tunnel)).toEqual([FOREIGN[0], own("production"), ...FOREIGN.slice(1)]);
    expect(records()).toEqual({ [hostnames.production]: cname });
    expect([guarded(), world.policies.all()]).toEqual([[], []]);
  });
});

/** Answers with the headers of the request. */
const ECHO = `require("node:http").createServer(({ headers }, answer) => answer.end(JSON.stringify(headers))).listen(8080)`;

describe("a tunnel of an environment's own", () => {
  let connector: ConnectorImage;
  let program: TestProgram;
  const living = () => world.tunnels.all().filter(({ name, deleted_at }) => name === "own" && !deleted_at);
  const source = (port: number, hostname: string, image: string) => `
import { AppService, Environment, Gateway, TunnelRoute } from "tandem";
const env = new Environment("staging", { system: "$SYSTEM", environment: "staging", data: { protect: false } });
const limits = { cpus: 0.5, memoryMb: 64, pids: 100 };
const gateway = new Gateway("gateway", { env, image: "caddy:2.11.9-alpine", hostPort: ${port}, ownTunnel: true, limits });
new AppService("app", {
  env, image: "${referenceOf("node")}", command: ["node", "-e", ${JSON.stringify(ECHO)}], port: 8080,
  route: { gateway, hostnames: ["${hostname}"] }, watch: { seconds: 0 },
  health: { command: ["node", "-e", "fetch('http://127.0.0.1:8080').then(() => process.exit(0), () => process.exit(1))"] },
  limits,
});
const tunnel = new TunnelRoute("tunnel", {
  env, gateway, hostnames: ["${hostname}"],
  tunnel: {
    kind: "own", accountId: "${account}", zoneId: "${zone}", name: "own", apiToken: "${TOKEN}",
    connectorImage: "${image}", access: { emails: ["me@example.com"] },
  },
});
export const urls = tunnel.urls;
`;
  let port: number;

  beforeAll(async () => {
    connector = await buildConnectorImage();
    port = await freePort();
    program = await TestProgram.create(source(port, "own.example.com", connector.reference));
    program.variables = { CLOUDFLARE_BASE_URL: server.baseUrl };
  });
  afterAll(async () => {
    await program.remove();
    await connector.remove();
  });

  it("makes tunnel, rules, guard, record, and a connector that has the tunnel's token", async () => {
    await ok(program.pulumi("up", "--yes", "--skip-preview"));
    const [tunnel] = living();
    const gateway = `http://${program.system}_staging_gateway:8080`;
    expect(rules(String(tunnel?.id))).toEqual([
      { hostname: "own.example.com", service: gateway },
      { service: "http_status:404" },
    ]);
    expect(records()["own.example.com"]).toBe(`${tunnel?.id}.cfargotunnel.com`);
    expect(guarded()).toContain("own.example.com");
    const container = await containerOf(program.system, "staging", "tunnel");
    expect(await logsOf(container)).toContain(
      `emulated connector of tunnel ${tunnel?.id} in account ${account}`,
    );
    const inspected = await docker.getContainer(container).inspect();
    expect(JSON.stringify(inspected)).not.toMatch(/eyJ/);
    await ok(program.pulumi("preview", "--expect-no-changes"));
  });

  it("believes what its connector says of a client, and nothing that another container says", async () => {
    const headers = {
      ...{ host: "own.example.com", "x-forwarded-proto": "https" },
      ...{ "x-forwarded-for": "192.0.2.66, 198.51.100.7", "cf-connecting-ip": "198.51.100.7" },
    };
    const script = `require("node:http").get("http://${program.system}_staging_gateway:8080", {
      headers: ${JSON.stringify(headers)} }, (answer) => answer.pipe(process.stdout))`;
    const from = async (role: string) => {
      const container = await containerOf(program.system, "staging", role);
      return JSON.parse(await dockerOk(["exec", container, "node", "-e", script])) as Record<string, string>;
    };
    const believed = { "x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https" };
    await eventually(
      () => from("tunnel"),
      (seen) => seen["x-forwarded-proto"] === "https",
    );
    expect(await from("tunnel")).toMatchObject(believed);
    const stranger = await from("app");
    expect(stranger["x-forwarded-proto"]).toBe("http");
    expect(JSON.stringify(stranger)).not.toMatch(/198\.51\.100|192\.0\.2/);
  });

  it("follows a new hostname with the same tunnel and connector, and goes altogether", async () => {
    const before = [living()[0]?.id, await containerOf(program.system, "staging", "tunnel")];
    program.write(source(port, "new.example.com", connector.reference));
    await ok(program.pulumi("up", "--yes", "--skip-preview"));
    expect([living()[0]?.id, await containerOf(program.system, "staging", "tunnel")]).toEqual(before);
    expect(records()["own.example.com"]).toBeUndefined();
    expect(guarded()).toContain("new.example.com");
    await ok(program.pulumi("destroy", "--yes", "--skip-preview"));
    expect([living(), records()["new.example.com"], guarded()]).toEqual([[], undefined, []]);
  });

  it("names an official image of the connector where none is set", () => {
    expect(CONNECTOR_IMAGE).toMatch(/^cloudflare\/cloudflared:\d{4}\.\d+\.\d+$/);
  });
});
