// Seeded arguments for components, as no type would let them pass: valid ones, of which up to three are spoilt.
import { type Random, seeded } from "./killer.ts";

/** Arguments of a component without its environment. */
export type Arguments = Record<string, unknown>;

/** One generated set, with what it takes to make it again. */
export interface ArgumentSet {
  component: ComponentKind;
  seed: number;
  name: unknown;
  args: Arguments;
}

const limits = (random: Random) => ({
  cpus: pick([0.01, 0.25, 0.5, 1], random),
  memoryMb: pick([6, 32, 64, 256], random),
  pids: pick([2, 16, 100], random),
});
const command = (random: Random) =>
  pick<unknown>([undefined, ["sleep", "1000"], ["sh", "-c", "sleep 1000"], ["true"], []], random);
const health = (random: Random) => ({
  ...pick<object>(
    [
      ...[["true"], ["sh", "-c", "exit 1"], ["nothing"], ["sh", ""]].map((command) => ({ command })),
      ...[{ shell: "exit 0" }, { http: "/healthz", port: 80, host: "a.example.com" }, { tcp: true, port: 1 }],
    ],
    random,
  ),
  intervalSeconds: pick<unknown>([undefined, 0.05, 0.1, 1], random),
  timeoutSeconds: pick<unknown>([undefined, 0.001, 1], random),
  retries: pick<unknown>([undefined, 1, 3], random),
  startPeriodSeconds: pick<unknown>([undefined, 0, 0.5], random),
});
const variables = (random: Random) =>
  pick<unknown>([undefined, {}, { A: "b", EMPTY: "", "with.dot": "a=b\nc" }, { "Ä ö": "😀", N: 5 }], random);
const volumes = (random: Random) =>
  pick<unknown>(
    [
      undefined,
      [],
      [
        { volume: "fuzz_data", path: "/data" },
        { volume: "fuzz_more", path: "/srv/a b", readOnly: true },
      ],
    ],
    random,
  );
const common = (random: Random) => ({
  image: "app:1.0.0",
  limits: limits(random),
  health: health(random),
  environment: variables(random),
  volumes: volumes(random),
  user: pick<unknown>([undefined, "1000:1000", "nobody", "65534"], random),
  healthTimeoutSeconds: pick<unknown>([undefined, 1, 60], random),
});
/** What ready-made images may need; each alone is nothing that a machine could lack. */
const options = (random: Random) => ({
  entrypoint: pick<unknown>([undefined, ["/usr/bin/env"], ["sh", "-c"]], random),
  workingDir: pick<unknown>([undefined, "/", "/srv/app"], random),
  capabilities: pick<unknown>([undefined, [], ["CHOWN", "SETUID"], ["NET_BIND_SERVICE"]], random),
  groups: pick<unknown>([undefined, [], ["0", "1000"]], random),
  writableRoot: pick<unknown>([undefined, true, false], random),
  temporary: pick<unknown>(
    [undefined, {}, { "/tmp": { sizeMb: 1 }, "/var/cache/a b": { executable: true } }],
    random,
  ),
  shmMb: pick<unknown>([undefined, 1, 16], random),
  ulimits: pick<unknown>([undefined, {}, { nofile: 1024, core: { soft: 0, hard: 1 } }], random),
  sysctls: pick<unknown>([undefined, {}, { "net.core.somaxconn": "128" }], random),
  devices: pick<unknown>(
    [undefined, [], [{ host: "/dev/null", container: "/dev/x", permissions: "r" }]],
    random,
  ),
  extraHosts: pick<unknown>([undefined, {}, { "a.example.com": "127.0.0.1", "b-1": "::1" }], random),
  timeZone: pick<unknown>([undefined, "UTC", "Europe/Berlin"], random),
  stopSignal: pick<unknown>([undefined, "SIGINT", "TERM", "9"], random),
});
const server = (random: Random) => ({ image: "server:1.0.0", limits: limits(random) });
const port = (random: Random) => 20_000 + Math.floor(random() * 10_000);

/** Valid arguments of each kind of component. */
const VALID = {
  Environment: (random: Random) => ({
    system: "fuzz",
    environment: pick(["staging", "a", "x-1"], random),
    logging: pick<unknown>([undefined, {}, { maxSizeMb: 1, maxFiles: 1 }], random),
    dockerHost: undefined,
  }),
  AppService: (random: Random) => ({
    ...common(random),
    ...options(random),
    command: command(random),
    ...pick<object>(
      [
        {},
        { replicas: 2 },
        { replace: "beside" },
        {
          replace: "stop-first",
          replicas: 1,
          publish: [{ port: 53, hostPort: port(random), protocol: "udp" }],
        },
      ],
      random,
    ),
    secrets: pick<unknown>([undefined, { TOKEN: "x" }], random),
    secretsAs: pick<unknown>([undefined, "env", "files"], random),
    port: pick<unknown>([undefined, 1, 65_535], random),
    stopGraceSeconds: pick<unknown>([undefined, 0, 30], random),
    migration: pick<unknown>(
      [
        undefined,
        { command: ["true"], timeoutSeconds: pick([undefined, 1, 600], random), secrets: { URL: "x" } },
      ],
      random,
    ),
    networks: pick<unknown>([undefined, [], ["fuzz_other"]], random),
    files: pick<unknown>([undefined, {}, { "/run/secrets/ca.pem": "x" }, { "/etc/app/a.conf": "x" }], random),
  }),
  PgDatabase: (random: Random) => ({
    server: {
      kind: "container",
      ...server(random),
      hostPort: port(random),
      maxConnections: pick<unknown>([undefined, 1, 200], random),
      role: pick<unknown>([undefined, "postgres", "db"], random),
    },
    database: pick<unknown>([undefined, "app_1"], random),
    extensions: pick<unknown>([undefined, [], ["vector"]], random),
    pooler: pick<unknown>([undefined, { ...server(random), poolSize: 5, role: "pool" }], random),
  }),
  RedisInstance: (random: Random) => ({
    ...server(random),
    role: pick<unknown>([undefined, "redis", "cache"], random),
    volumeRole: pick<unknown>([undefined, "cachedata"], random),
    user: pick<unknown>([undefined, "app"], random),
    passwordVersion: pick<unknown>([undefined, "2"], random),
  }),
  Gateway: (random: Random) => ({
    ...server(random),
    hostPort: port(random),
    bindAddress: pick<unknown>([undefined, "127.0.0.1", "0.0.0.0", "127.0.0.2"], random),
    role: pick<unknown>([undefined, "edge"], random),
    tls: pick<unknown>(
      [undefined, { hostPort: 19_443, hostnames: ["a.example.com", "*.example.com"] }],
      random,
    ),
    forceHttps: pick<unknown>([undefined, true], random),
  }),
  TunnelRoute: (random: Random) => ({
    hostnames: ["a.example.com", "b.example.com"],
    tunnel: pick<unknown>(
      [
        { kind: "local" },
        { kind: "own", name: "fuzz", accountId: "a", zoneId: "z", apiToken: "t", connectorImage: "cf:1" },
        {
          kind: "shared",
          tunnelId: "t",
          service: "http://127.0.0.1:1",
          accountId: "a",
          zoneId: "z",
          apiToken: "t",
        },
      ],
      random,
    ),
  }),
  SharedService: (random: Random) => ({
    ...common(random),
    ...options(random),
    port: 80,
    networks: { staging: "fuzz_one", production: "fuzz_two" },
  }),
  SharedRedisServer: (random: Random) => ({ ...server(random), networks: { staging: "fuzz_one" } }),
  DataVolume: (random: Random) => ({
    role: pick(["uploads", "home"], random),
    image: "app:1.0.0",
    owner: pick<unknown>([undefined, "0:0", "1000:1000"], random),
  }),
};

/**
 * Arguments that came later. Each has a sequence of its own, apart from the others': a set stays the one that was tried, with these
 * beside it.
 */
const ADDED: Partial<Record<ComponentKind, (random: Random, args: Arguments) => Arguments>> = {
  PgDatabase: (random) => ({
    ...pick<object>([{}, { encoding: "LATIN1", locale: "C" }], random),
    login: pick<unknown>([undefined, "app", "owner"], random),
    privileges: pick<unknown>([undefined, [], ["TEMPORARY", "TRUNCATE", "SETVAL"]], random),
    schemas: pick<unknown>([undefined, [], ["tenants"]], random),
    initScripts: pick<unknown>([undefined, [], ["create table a ()"]], random),
  }),
  RedisInstance: (random, { user }) => ({
    ...pick<object>([{}, user === undefined ? { passwordOnly: true } : {}], random),
    ...pick<object>([{}, { mode: "cache" }, { mode: "cache", eviction: "volatile-ttl" }], random),
    commands: pick<unknown>([undefined, [], ["KEYS", "CONFIG GET"]], random),
  }),
};

/** Valid names of components. */
export const NAMES: readonly unknown[] = ["app", "n-1", "a.b_c"];

/** A component whose arguments reach Docker. */
export type ComponentKind = keyof typeof VALID;
export const COMPONENTS = Object.keys(VALID) as ComponentKind[];

const ODD_TEXTS = [
  ..."| |0|-1|-rf|--help|a b|a\nb|a\tb|a\0b|\ud800|😀|é|CMD|NONE|$(id)|%s|__proto__|constructor|.|..|_a|a_|a.".split(
    "|",
  ),
  ..."/|//|/.|/..|../x|./x|a/b|/a:b|/a,b|/proc/x|/sys|/dev/shm|/tmp|/etc/hostname|/run|/a/../..|/a b|/é".split(
    "|",
  ),
  ..."host|none|bridge|default|container:x|root|0:0|a:|:a|a:b:c|4294967296|1000:|0.0.0.0|::|::1|localhost".split(
    "|",
  ),
  ..."127.0.0.1:1|256.1.1.1|sha256:abc|App:1|app:|app@|app:1:2".split("|"),
  ...[64, 300, 131_072].map((length) => "x".repeat(length)),
];
const ODD_NUMBERS = [
  ...[0, -0, -1, 1.5, 5, 0.001, 1e-9, 0.1 + 0.2, 1e21, 2 ** 53, 65_536, 86_401],
  ...[Number.NaN, Number.POSITIVE_INFINITY],
];
/** What spoils an argument. */
const ODD: readonly unknown[] = [
  ...ODD_TEXTS,
  ...ODD_NUMBERS,
  ...[undefined, null, true, {}, [], [[]], [""], [null], ["CMD"], ["a\0b"]],
  ...[{ "": "x" }, { "A=B": "x" }, { a: null }, ["sleep", "x".repeat(131_072)]],
  Array.from({ length: 30 }, () => "x".repeat(100_000)),
];

/** The generated set of a seed; the same for the same one. */
export function argumentSet(component: ComponentKind, seed: number): ArgumentSet {
  const random = seeded(seed * 31 + COMPONENTS.indexOf(component));
  const args = VALID[component](random) as Arguments;
  const set: ArgumentSet = { component, seed, name: pick(NAMES, random), args };
  // Each third as it is: enough reach Docker also where few are made.
  const times = seed % 3 === 0 ? 0 : pick([1, 1, 1, 2, 3], random);
  for (let time = 0; time < times; time++) spoil(set, random);
  const more = seeded(seed * 37 + COMPONENTS.indexOf(component));
  const added = ADDED[component]?.(more, args) ?? {};
  if (times > 2 && Object.keys(added).length > 0) added[pick(Object.keys(added), more)] = pick(ODD, more);
  Object.assign(args, added);
  return set;
}

/** Puts something odd in the place of an argument, or of a part of one. */
function spoil(set: ArgumentSet, random: Random): void {
  if (random() < 0.05) {
    set.name = pick(ODD, random);
    return;
  }
  let place: Record<string, unknown> = set.args;
  for (;;) {
    const key = pick(Object.keys(place), random);
    const inner = place[key];
    const opens = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
    if (opens && random() < 0.8) {
      place = inner as Record<string, unknown>;
      continue;
    }
    place[key] = pick(ODD, random);
    return;
  }
}

function pick<T>(values: readonly T[], random: Random): T {
  return structuredClone(values[Math.floor(random() * values.length)] as T);
}
