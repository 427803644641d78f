// Emulated: applications and reusable policies of Cloudflare Access.
import { List, refusals } from "./envelope.ts";
import { APPLICATION_KEYS, type Application, POLICY_KEYS, type Policy } from "./types.ts";
import { type Call, onlyKnown, type Route, type World } from "./world.ts";

type StoredApplication = Application & { owner: string };
type StoredPolicy = Policy & { account_id: string };

const APPS = "/accounts/:account/access/apps";
const POLICIES = "/accounts/:account/access/policies";

function application(call: Call, at?: number): StoredApplication {
  const found = call.world.applications.read(String(call.params.id), at);
  if (!found || found.owner !== call.params.account) throw refusals.noAccess();
  return found;
}

function policy(call: Call, at?: number): StoredPolicy {
  const found = call.world.policies.read(String(call.params.id), at);
  if (!found || found.account_id !== call.params.account) throw refusals.noAccess();
  return found;
}

/** Policies of an application, as the real API expands them from their ids. */
function expanded(world: World, given: unknown): NonNullable<Application["policies"]> {
  if (given === undefined) return [];
  return (given as ({ id: string; precedence?: number } | string)[]).map((item, i) => {
    const { id, precedence } = typeof item === "string" ? { id: item } : item;
    const found = world.policies.read(id);
    if (!found) throw refusals.badAccess(`policy ${id} not found`);
    const { name, decision, include, exclude, require } = found;
    return { id, name, decision, include, exclude, require, precedence: precedence ?? i + 1 };
  });
}

function writeApplication(call: Call, before?: StoredApplication): Application {
  const { world, params, body } = call;
  onlyKnown(body, APPLICATION_KEYS, ["type"]);
  const owner = String(params.account);
  if (body.type !== "self_hosted") throw refusals.badAccess("only self_hosted is emulated");
  const destinations = (body.destinations ?? [{ type: "public", uri: body.domain }]) as { uri?: string }[];
  const domain = String(body.domain ?? destinations[0]?.uri ?? "");
  const hostname = domain.split("/")[0] ?? "";
  if (![...world.zones.values()].some((zone) => hostname === zone || hostname.endsWith(`.${zone}`))) {
    throw refusals.badAccess("domain does not belong to zone");
  }
  const taken = world.applications.all().some((other) => other.domain === domain && other.id !== before?.id);
  if (taken) throw refusals.applicationExists();
  const { policies, ...plain } = body;
  const next = {
    app_launcher_visible: true,
    enable_binding_cookie: false,
    http_only_cookie_attribute: true,
    session_duration: "24h",
    auto_redirect_to_identity: false,
    allowed_idps: [],
    tags: [],
    name: domain,
    ...(plain as Partial<Application>),
    id: before?.id ?? world.uuid(),
    aud: before?.aud ?? world.hexId().repeat(2),
    type: "self_hosted",
    domain,
    destinations: destinations as NonNullable<Application["destinations"]>,
    self_hosted_domains: destinations.flatMap(({ uri }) => uri ?? []),
    policies: expanded(world, policies),
    owner,
  } satisfies StoredApplication;
  world.applications.write(next.id, next);
  return shown(next);
}

function writePolicy(call: Call, before?: StoredPolicy): Policy {
  const { world, params, body } = call;
  onlyKnown(body, POLICY_KEYS, ["name", "decision", "include"]);
  const account = String(params.account);
  const next = {
    exclude: [],
    require: [],
    session_duration: "24h",
    ...(body as Partial<Policy>),
    id: before?.id ?? world.uuid(),
    account_id: account,
    reusable: true,
    created_at: before?.created_at ?? world.date(),
    updated_at: world.date(),
  } satisfies StoredPolicy;
  world.policies.write(next.id, next);
  return withCount(world, next);
}

function withCount(world: World, found: StoredPolicy): Policy {
  return { ...found, app_count: users(world, found.id).length };
}

function users(world: World, id: string): StoredApplication[] {
  return world.applications.all().filter(({ policies }) => policies?.some((used) => used.id === id));
}

function shown({ owner: _, ...application }: StoredApplication): Application {
  return application;
}

/** Routes of Access below an account. */
export const accessRoutes: readonly Route[] = [
  { method: "POST", path: APPS, answer: (call) => writeApplication(call) },
  {
    method: "GET",
    path: APPS,
    answer: ({ world, params, asOf }) =>
      new List(
        world.applications
          .all(asOf)
          .filter(({ owner }) => owner === params.account)
          .map(shown),
      ),
  },
  { method: "GET", path: `${APPS}/:id`, answer: (call) => shown(application(call, call.asOf)) },
  { method: "PUT", path: `${APPS}/:id`, answer: (call) => writeApplication(call, application(call)) },
  {
    method: "DELETE",
    path: `${APPS}/:id`,
    answer(call) {
      const { id } = application(call);
      call.world.applications.write(id, undefined);
      return { id };
    },
  },
  { method: "POST", path: POLICIES, answer: (call) => writePolicy(call) },
  {
    method: "GET",
    path: POLICIES,
    answer: ({ world, params, asOf }) =>
      new List(
        world.policies
          .all(asOf)
          .filter(({ account_id }) => account_id === params.account)
          .map((found) => withCount(world, found)),
      ),
  },
  {
    method: "GET",
    path: `${POLICIES}/:id`,
    answer: (call) => withCount(call.world, policy(call, call.asOf)),
  },
  { method: "PUT", path: `${POLICIES}/:id`, answer: (call) => writePolicy(call, policy(call)) },
  {
    method: "DELETE",
    path: `${POLICIES}/:id`,
    answer(call) {
      const { id } = policy(call);
      if (users(call.world, id).length > 0) throw refusals.badAccess("policy is in use by an application");
      call.world.policies.write(id, undefined);
      return { id };
    },
  },
];
