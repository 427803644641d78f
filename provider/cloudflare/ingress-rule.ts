// tandem:cloudflare:IngressRule: one hostname's rule in a tunnel that others use too.
import type { CallContext, CheckFailure, ResourceHandler } from "../../plugin/handler.ts";
import { hasUnknown, type Properties, sameValue } from "../../plugin/values.ts";
import type { CloudflareHost } from "./cloudflare-host.ts";
import { hasPaths, isInForce, ruleOf, type TunnelConfig, withoutRule, withRule } from "./ingress-rules.ts";
import type { Seen } from "./tunnel-editor.ts";
import type { TunnelAddress } from "./tunnel-lock.ts";

type Context = CallContext<CloudflareHost>;

const REQUIRED = ["accountId", "tunnelId", "hostname", "service"];
const HOSTNAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SERVICE = /^((https?|tcp|ssh|rdp|smb):\/\/[^\s/]+|unix(\+tls)?:\/\S+|http_status:\d{3})/;

/** The SDK behind it takes its time to load, so most runs don't. */
const editor = () => import("./tunnel-editor.ts");

function check(news: Properties): CheckFailure[] {
  const failures = REQUIRED.flatMap((property): CheckFailure[] => {
    const value = news[property];
    if (hasUnknown(value)) return [];
    if (typeof value === "string" && value !== "") return [];
    return [{ property, reason: "is missing; give it a text" }];
  });
  const { hostname, service } = news;
  if (typeof hostname === "string" && hostname !== "" && !HOSTNAME.test(hostname)) {
    failures.push({
      property: "hostname",
      reason: "must be a hostname in lower case, such as app.example.com",
    });
  }
  if (typeof service === "string" && service !== "" && !SERVICE.test(service)) {
    failures.push({ property: "service", reason: "must be a service, such as http://192.0.2.7:3101" });
  }
  return failures;
}

function addressOf({ accountId, tunnelId }: Properties): TunnelAddress {
  return { accountId: String(accountId), tunnelId: String(tunnelId) };
}

const str = (properties: Properties, key: string) => String(properties[key] ?? "");

/**
 * Refuses to make a rule where somebody has one. The very same one is taken over: a run that was killed leaves it so,
 * and nothing changes by it.
 */
function refuseTaken(config: TunnelConfig, inputs: Properties): void {
  const hostname = str(inputs, "hostname");
  const there = ruleOf(config, hostname);
  const other = there !== undefined && there.service !== inputs.service;
  if (inputs.takeOver === true || (!other && !(there === undefined && hasPaths(config, hostname)))) return;
  const what = there === undefined ? "has rules for parts of" : `sends to ${there.service}`;
  const command = str(inputs, "takeOverWith");
  throw new Error(
    `The tunnel ${str(inputs, "tunnelId")} ${what} ${hostname} already, and not by this stack: nothing was changed. ` +
      "Take that hostname out of the tunnel in Cloudflare's dashboard, give this stack another hostname" +
      (command === "" ? "." : `, or let this stack have it:\n  ${command}`),
  );
}

async function put(inputs: Properties, olds: Properties | undefined, ctx: Context): Promise<Properties> {
  const wanted = { hostname: str(inputs, "hostname"), service: str(inputs, "service") };
  const change = (config: TunnelConfig, written: boolean): TunnelConfig => {
    // What was written is ours: when somebody undoes it while we look, it is done again and not refused.
    if (!written && olds === undefined) refuseTaken(config, inputs);
    if (!written && olds !== undefined) refuseStranger(config, inputs, olds);
    return withRule(config, wanted);
  };
  const { editTunnel } = await editor();
  const api = await ctx.client.cloudflare();
  const edit = { address: addressOf(inputs), atLeast: Number(olds?.version ?? 0), change };
  const seen = await editTunnel(api, edit, ctx);
  if (seen === undefined) throw goneError(inputs);
  return { ...inputs, version: seen.version, inForce: true };
}

/** Refuses to change a rule that is neither as the state knows it nor as it shall be: somebody else had a reason. */
function refuseStranger(config: TunnelConfig, inputs: Properties, olds: Properties): void {
  const there = ruleOf(config, str(inputs, "hostname"));
  if (there === undefined || [olds.service, inputs.service].includes(there.service)) return;
  throw new Error(
    `The rule for ${str(inputs, "hostname")} in tunnel ${str(inputs, "tunnelId")} was changed by somebody else, to ` +
      `${there.service}: nothing was changed. Run pulumi refresh to take that into this stack's state, then decide.`,
  );
}

async function remove(outputs: Properties, ctx: Context): Promise<void> {
  const hostname = str(outputs, "hostname");
  const change = (config: TunnelConfig, written: boolean): TunnelConfig => {
    const there = ruleOf(config, hostname);
    if (there === undefined || there.service === outputs.service) return withoutRule(config, hostname);
    const kept = `the rule for ${hostname} sends to ${there.service} now, which this stack didn't write: it stays`;
    if (!written) ctx.log("warning", kept);
    return config;
  };
  const { editTunnel } = await editor();
  const api = await ctx.client.cloudflare();
  await editTunnel(api, { address: addressOf(outputs), atLeast: Number(outputs.version ?? 0), change }, ctx);
}

async function look(properties: Properties, ctx: Context): Promise<Seen | undefined> {
  const { readTunnel } = await editor();
  const api = await ctx.client.cloudflare();
  return readTunnel(api, addressOf(properties), ctx, Number(properties.version ?? 0));
}

function goneError(inputs: Properties): Error {
  return new Error(
    `There is no tunnel ${str(inputs, "tunnelId")} in account ${str(inputs, "accountId")}, or the API token may not see ` +
      "it. Its id stands in Cloudflare's dashboard under Networks, Tunnels.",
  );
}

/** Serves rules of a shared tunnel. Which are this stack's is known by its state alone. */
export const ingressRule: ResourceHandler<CloudflareHost> = {
  check: ({ news }) => ({ inputs: { ...news, inForce: true }, failures: check(news) }),
  diff({ olds, news }) {
    const changes: Record<string, "update" | "update-replace"> = {};
    for (const key of ["accountId", "tunnelId", "hostname"]) {
      if (!sameValue(olds[key], news[key])) changes[key] = "update-replace";
    }
    for (const key of ["service", "inForce"]) {
      if (!sameValue(olds[key], news[key])) changes[key] = "update";
    }
    return { changes };
  },
  async preview({ inputs, olds }, ctx) {
    if (olds === undefined && REQUIRED.every((key) => !hasUnknown(inputs[key]))) {
      const seen = await look(inputs, ctx);
      if (seen === undefined) throw goneError(inputs);
      refuseTaken(seen.config, inputs);
    }
    return { ...olds, ...inputs };
  },
  async create({ inputs }, ctx) {
    const outputs = await put(inputs, undefined, ctx);
    return {
      id: REQUIRED.slice(0, 3)
        .map((key) => str(inputs, key))
        .join("/"),
      outputs,
    };
  },
  async read({ id, outputs, inputs }, ctx) {
    const [accountId = "", tunnelId = "", hostname = "", more] = id.split("/");
    if (hostname === "" || more !== undefined) {
      throw new Error(`the id to import must be <account_id>/<tunnel_id>/<hostname>, not "${id}"`);
    }
    const isImport = Object.keys(outputs).length === 0;
    const known: Properties = isImport ? { accountId, tunnelId, hostname } : outputs;
    const seen = await look(known, ctx);
    const rule = seen && ruleOf(seen.config, hostname);
    if (seen === undefined || rule === undefined) return undefined;
    const now = { ...known, service: rule.service, inForce: isInForce(seen.config, hostname) };
    // The version of the last writing stays: other people's changes are no drift of this rule.
    if (!isImport) return { id, outputs: now, inputs };
    return { id, outputs: { ...now, version: seen.version }, inputs: { ...known, service: rule.service } };
  },
  update: ({ inputs, olds }, ctx) => put(inputs, olds, ctx),
  delete: ({ outputs }, ctx) => remove(outputs, ctx),
};
