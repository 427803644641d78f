// Tests of tandem:cloudflare:IngressRule on an emulated Cloudflare: what it refuses, takes over, sees and leaves alone.
import { describe, expect, it } from "vitest";
import type { Properties } from "../../plugin/values.ts";
import { addTunnel, rulesOf, writeConfiguration } from "../../tests/support/cloudflare-emulator/tunnels.ts";
import type { Rule } from "../../tests/support/cloudflare-emulator/types.ts";
import { contextOf, emulatedApi, type Logged } from "../../tests/support/emulated-api.ts";
import { ingressRule } from "./ingress-rule.ts";
import { lockName } from "./tunnel-lock.ts";

const last: Rule = { service: "http_status:404" };
const shop: Rule = { hostname: "shop.example.com", service: "http://shop", originRequest: {} };

function start(ingress: Rule[] = [shop, last], source: "local" | "cloudflare" = "cloudflare") {
  const { api, clock, emulator } = emulatedApi({ latency: 100, staleness: 500 });
  const { world, account } = emulator;
  const { id } = addTunnel(world, account, "shared", ingress, source);
  const logged: Logged[] = [];
  const ctx = contextOf({ cloudflare: async () => api }, logged);
  const inputs = { accountId: account, tunnelId: id, hostname: "app.example.com", service: "http://app:1" };
  const run = <T>(work: T | Promise<T>) => clock.run(Promise.resolve(work));
  return {
    inputs,
    clock,
    emulator,
    logged,
    rules: () => rulesOf(world.configurations.read(id) ?? { version: 0 }),
    /** Somebody in the dashboard; afterwards everybody sees it. */
    async byHand(rules: Rule[]) {
      writeConfiguration(world, id, { ingress: rules });
      await clock.run(clock.sleep(1_000));
    },
    locks: () => world.tunnels.all().filter(({ name, deleted_at }) => name === lockName(id) && !deleted_at),
    preview: (news: Properties) => run(ingressRule.preview?.({ inputs: news }, ctx)),
    create: (news: Properties) => run(ingressRule.create({ inputs: news }, ctx)),
    read: (outputs: Properties) =>
      run(ingressRule.read?.({ id: `${account}/${id}/app.example.com`, outputs, inputs: outputs }, ctx)),
    update: (olds: Properties, news: Properties) =>
      run(ingressRule.update?.({ id: "x", olds, oldInputs: {}, inputs: news }, ctx)),
    remove: (outputs: Properties) => run(ingressRule.delete({ id: "x", outputs, inputs: {} }, ctx)),
  };
}

describe("an ingress rule", () => {
  it("lives beside the others, and no lock is left", async () => {
    const { inputs, create, update, read, remove, rules, locks } = start();
    const made = await create(inputs);
    const own = { hostname: "app.example.com", service: "http://app:1" };
    expect(rules()).toEqual([shop, own, last]);
    expect(made).toMatchObject({ outputs: { inForce: true, version: 2 } });
    const changed = await update(made.outputs, { ...inputs, service: "http://app:2" });
    expect(rules()).toEqual([shop, { ...own, service: "http://app:2" }, last]);
    expect((await read(changed ?? {}))?.outputs).toEqual(changed);
    await remove(changed ?? {});
    expect([rules(), locks()]).toEqual([[shop, last], []]);
  });

  it("refuses a hostname that somebody else has, in the preview and with the command that lets it", async () => {
    const theirs = { hostname: "app.example.com", service: "http://theirs" };
    const { inputs, create, preview, rules } = start([theirs, last]);
    const asked = { ...inputs, takeOverWith: "pulumi config set --path shop:tunnel.takeOver true" };
    for (const work of [preview, create]) {
      await expect(work(asked)).rejects.toThrow(
        /sends to http:\/\/theirs.*not by this stack.*pulumi config set/s,
      );
    }
    expect(rules()).toEqual([theirs, last]);
    await create({ ...asked, takeOver: true });
    expect(rules()).toEqual([{ ...theirs, service: "http://app:1" }, last]);
  });

  it("takes over the very same rule, as a killed run leaves it", async () => {
    const { inputs, create, emulator, byHand } = start();
    await byHand([shop, { hostname: "app.example.com", service: "http://app:1" }, last]);
    await create(inputs);
    expect(emulator.heard.filter(({ method }) => method === "PUT")).toEqual([]);
  });

  it("sees what was changed by hand, and that a wildcard takes its requests", async () => {
    const { inputs, create, read, update, byHand, rules } = start();
    const { outputs } = await create(inputs);
    const own = { hostname: "app.example.com", service: "http://app:1" };
    await byHand([{ hostname: "*.example.com", service: "http://any" }, own, last]);
    const seen = (await read(outputs))?.outputs ?? {};
    expect(seen).toMatchObject({ inForce: false, service: "http://app:1" });
    const { changes } = await ingressRule.diff(
      { id: "x", olds: seen, oldInputs: {}, news: { ...inputs, inForce: true } },
      contextOf({ cloudflare: () => Promise.reject(new Error("not asked")) }),
    );
    expect(changes).toEqual({ inForce: "update" });
    await update(seen, inputs);
    expect(rules()).toEqual([own, { hostname: "*.example.com", service: "http://any" }, last]);
    await byHand([last]);
    expect(await read(outputs)).toBeUndefined();
  });

  it("leaves alone what it didn't write: an update says to refresh, a delete says that it stays", async () => {
    const { inputs, create, update, remove, byHand, rules, logged } = start();
    const { outputs } = await create(inputs);
    const theirs = [{ hostname: "app.example.com", service: "http://theirs" }, last];
    await byHand(theirs);
    await expect(update(outputs, { ...inputs, service: "http://app:2" })).rejects.toThrow("pulumi refresh");
    await remove(outputs);
    expect(rules()).toEqual(theirs);
    expect(logged.map(({ message }) => message).join()).toContain("it stays");
  });

  it("says so when somebody's change was overwritten between reading and writing", async () => {
    const { inputs, create, clock, emulator, logged } = start();
    const before = emulator.fetch;
    let once = false;
    const sneaky = async (input: string | URL | Request, init?: RequestInit) => {
      if (!once && init?.method?.toUpperCase() === "PUT") {
        once = true;
        const ingress = [{ hostname: "new.example.com", service: "http://new" }, shop, last];
        writeConfiguration(emulator.world, String(inputs.tunnelId), { ingress });
      }
      return before(input, init);
    };
    const { CloudflareApi } = await import("./api.ts");
    const { TOKEN } = await import("../../tests/support/emulated-api.ts");
    const api = new CloudflareApi({ apiToken: TOKEN }, { fetch: sneaky, clock });
    await clock.run(
      Promise.resolve(ingressRule.create({ inputs }, contextOf({ cloudflare: async () => api }, logged))),
    );
    expect(logged).toMatchObject([
      { severity: "warning", message: expect.stringContaining("is overwritten") },
    ]);
    await create(inputs);
  });

  it("refuses a tunnel that is configured by a file, and one that isn't there", async () => {
    const { inputs, create, preview } = start([], "local");
    const local = start(undefined, "local");
    local.emulator.world.configurations.write(String(local.inputs.tunnelId), {
      version: 0,
      source: "local",
    });
    await expect(local.preview(local.inputs)).rejects.toThrow("config.yml");
    const nowhere = { ...inputs, tunnelId: "00000000-0000-4000-8000-000000000000" };
    await expect(preview(nowhere)).rejects.toThrow("There is no tunnel");
    await expect(create(nowhere)).rejects.toThrow("There is no tunnel");
  });

  it.each<[Properties, string[]]>([
    [{ hostname: "App.example.com" }, ["hostname"]],
    [{ hostname: "https://app.example.com" }, ["hostname"]],
    [{ service: "app:80" }, ["service"]],
    [{ accountId: "" }, ["accountId"]],
  ])("refuses %o", async (wrong, properties) => {
    const news = { ...start().inputs, ...wrong };
    const ctx = contextOf({ cloudflare: () => Promise.reject(new Error("not asked")) });
    const result = await ingressRule.check?.({ news, olds: {}, randomSeed: new Uint8Array() }, ctx);
    expect(result?.failures.map(({ property }) => property)).toEqual(properties);
  });
});
