// Tests of the cloudflare provider's resources on an emulated API: whole lives, replacement, import, failures.
import { describe, expect, it } from "vitest";
import type { ResourceHandler } from "../../../plugin/handler.ts";
import { type Properties, UNKNOWN } from "../../../plugin/values.ts";
import { CloudflareApi } from "../../../provider/cloudflare/api.ts";
import { contextOf, emulatedApi, TOKEN } from "../../../tests/support/emulated-api.ts";
import { sdkProperties, tableNames } from "../../../tests/support/published.ts";
import { cloudflareProvider, cloudflareResources } from "./provider.ts";

function handler(type: string): ResourceHandler<CloudflareApi> {
  const found = Object.entries(cloudflareProvider.resources).find(([token]) => token.endsWith(`:${type}`));
  if (!found) throw new Error(`no handler for ${type}`);
  return found[1];
}

const TUNNEL = "ZeroTrustTunnelCloudflared";
const CONFIG = "ZeroTrustTunnelCloudflaredConfig";
const APPLICATION = "ZeroTrustAccessApplication";
const POLICY = "ZeroTrustAccessPolicy";
const account = "a".repeat(32);
const allow = {
  accountId: account,
  name: "team",
  decision: "allow",
  includes: [{ email: { email: "a@example.com" } }, { emailDomain: { domain: "example.com" } }],
};

/** A whole world with the handlers on it. */
function start(behaviour: Parameters<typeof emulatedApi>[0] = {}, seed = 1) {
  const world = emulatedApi(behaviour, seed);
  const ctx = contextOf(world.api);
  const run = <T>(work: T | Promise<T>) => world.clock.run(Promise.resolve(work));
  return {
    ...world,
    ctx,
    create: (type: string, inputs: Properties) => run(handler(type).create({ inputs }, ctx)),
    read: (type: string, id: string, outputs: Properties = {}, inputs: Properties = {}) =>
      run(handler(type).read?.({ id, outputs, inputs }, ctx)),
    update: (type: string, id: string, olds: Properties, inputs: Properties) =>
      run(handler(type).update?.({ id, olds, oldInputs: {}, inputs }, ctx) ?? {}),
    remove: (type: string, id: string, outputs: Properties) =>
      run(handler(type).delete({ id, outputs, inputs: {} }, ctx)),
  };
}

async function changes(type: string, olds: Properties, news: Properties) {
  const ctx = contextOf({} as CloudflareApi);
  return (await handler(type).diff({ id: "x", olds, oldInputs: {}, news }, ctx)).changes;
}

async function failed(type: string, news: Properties): Promise<string[]> {
  const request = { news, olds: {}, randomSeed: new Uint8Array() };
  const result = await handler(type).check?.(request, contextOf({} as CloudflareApi));
  return (result?.failures ?? []).map(({ property }) => property);
}

describe("tables", () => {
  it.each(Object.entries(cloudflareResources))("of %s have the names of the SDK", (token, { table }) => {
    const sdk = sdkProperties("@pulumi/cloudflare", token);
    const own = tableNames(table);
    expect(own.inputs).toEqual(sdk.inputs.toSorted());
    expect(own.required).toEqual(sdk.required.toSorted());
    expect(own.all).toEqual(sdk.outputs.toSorted());
  });
});

describe("checks", () => {
  it.each<[string, Properties, string[]]>([
    [TUNNEL, { accountId: "a" }, ["name"]],
    [TUNNEL, { accountId: "a", name: "n", configSrc: "elsewhere" }, ["configSrc"]],
    [TUNNEL, { accountId: "a", name: "n", tunnelSecret: "c2hvcnQ=" }, ["tunnelSecret"]],
    [CONFIG, { accountId: "a", tunnelId: UNKNOWN, config: { ingresses: [{ service: "x" }] } }, []],
    [
      CONFIG,
      { accountId: "a", tunnelId: "t", config: { ingresses: [{ hostname: "h", service: "x" }] } },
      ["config.ingresses"],
    ],
    [CONFIG, { accountId: "a", tunnelId: "t", config: { ingress: [] } }, ["config.ingress"]],
    ["DnsRecord", { zoneId: "z", name: "n", type: "CNAME", ttl: 300, proxied: true, content: "c" }, ["ttl"]],
    ["DnsRecord", { zoneId: "z", name: "n", type: "ALIAS", ttl: 1, content: "c" }, ["type"]],
    ["DnsRecord", { zoneId: "z", name: "n", type: "A", ttl: 1 }, ["content"]],
    ["DnsRecord", { zoneId: "z", name: "n", type: "CNAME", ttl: 1, content: UNKNOWN, proxied: true }, []],
    [APPLICATION, { type: "self_hosted", domain: "d" }, ["accountId"]],
    [APPLICATION, { accountId: "a", type: "saas", domain: "d" }, ["type"]],
    [APPLICATION, { accountId: "a", type: "self_hosted", domain: "d", saasApp: {} }, ["saasApp"]],
    [POLICY, { ...allow, decision: "maybe" }, ["decision"]],
    [POLICY, { ...allow, includes: [{ okta: { name: "x" } }] }, ["includes[0].okta"]],
    [POLICY, { ...allow, includes: [{}] }, ["includes"]],
  ])("of %s %o find %o", async (type, news, properties) => {
    expect(await failed(type, news)).toEqual(properties);
  });
});

describe("diffs", () => {
  it("ask for a new resource where the official plugin does", async () => {
    const tunnel = { accountId: "a", name: "n", configSrc: "cloudflare" };
    expect(await changes(TUNNEL, tunnel, { ...tunnel, name: "m" })).toEqual({ name: "update" });
    expect(await changes(TUNNEL, tunnel, { ...tunnel, configSrc: "local" })).toEqual({
      configSrc: "update-replace",
    });
    const record = { zoneId: "z", name: "n.example.com", type: "A", ttl: 1, content: "192.0.2.1" };
    expect(await changes("DnsRecord", record, { ...record, type: "AAAA" })).toEqual({
      type: "update-replace",
    });
    expect(await changes("DnsRecord", record, { ...record, name: "N.example.com" })).toEqual({});
    expect(await changes(POLICY, allow, { ...allow, accountId: "b" })).toEqual({
      accountId: "update-replace",
    });
  });

  it("see nothing where Cloudflare fills in, sorts or expands", async () => {
    expect(
      await changes(
        POLICY,
        { ...allow, requires: [], sessionDuration: "24h" },
        { ...allow, includes: allow.includes.toReversed() },
      ),
    ).toEqual({});
    const state = {
      type: "self_hosted",
      domain: "d",
      policies: [{ id: "p", precedence: 1 }],
      sessionDuration: "24h",
    };
    expect(
      await changes(APPLICATION, state, { type: "self_hosted", domain: "d", policies: [{ id: "p" }] }),
    ).toEqual({});
    expect(
      await changes(
        POLICY,
        { ...allow, includes: [{ everyone: {} }] },
        { ...allow, includes: [{ certificate: {} }] },
      ),
    ).toEqual({ includes: "update" });
  });

  it("see an option that was set on a rule by hand", async () => {
    const rule = { hostname: "h", service: "http://a" };
    const olds = {
      accountId: "a",
      tunnelId: "t",
      config: { ingresses: [{ ...rule, originRequest: { noTlsVerify: true } }] },
    };
    expect(
      await changes(CONFIG, olds, { accountId: "a", tunnelId: "t", config: { ingresses: [rule] } }),
    ).toEqual({ config: "update" });
  });
});

describe("lives", () => {
  it("of a tunnel, its configuration, a record, an application and its policy", async () => {
    const { create, read, update, remove, emulator, zone, clock } = start({ latency: 200, staleness: 3_000 });
    const tunnel = await create(TUNNEL, { accountId: account, name: "oracle", configSrc: "cloudflare" });
    expect(tunnel.outputs).toMatchObject({
      name: "oracle",
      configSrc: "cloudflare",
      status: "inactive",
      accountTag: account,
    });

    const ingresses = [
      {
        hostname: "a.example.com",
        service: "http://a:1",
        originRequest: { noTlsVerify: true, access: { audTags: ["x"], teamName: "t" } },
      },
      { service: "http_status:404" },
    ];
    const config = await create(CONFIG, { accountId: account, tunnelId: tunnel.id, config: { ingresses } });
    expect(config).toMatchObject({ id: tunnel.id, outputs: { version: 1, config: { ingresses } } });
    expect(emulator.world.configurations.read(tunnel.id)?.config).toEqual({
      ingress: [
        {
          hostname: "a.example.com",
          service: "http://a:1",
          originRequest: { noTLSVerify: true, access: { audTag: ["x"], teamName: "t" } },
        },
        { service: "http_status:404" },
      ],
    });

    const inputs = {
      zoneId: zone,
      name: "a.example.com",
      type: "CNAME",
      content: "b.example.com",
      ttl: 1,
      proxied: true,
    };
    const record = await create("DnsRecord", inputs);
    expect(record.outputs).toMatchObject({ ...inputs, proxiable: true, tags: [] });
    const changed = await update("DnsRecord", record.id, record.outputs, {
      ...inputs,
      content: "c.example.com",
      comment: "c",
    });
    expect(changed).toMatchObject({ content: "c.example.com", comment: "c" });

    const policy = await create(POLICY, allow);
    const guarded = {
      accountId: account,
      type: "self_hosted",
      name: "App",
      domain: "a.example.com",
      policies: [{ id: policy.id }],
    };
    const application = await create(APPLICATION, guarded);
    expect(application.outputs).toMatchObject({
      ...guarded,
      policies: [{ id: policy.id, precedence: 1 }],
      sessionDuration: "24h",
    });
    expect(await changes(APPLICATION, application.outputs, guarded)).toEqual({});
    const moved = await update(APPLICATION, application.id, application.outputs, {
      ...guarded,
      domain: "b.example.com",
    });
    expect(moved).toMatchObject({ domain: "b.example.com", selfHostedDomains: ["b.example.com"] });

    await remove(APPLICATION, application.id, moved);
    await remove(POLICY, policy.id, policy.outputs);
    await remove("DnsRecord", record.id, changed);
    await remove(CONFIG, config.id, config.outputs);
    expect(emulator.world.configurations.read(tunnel.id)).toBeDefined();
    await remove(TUNNEL, tunnel.id, tunnel.outputs);
    await remove(TUNNEL, tunnel.id, tunnel.outputs);
    await clock.run(clock.sleep(3_000));
    expect(await read(TUNNEL, tunnel.id, tunnel.outputs)).toBeUndefined();
    expect(await read(POLICY, policy.id, policy.outputs)).toBeUndefined();
  });

  it("import by the official ids, with the inputs that would have made them", async () => {
    const { create, read, zone } = start();
    const tunnel = await create(TUNNEL, { accountId: account, name: "t", configSrc: "local" });
    expect(await read(TUNNEL, `${account}/${tunnel.id}`)).toMatchObject({
      id: tunnel.id,
      inputs: { accountId: account, name: "t" },
    });
    const inputs = { zoneId: zone, name: "a.example.com", type: "A", content: "192.0.2.1", ttl: 300 };
    const record = await create("DnsRecord", inputs);
    expect(await read("DnsRecord", `${zone}/${record.id}`)).toMatchObject({ id: record.id, inputs });
    const policy = await create(POLICY, allow);
    expect((await read(POLICY, `${account}/${policy.id}`))?.inputs).toMatchObject(allow);
    const application = await create(APPLICATION, {
      accountId: account,
      type: "self_hosted",
      domain: "a.example.com",
    });
    const found = await read(APPLICATION, `accounts/${account}/${application.id}`);
    expect(found?.inputs).toMatchObject({ accountId: account, domain: "a.example.com" });
    await expect(read("DnsRecord", "nonsense")).rejects.toThrow("<zoneId>/<dnsRecordId>");
  });

  it("see what was changed by hand", async () => {
    const { create, read, emulator } = start();
    const tunnel = await create(TUNNEL, { accountId: account, name: "t", configSrc: "cloudflare" });
    const before = emulator.world.tunnels.read(tunnel.id);
    if (before) emulator.world.tunnels.write(tunnel.id, { ...before, name: "renamed" });
    const seen = await read(TUNNEL, tunnel.id, tunnel.outputs, {});
    expect(seen?.outputs).toMatchObject({ name: "renamed", configSrc: "cloudflare" });
  });

  it("keep a tunnel's secret, which no answer tells", async () => {
    const { create, read } = start();
    const secret = Buffer.alloc(32).toString("base64");
    const tunnel = await create(TUNNEL, { accountId: account, name: "t", tunnelSecret: secret });
    expect(tunnel.outputs.tunnelSecret).toBe(secret);
    expect((await read(TUNNEL, tunnel.id, tunnel.outputs))?.outputs.tunnelSecret).toBe(secret);
    expect(handler(TUNNEL).secretOutputs).toEqual(["tunnelSecret"]);
  });
});

describe("patience", () => {
  it("with rate limits, lost answers and cut connections: everything is made once", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { create, remove, emulator, zone } = start(
        { faults: 0.3, limit: 4, latency: 50, staleness: 500 },
        seed,
      );
      const tunnel = await create(TUNNEL, { accountId: account, name: "oracle" });
      const record = await create("DnsRecord", {
        zoneId: zone,
        name: "a.example.com",
        type: "TXT",
        content: "x",
        ttl: 1,
      });
      const policy = await create(POLICY, allow);
      const living = () => emulator.world.tunnels.all().filter(({ deleted_at }) => !deleted_at).length;
      const { records, policies } = emulator.world;
      expect([living(), records.all().length, policies.all().length], `seed ${seed}`).toEqual([1, 1, 1]);
      await remove(TUNNEL, tunnel.id, tunnel.outputs);
      await remove("DnsRecord", record.id, record.outputs);
      await remove(POLICY, policy.id, policy.outputs);
      expect([living(), records.all().length, policies.all().length], `seed ${seed}`).toEqual([0, 0, 0]);
    }
  });

  it("with a tunnel whose connector is still going", async () => {
    const { create, remove, emulator, clock } = start();
    const tunnel = await create(TUNNEL, { accountId: account, name: "t" });
    emulator.world.connected.add(tunnel.id);
    const later = clock.sleep(20_000).then(() => emulator.world.connected.delete(tunnel.id));
    await remove(TUNNEL, tunnel.id, tunnel.outputs);
    await later;
    expect(clock.now()).toBeGreaterThanOrEqual(20_000);
  });

  it("ends when the run is stopped", async () => {
    const { api, clock, emulator } = start({ limit: 0 });
    const stop = new AbortController();
    const ctx = contextOf(api, [], stop.signal);
    const work = handler(TUNNEL).create({ inputs: { accountId: account, name: "t" } }, ctx);
    void clock.sleep(3_000).then(() => stop.abort(new Error("stopped")));
    await expect(clock.run(Promise.resolve(work))).rejects.toThrow("stopped");
    expect(emulator.world.tunnels.all()).toEqual([]);
  });
});

describe("failures", () => {
  it("say what Cloudflare said and what to do, and no token", async () => {
    const { create, emulator, clock, zone } = start();
    await create(TUNNEL, { accountId: account, name: "t" });
    await expect(create(TUNNEL, { accountId: account, name: "t" })).rejects.toThrow(
      /can't create tunnel t: .*\(1013\).*import it/,
    );
    await create("DnsRecord", {
      zoneId: zone,
      name: "a.example.com",
      type: "A",
      content: "192.0.2.1",
      ttl: 1,
    });
    const alias = { zoneId: zone, name: "a.example.com", type: "CNAME", content: "x.example.com", ttl: 1 };
    await expect(create("DnsRecord", alias)).rejects.toThrow(
      /DNS record CNAME a.example.com: .*81053.*Remove that record/,
    );
    for (const apiToken of ["wrong-canary", "no token at all", undefined]) {
      const api = new CloudflareApi(
        { ...(apiToken === undefined ? {} : { apiToken }) },
        { fetch: emulator.fetch, clock },
      );
      const work = handler(TUNNEL).create({ inputs: { accountId: account, name: "u" } }, contextOf(api));
      const error = await clock.run(Promise.resolve(work)).catch((caught: Error) => caught);
      expect(String(error)).toMatch(/API token/);
      expect(String(error)).not.toContain("canary");
    }
    expect(JSON.stringify(emulator.heard)).not.toContain(TOKEN);
  });
});

describe("the connector's token", () => {
  it("is read by a function, as a secret", async () => {
    const { create, ctx, clock } = start();
    const tunnel = await create(TUNNEL, { accountId: account, name: "t" });
    const [token = "", read] = Object.entries(cloudflareProvider.functions ?? {})[0] ?? [];
    const result = await clock.run(Promise.resolve(read?.({ accountId: account, tunnelId: tunnel.id }, ctx)));
    expect(JSON.parse(Buffer.from(String(result?.token), "base64").toString())).toMatchObject({
      a: account,
      t: tunnel.id,
    });
    expect(cloudflareProvider.secretResults?.[token]).toEqual(["token"]);
  });
});
