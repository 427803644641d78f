// Emulated: tunnels, their configurations and the tokens of their connectors.
import { List, refusals } from "./envelope.ts";
import { CONFIGURATION_KEYS, type Configuration, type Rule, TUNNEL_KEYS, type Tunnel } from "./types.ts";
import { type Call, onlyKnown, type Route, type World } from "./world.ts";

const PATH = "/accounts/:account/cfd_tunnel";

/** Adds a tunnel, with a configuration if it is given, as if it had been there before. */
export function addTunnel(
  world: World,
  account: string,
  name: string,
  ingress?: readonly Rule[],
  source: "local" | "cloudflare" = "cloudflare",
): Tunnel {
  const id = world.uuid();
  const tunnel = {
    id,
    account_tag: account,
    name,
    config_src: source,
    remote_config: source === "cloudflare",
    connections: [],
    created_at: world.date(),
    metadata: {},
    status: "inactive",
    tun_type: "cfd_tunnel",
  } satisfies Tunnel;
  world.tunnels.write(id, tunnel);
  const empty = { account_id: account, tunnel_id: id, version: 0, source, created_at: world.date() };
  world.configurations.write(id, empty satisfies Configuration);
  if (ingress) writeConfiguration(world, id, { ingress: [...ingress] });
  return tunnel;
}

/** Writes a configuration without asking whether it is right; the version counts up. */
export function writeConfiguration(world: World, id: string, config: object): Configuration {
  const before = world.configurations.read(id);
  if (!before) throw refusals.noTunnel();
  const next = {
    ...before,
    version: before.version + 1,
    source: "cloudflare",
    // Names that the SDK doesn't know, such as warp-routing, are kept as well.
    config: structuredClone(config) as NonNullable<Configuration["config"]>,
    created_at: world.date(),
  } satisfies Configuration;
  world.configurations.write(id, next);
  return next;
}

/** The rules of a configuration. */
export function rulesOf({ config }: Configuration): Rule[] {
  return (config?.ingress ?? []) as Rule[];
}

/** The tunnel of a request; a deleted one is none to a write. */
function living({ world, params }: Call, at?: number): Tunnel {
  const tunnel = world.tunnels.read(String(params.id), at);
  if (!tunnel || tunnel.account_tag !== params.account) throw refusals.noTunnel();
  return tunnel;
}

function unused(world: World, account: string, name: unknown, except?: string): string {
  if (typeof name !== "string" || name === "") throw refusals.badBody("name must not be empty");
  const taken = world.tunnels
    .all()
    .some(
      (other) =>
        other.account_tag === account && other.name === name && !other.deleted_at && other.id !== except,
    );
  if (taken) throw refusals.tunnelExists();
  return name;
}

function validate(config: unknown): object {
  const { ingress } = (config ?? {}) as { ingress?: Rule[] };
  if (!Array.isArray(ingress) || ingress.length === 0)
    throw refusals.badConfiguration("no ingress rules were defined");
  const open = ingress.findIndex((rule) => !rule.hostname && !rule.path);
  if (open === -1 || ingress.at(-1)?.hostname || ingress.at(-1)?.path) {
    throw refusals.badConfiguration(
      "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)",
    );
  }
  if (open < ingress.length - 1) {
    throw refusals.badConfiguration(
      `Rule #${open + 1} is matching the hostname '', but this will match every hostname, meaning the rules which follow it will never be triggered.`,
    );
  }
  if (ingress.some(({ service }) => typeof service !== "string" || service === "")) {
    throw refusals.badConfiguration("every rule needs a service");
  }
  return config as object;
}

/** Routes below an account's tunnels. */
export const tunnelRoutes: readonly Route[] = [
  {
    method: "POST",
    path: PATH,
    answer({ world, params, body }) {
      onlyKnown(body, TUNNEL_KEYS, ["name"]);
      const account = String(params.account);
      const name = unused(world, account, body.name);
      return addTunnel(
        world,
        account,
        name,
        undefined,
        body.config_src === "cloudflare" ? "cloudflare" : "local",
      );
    },
  },
  {
    method: "GET",
    path: PATH,
    answer({ world, params, query, asOf }) {
      const name = query.get("name");
      const deleted = query.get("is_deleted");
      const found = world.tunnels
        .all(asOf)
        .filter((tunnel) => tunnel.account_tag === params.account)
        .filter((tunnel) => name === null || tunnel.name === name)
        .filter((tunnel) => deleted === null || String(Boolean(tunnel.deleted_at)) === deleted);
      return new List(found);
    },
  },
  { method: "GET", path: `${PATH}/:id`, answer: (call) => living(call, call.asOf) },
  {
    method: "PATCH",
    path: `${PATH}/:id`,
    answer(call) {
      onlyKnown(call.body, ["name", "tunnel_secret"], []);
      const tunnel = living(call);
      const name =
        call.body.name === undefined
          ? tunnel.name
          : unused(call.world, tunnel.account_tag, call.body.name, tunnel.id);
      const next = { ...tunnel, name };
      call.world.tunnels.write(tunnel.id, next);
      return next;
    },
  },
  {
    method: "DELETE",
    path: `${PATH}/:id`,
    answer(call) {
      const tunnel = living(call);
      if (call.world.connected.has(tunnel.id)) throw refusals.tunnelBusy();
      const next = { ...tunnel, deleted_at: tunnel.deleted_at ?? call.world.date() } satisfies Tunnel;
      call.world.tunnels.write(tunnel.id, next);
      call.world.configurations.write(tunnel.id, undefined);
      return next;
    },
  },
  {
    method: "GET",
    path: `${PATH}/:id/token`,
    answer(call) {
      const { account_tag: a, id: t } = living(call);
      return Buffer.from(
        JSON.stringify({ a, t, s: Buffer.from(`secret of ${t}`).toString("base64") }),
      ).toString("base64");
    },
  },
  {
    method: "GET",
    path: `${PATH}/:id/configurations`,
    answer(call) {
      const found = call.world.configurations.read(living(call, call.asOf).id, call.asOf);
      if (!found) throw refusals.noTunnel();
      return found;
    },
  },
  {
    method: "PUT",
    path: `${PATH}/:id/configurations`,
    answer(call) {
      onlyKnown(call.body, CONFIGURATION_KEYS, []);
      return writeConfiguration(call.world, living(call).id, validate(call.body.config));
    },
  },
];
