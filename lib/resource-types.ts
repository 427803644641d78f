// The types of resources that a stack is made of, and what the product must know of each: said once, for all of its rooms.

const TOKENS = {
  stack: "pulumi:pulumi:Stack",
  container: "docker:index/container:Container",
  swarmService: "docker:index/service:Service",
  network: "docker:index/network:Network",
  volume: "docker:index/volume:Volume",
  pulledImage: "docker:index/remoteImage:RemoteImage",
  image: "tandem:docker:Image",
  start: "tandem:docker:ContainerStart",
  takeOver: "tandem:docker:TakeOver",
  migration: "tandem:docker:Migration",
  sharedUse: "tandem:docker:SharedUse",
  route: "tandem:gateway:Route",
  guard: "tandem:data:Guard",
  dump: "tandem:data:Dump",
  admin: "tandem:postgres:AdminPassword",
  tenant: "tandem:postgres:EnvironmentAdmin",
  sharedExtension: "tandem:postgres:Extension",
  takeBack: "tandem:postgres:TakeBack",
  postgres: "pulumi:providers:postgresql",
  database: "postgresql:index/database:Database",
  role: "postgresql:index/role:Role",
  extension: "postgresql:index/extension:Extension",
  grant: "postgresql:index/grant:Grant",
  grantRole: "postgresql:index/grantRole:GrantRole",
  defaultPrivileges: "postgresql:index/defaultPrivileges:DefaultPrivileges",
  redisUser: "tandem:redis:AclUser",
  redisKeys: "tandem:redis:Keys",
  password: "random:index/randomPassword:RandomPassword",
  rule: "tandem:cloudflare:IngressRule",
  tunnelRules: "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig",
  dnsRecord: "cloudflare:index/dnsRecord:DnsRecord",
} as const;

/** Name of a type in the code. */
export type TypeName = keyof typeof TOKENS;

/** Their tokens, by the name that the code has for them. */
export const types: Readonly<Record<TypeName, string>> = TOKENS;

/**
 * Who may fix what changed or is gone: `safe` is fixed by the next update and touches no data; `person` is nothing that an
 * update knows, so somebody must look; `data` is or holds data.
 */
export type Gravity = "safe" | "person" | "data";

/** What is to be known of a type. */
export interface TypeFacts {
  /** What people call one of it. */
  word?: string;
  /** What one and several of it are called where an environment's parts are counted; not counted without it. */
  counted?: readonly [one: string, many: string];
  /** The output that holds its name, where it is no usual one. */
  namedBy?: string;
  /** A replacement or removal loses something that an update can't make again. */
  holdsData?: true;
  /** Who may fix it where it is gone from the host or server. @default safe */
  gone?: Gravity;
  /** Who may fix it where it was changed there. @default safe */
  changed?: Gravity;
  /** Outputs that change by themselves. */
  restless?: readonly string[];
  /** What it is on a database server, for a reviewer. */
  onServer?: "extension" | "login" | "database" | "grant";
  /** It runs, or is there for what runs, and holds no data itself: `down` removes it whatever its options say. */
  runs?: true;
}

/** In the order in which an environment's parts are told. */
const FACTS: Readonly<Partial<Record<TypeName, TypeFacts>>> = {
  container: {
    word: "container",
    counted: ["container", "containers"],
    restless: ["exitCode", "containerLogs", "networkDatas", "bridge", "healthcheck"],
    runs: true,
  },
  swarmService: { counted: ["Swarm service", "Swarm services"], runs: true },
  network: { word: "network", counted: ["network", "networks"], runs: true },
  volume: {
    word: "volume",
    counted: ["volume", "volumes"],
    holdsData: true,
    gone: "data",
    changed: "data",
  },
  database: {
    word: "database",
    counted: ["database", "databases"],
    holdsData: true,
    gone: "data",
    changed: "data",
    onServer: "database",
  },
  role: {
    word: "login",
    counted: ["database login", "database logins"],
    holdsData: true,
    // It comes back without what it was granted on tables that are there already.
    gone: "person",
    onServer: "login",
  },
  password: { counted: ["generated secret", "generated secrets"] },
  route: { word: "route", counted: ["route", "routes"], namedBy: "routeName" },
  dnsRecord: { counted: ["DNS record", "DNS records"] },
  start: { word: "container" },
  takeOver: { word: "release", namedBy: "release" },
  image: { word: "image" },
  extension: {
    word: "extension",
    holdsData: true,
    gone: "data",
    changed: "person",
    onServer: "extension",
  },
  sharedExtension: {
    word: "extension",
    namedBy: "extension",
    gone: "data",
    changed: "person",
    onServer: "extension",
  },
  // It comes back without power over the logins that it made.
  tenant: { word: "login", namedBy: "role", gone: "person" },
  guard: { changed: "data" },
  dump: { word: "restore points", namedBy: "service" },
  grant: { onServer: "grant" },
  grantRole: { onServer: "grant" },
  defaultPrivileges: { onServer: "grant" },
  redisUser: { word: "Redis user", namedBy: "user" },
  rule: { word: "tunnel rule", namedBy: "hostname" },
  tunnelRules: { word: "tunnel rules" },
};

const byToken = new Map(
  Object.entries(FACTS).map(([name, facts]): [string, TypeFacts] => [types[name as TypeName], facts]),
);

/** What is known of the type with this token; nothing of one that nobody asked about yet. */
export function factsOf(token: string): TypeFacts {
  return byToken.get(token) ?? {};
}

/** Tokens of all types that something is known of, in the order in which an environment's parts are told. */
export const knownTypes: readonly string[] = [...byToken.keys()];
