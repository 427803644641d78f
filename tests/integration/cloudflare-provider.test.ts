// The emulator of Cloudflare's API under Cloudflare's own SDK, and the cloudflare provider on the real engine against it.
import Cloudflare from "cloudflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudflareEmulator } from "../support/cloudflare-emulator/emulator.ts";
import { addRecord } from "../support/cloudflare-emulator/records.ts";
import { EmulatorServer } from "../support/cloudflare-emulator/server.ts";
import { type EngineProject, requireEngine, TestEngine } from "../support/engine.ts";

const TOKEN = "canary-cloudflare-token";
const emulator = new CloudflareEmulator().allow(TOKEN).allow("reader", "read");
const account = emulator.account;
const zone = emulator.addZone("example.com");
let server: EmulatorServer;

beforeAll(async () => {
  server = await EmulatorServer.start(emulator);
});
afterAll(() => server.stop());

describe("the emulator under the official SDK", () => {
  const client = (apiToken: string) => new Cloudflare({ apiToken, baseURL: server.baseUrl, maxRetries: 0 });

  it("pages through records and finds them by name", async () => {
    for (let i = 0; i < 25; i++) {
      addRecord(emulator.world, zone, { name: `r${i}.example.com`, type: "A", content: `192.0.2.${i}` });
    }
    const names: string[] = [];
    for await (const record of client(TOKEN).dns.records.list({ zone_id: zone, per_page: 10 }))
      names.push(record.name);
    expect(names).toEqual(Array.from({ length: 25 }, (_, i) => `r${i}.example.com`));
    const page = await client(TOKEN).dns.records.list({ zone_id: zone, name: { exact: "r7.example.com" } });
    expect(page.result.map(({ content }) => content)).toEqual(["192.0.2.7"]);
    expect(page.result_info).toMatchObject({ page: 1 });
  });

  it("refuses as Cloudflare does: status, code and words", async () => {
    const refusal = async (work: PromiseLike<unknown>) => {
      const error = await Promise.resolve(work).catch((caught: unknown) => caught);
      if (!(error instanceof Cloudflare.APIError)) throw new Error("it was not refused");
      return [error.status, error.errors[0]?.code];
    };
    const tunnels = (token: string) => client(token).zeroTrust.tunnels.cloudflared;
    const { id = "" } = await tunnels(TOKEN).create({
      account_id: account,
      name: "one",
      config_src: "cloudflare",
    });
    expect(await refusal(tunnels("wrong").get(id, { account_id: account }))).toEqual([403, 9109]);
    expect(await refusal(tunnels("reader").create({ account_id: account, name: "x" }))).toEqual([403, 10000]);
    expect(await refusal(tunnels(TOKEN).create({ account_id: account, name: "one" }))).toEqual([409, 1013]);
    expect(await refusal(tunnels(TOKEN).get(id, { account_id: "b".repeat(32) }))).toEqual([404, 7003]);
    const open = {
      account_id: account,
      config: { ingress: [{ hostname: "a.example.com", service: "http://a" }] },
    };
    expect(await refusal(tunnels(TOKEN).configurations.update(id, open))).toEqual([400, 1056]);
    const record = {
      zone_id: zone,
      name: "r1.example.com",
      type: "CNAME",
      ttl: 1,
      content: "x.example.com",
    } as const;
    expect(await refusal(client(TOKEN).dns.records.create(record))).toEqual([400, 81053]);
    emulator.behaviour.limit = 1;
    const limited = await Promise.all(
      [1, 2].map(() => refusal(tunnels(TOKEN).get(id, { account_id: account })).catch(String)),
    );
    emulator.behaviour.limit = Number.POSITIVE_INFINITY;
    expect(limited).toContainEqual([429, 971]);
    await tunnels(TOKEN).delete(id, { account_id: account });
    expect((await tunnels(TOKEN).get(id, { account_id: account })).deleted_at).toBeTruthy();
  });

  it("counts versions of a configuration", async () => {
    const { cloudflared } = client(TOKEN).zeroTrust.tunnels;
    const { id = "" } = await cloudflared.create({
      account_id: account,
      name: "two",
      config_src: "cloudflare",
    });
    const ingress = [{ hostname: "a.example.com", service: "http://a" }, { service: "http_status:404" }];
    // The SDK's type asks for a hostname in every rule; the last one has none.
    const config = { ingress } as Cloudflare.ZeroTrust.Tunnels.Cloudflared.ConfigurationUpdateParams.Config;
    const one = await cloudflared.configurations.update(id, { account_id: account, config });
    const two = await cloudflared.configurations.update(id, { account_id: account, config });
    expect([one.version, two.version]).toEqual([1, 2]);
    expect(await cloudflared.configurations.get(id, { account_id: account })).toMatchObject({
      version: 2,
      config,
    });
    expect(await cloudflared.token.get(id, { account_id: account })).toMatch(/^ey/);
  });
});

const program = `
import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const accountId = config.require("account");
const zoneId = config.require("zone");
const hostname = config.get("hostname") ?? "app.example.com";
const tunnel = new cloudflare.ZeroTrustTunnelCloudflared("tunnel", { accountId, name: "shop", configSrc: "cloudflare" });
new cloudflare.ZeroTrustTunnelCloudflaredConfig("config", {
  accountId,
  tunnelId: tunnel.id,
  config: { ingresses: [{ hostname, service: "http://app:80" }, { service: "http_status:404" }] },
});
new cloudflare.DnsRecord("record", {
  zoneId, name: hostname, type: "CNAME", ttl: 1, proxied: true,
  content: pulumi.interpolate\`\${tunnel.id}.cfargotunnel.com\`,
});
const policy = new cloudflare.ZeroTrustAccessPolicy("policy", {
  accountId, name: "team", decision: "allow", includes: [{ emailDomain: { domain: "example.com" } }],
});
new cloudflare.ZeroTrustAccessApplication("application", {
  accountId, type: "self_hosted", name: "App", domain: hostname, policies: [{ id: policy.id, precedence: 1 }],
});
export const token = cloudflare.getZeroTrustTunnelCloudflaredTokenOutput({ accountId, tunnelId: tunnel.id }).token;
`;

const engine = requireEngine();

describe("the cloudflare provider on the real engine", () => {
  let test: TestEngine;
  let project: EngineProject;
  const living = () =>
    emulator.world.tunnels.all().filter(({ name, deleted_at }) => name === "shop" && !deleted_at);
  const record = () => emulator.world.records.all().find(({ type }) => type === "CNAME");

  beforeAll(async () => {
    test = await TestEngine.create(String(engine));
    project = await test.project("tunnels", program);
    await project.config("account", account);
    await project.config("zone", zone);
    await project.config("cloudflare:baseUrl", server.baseUrl);
    await project.config("cloudflare:apiToken", TOKEN, true);
    Object.assign(emulator.behaviour, { staleness: 200, latency: 40 });
  });
  afterAll(() => test?.remove());

  it("makes everything, and nothing is left to change", async () => {
    await project.ok("up", "--yes", "--skip-preview");
    expect(record()).toMatchObject({
      name: "app.example.com",
      content: `${living()[0]?.id}.cfargotunnel.com`,
    });
    await project.ok("preview", "--expect-no-changes");
    await project.ok("refresh", "--preview-only", "--expect-no-changes");
    const outputs = await project.ok("stack", "output");
    expect(outputs).toContain("[secret]");
    expect(JSON.stringify(await project.resources())).not.toContain(TOKEN);
  });

  it("sees a hand-made change and fixes it", async () => {
    const found = record();
    if (found) emulator.world.records.write(found.id, { ...found, content: "elsewhere.example.com" });
    const drift = await project.run("refresh", "--preview-only", "--expect-no-changes", "--diff");
    expect(drift.exitCode, drift.output).not.toBe(0);
    expect(drift.output).toContain("elsewhere.example.com");
    await project.ok("up", "--yes", "--skip-preview", "--refresh");
    expect(record()?.content).toBe(`${living()[0]?.id}.cfargotunnel.com`);
  });

  it("changes in place what can be, keeps the tunnel, and removes everything", async () => {
    const [before] = living();
    await project.config("hostname", "new.example.com");
    await project.ok("up", "--yes", "--skip-preview");
    expect(living().map(({ id }) => id)).toEqual([before?.id]);
    expect(record()?.name).toBe("new.example.com");
    expect(emulator.world.applications.all()).toMatchObject([
      { domain: "new.example.com", self_hosted_domains: ["new.example.com"] },
    ]);
    await project.ok("destroy", "--yes", "--skip-preview");
    expect([living(), record(), emulator.world.applications.all(), emulator.world.policies.all()]).toEqual([
      [],
      undefined,
      [],
      [],
    ]);
  });

  it("refuses by name what it doesn't serve", async () => {
    project.write(
      "program/main.ts",
      'import * as cloudflare from "@pulumi/cloudflare"; new cloudflare.R2Bucket("b", { accountId: "a", name: "b" });',
    );
    const refused = await project.run("preview");
    expect(refused.output).toContain("is served by the official cloudflare plugin only");
  });
});
