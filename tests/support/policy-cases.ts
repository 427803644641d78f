// The policy pack's test cases: for each rule about a resource, inputs that break it and inputs that don't.
import { DIGEST, type Inputs, type Kind, labels, own } from "./policy-clean.ts";

/** One rule and its resources. */
export interface PolicyCase {
  rule: string;
  /** Class of the resource, as the test's program knows it. */
  kind: Kind;
  /** What breaks the rule; each entry on its own, on top of the inputs that break none. */
  bad: Inputs[];
  /** What comes close to breaking it and doesn't. */
  good?: Inputs[];
  /** In which stack the rule speaks. */
  stack?: "staging" | "production";
}

const port = (ip: string | undefined, external: number | undefined, internal = 8080) => ({
  ports: [{ ip, external, internal }],
});
const container = (
  rule: string,
  bad: Inputs[],
  good?: Inputs[],
  stack?: PolicyCase["stack"],
): PolicyCase => ({
  rule,
  kind: "Container",
  bad,
  ...(good === undefined ? {} : { good }),
  ...(stack === undefined ? {} : { stack }),
});
const without = (key: string): Inputs => ({ [key]: undefined });

/** A container whose topology opened something, as its label says. */
const openedBy = (value: string): Inputs => ({ labels: labels({ "tandem.opened": value }) });

/** Ways to the Docker socket by paths of the host. */
const SOCKET_PATHS = [
  ...["/", "//", "/run", "/run/", "/var", "/var/run", "/var/run/../run", "/srv/../run/./docker.sock"],
  ...[
    "/proc",
    "/proc/1/root",
    "/sys",
    "/etc",
    "/root",
    "/dev",
    "/home/ci/docker.sock",
    "/var/lib/docker/volumes",
  ],
];
/** Health checks that Docker can't take; the first one takes Docker down for good. */
const BROKEN_CHECKS = [["CMD"], ["CMD-SHELL"], [], ["CMD", ""], ["true"], ["CMD-SHELL", "a", "b"]];

/** All cases of rules about resources. */
export const CASES: readonly PolicyCase[] = [
  container(
    "own-names",
    [{ name: "app" }, { name: "$SYSTEM_other_app" }, { name: "$SYSTEM-$STACK-app" }],
    [{ name: "house_app" }],
  ),
  { rule: "own-names", kind: "Network", bad: [{ name: "$SYSTEM_other_network" }] },
  { rule: "own-names", kind: "Volume", bad: [{ name: "data" }] },
  container("labels", [
    { labels: [] },
    { labels: labels({ "tandem.environment": "other" }) },
    { labels: labels({ "tandem.component": undefined }) },
  ]),
  { rule: "labels", kind: "Volume", bad: [{ labels: labels({ "tandem.system": undefined }) }] },
  { rule: "labels", kind: "Network", bad: [{ labels: [] }] },
  { rule: "labels", kind: "Migration", bad: [{ labels: { "tandem.system": "$SYSTEM" } }] },
  container(
    "own-networks",
    [
      { networkMode: "$SYSTEM_other_network" },
      { networksAdvanced: [{ name: own("network") }, { name: "$SYSTEM_other_network" }] },
      { networksAdvanced: [{ name: "$SYSTEM_shared_other" }] },
    ],
    [{ networksAdvanced: [{ name: "$SYSTEM_shared_$STACK" }, { name: "allowed_network" }] }],
  ),
  {
    rule: "own-networks",
    kind: "Migration",
    bad: [{ network: "$SYSTEM_other_network" }, { networks: ["$SYSTEM_other_network"] }],
    good: [{ networks: ["$SYSTEM_shared_$STACK"] }],
  },
  container(
    "own-volumes",
    [
      { volumes: [{ volumeName: "$SYSTEM_other_uploads", containerPath: "/uploads" }] },
      { mounts: [{ type: "volume", source: "uploads", target: "/uploads" }] },
      { volumes: [{ fromContainer: "$SYSTEM_other_app" }] },
    ],
    [{ volumes: [{ volumeName: own("uploads"), containerPath: "/uploads" }, { containerPath: "/cache" }] }],
  ),
  container("no-default-bridge", [
    { networksAdvanced: undefined },
    { networksAdvanced: [], networkMode: "bridge" },
  ]),
  container("no-host-network", [
    { networkMode: "host", networksAdvanced: undefined },
    { networkMode: "container:other", networksAdvanced: undefined },
  ]),
  container("no-host-pid", [{ pidMode: "host" }, { pidMode: "container:other" }]),
  container("no-host-ipc", [{ ipcMode: "host" }, { ipcMode: "container:other" }], [{ ipcMode: "private" }]),
  container("no-host-users", [{ usernsMode: "host" }]),
  container("no-docker-socket", [
    { volumes: [{ hostPath: "/var/run/docker.sock", containerPath: "/var/run/docker.sock" }] },
    { mounts: [{ type: "bind", source: "/run/docker.sock", target: "/docker.sock" }] },
    ...SOCKET_PATHS.map((path) => ({ volumes: [{ hostPath: path, containerPath: "/host" }] })),
    // In the place of a volume's name a path is a folder of the host.
    ...SOCKET_PATHS.map((path) => ({ volumes: [{ volumeName: path, containerPath: "/host" }] })),
  ]),
  container("no-host-folders", [
    { volumes: [{ hostPath: "/srv/uploads", containerPath: "/host" }] },
    { volumes: [{ volumeName: "/srv/uploads", containerPath: "/host" }] },
    { mounts: [{ type: "bind", source: "/srv/data", target: "/data" }] },
  ]),
  container("no-shared-mounts", [
    { mounts: [{ type: "volume", source: own("x"), target: "/x", bindOptions: { propagation: "rshared" } }] },
  ]),
  container(
    "published-ports",
    [
      ...[
        port("0.0.0.0", 8081),
        port(undefined, 8082),
        port("192.168.1.5", 8083),
        port(undefined, undefined),
      ],
      // TCP's of the same number is published.
      { ports: [{ ip: "0.0.0.0", external: 3100, internal: 53, protocol: "udp" }] },
    ],
    [port("127.0.0.1", 8084), port("0.0.0.0", 3100), port("127.0.0.1", undefined)],
  ),
  container("low-ports", [port("127.0.0.1", 80)], [port("127.0.0.1", 1024)]),
  container("all-ports", [{ publishAllPorts: true }]),
  container("memory-limit", [{ memory: undefined, memorySwap: undefined }]),
  { rule: "memory-limit", kind: "Migration", bad: [{ memoryMb: 0 }] },
  container("cpu-limit", [without("cpus")], [{ cpus: undefined, cpuPeriod: 100000, cpuQuota: 50000 }]),
  { rule: "cpu-limit", kind: "Migration", bad: [{ cpus: 0 }] },
  { rule: "pid-limit", kind: "Start", bad: [{ pids: 0 }] },
  { rule: "pid-limit", kind: "Migration", bad: [{ pids: -1 }] },
  container("no-swap", [without("memorySwap"), { memorySwap: 256 }]),
  container("non-root", [without("user"), { user: "root" }, { user: "0:0" }], [{ user: "postgres" }]),
  { rule: "non-root", kind: "Migration", bad: [{ user: "0" }] },
  container("security-profile", [
    { securityOpts: ["no-new-privileges:true", "seccomp=unconfined"] },
    { securityOpts: ["no-new-privileges:true", "apparmor=unconfined"] },
    { securityOpts: ["no-new-privileges:true", "label=disable"] },
  ]),
  container(
    "capabilities",
    [without("capabilities"), { capabilities: { drops: ["ALL"], adds: ["CAP_SYS_ADMIN"] } }],
    [{ capabilities: { drops: ["ALL"], adds: ["CAP_NET_BIND_SERVICE"] } }],
  ),
  container("no-privileged", [{ privileged: true }]),
  container("no-ssh", [port("127.0.0.1", 2222, 22)]),
  container("read-only-root", [{ readOnly: false }, without("readOnly")]),
  container("opened-hardening", [openedBy("non-root capabilities:CHOWN")]),
  container(
    "restart-policy",
    [{ restart: "no" }],
    [{ restart: "unless-stopped" }, { restart: "on-failure" }],
  ),
  container("no-devices", [
    { devices: [{ hostPath: "/dev/sda" }] },
    { deviceCgroupRules: ["b 8:0 rwm"] },
    { gpus: "all" },
    { deviceRequests: [{ driver: "nvidia", count: -1, capabilities: ["gpu"] }] },
  ]),
  container(
    "bounded-ulimits",
    [
      { ulimits: [{ name: "memlock", soft: -1, hard: -1 }] },
      { ulimits: [{ name: "core", soft: 0, hard: -1 }] },
    ],
    [{ ulimits: [{ name: "nofile", soft: 1024, hard: 4096 }] }],
  ),
  container(
    "no-own-cgroup",
    [{ cgroupnsMode: "host" }, { cgroupParent: "/others" }],
    [{ cgroupnsMode: "private" }],
  ),
  container("no-new-privileges", [without("securityOpts"), { securityOpts: ["apparmor=docker-default"] }]),
  container("health-check", [without("healthcheck"), { healthcheck: { tests: ["NONE"] } }]),
  container(
    "docker-form",
    [
      ...BROKEN_CHECKS.map((tests) => ({ healthcheck: { tests } })),
      { memory: 5, memorySwap: 5 },
      { cpus: "0.001" },
      { command: [""] },
      { envs: ["=value"] },
      { user: "app:" },
      { stopTimeout: 100_000 },
      { volumes: [{ volumeName: own("data"), containerPath: "/" }] },
      { ports: [{ ip: "127.0.0.1", external: 70000, internal: 80 }] },
    ],
    [{ healthcheck: { tests: ["CMD-SHELL", "true"] } }, { envs: ["EMPTY=", "NAME=a=b"] }],
  ),
  { rule: "docker-form", kind: "Volume", bad: [{ name: `${own("x")}/y` }] },
  container("init-process", [{ init: false }]),
  container(
    "log-rotation",
    [without("logOpts"), { logOpts: { "max-size": "10m" } }],
    [{ logDriver: "journald", logOpts: undefined }],
  ),
  container("stop-grace", [{ stopTimeout: 1 }]),
  container("image-by-content", [{ image: "nginx:1.26" }], [{ image: `nginx:1.26@${DIGEST}` }]),
  { rule: "image-by-content", kind: "Migration", bad: [{ imageId: "app:1.0.0" }] },
  {
    rule: "no-latest",
    kind: "Image",
    bad: [{ reference: "nowhere.example:5000/app" }, { reference: "nowhere.example/app:latest" }],
    good: [{ reference: "nowhere.example:5000/app:1" }],
  },
  {
    rule: "digest-in-production",
    kind: "Image",
    bad: [{ reference: "nowhere.example/app:1.0.0" }],
    stack: "production",
  },
  { rule: "data-release", kind: "Guard", bad: [{ released: true }], stack: "production" },
  {
    rule: "no-superuser",
    kind: "Role",
    bad: [
      { superuser: true },
      { createRole: true },
      { createDatabase: true },
      { replication: true },
      { bypassRowLevelSecurity: true },
      { roles: ["pg_execute_server_program"] },
      { roles: ["pg_signal_backend"] },
    ],
    good: [{ roles: ["shop_reports"] }],
  },
  { rule: "owner-logins", kind: "Role", bad: [{ assumeRole: "shop_owner" }] },
  {
    rule: "no-public-grants",
    kind: "Grant",
    bad: [{ role: "public" }],
    good: [{ role: "public", privileges: [] }],
  },
  { rule: "password-length", kind: "Password", bad: [{ length: 12 }] },
  container(
    "live-effects",
    [{ envs: ["VOIP_SYNC_ENABLED=true"] }, { envs: ["CALL_CUSTOMERS=1"] }],
    [{ envs: ["VOIP_SYNC_ENABLED=false", "CALL_CUSTOMERS="] }],
  ),
  { rule: "live-effects", kind: "Migration", bad: [{ environment: { VOIP_SYNC_ENABLED: "true" } }] },
  container(
    "experiments",
    [{ envs: ["EXPERIMENTAL_PRICING=true"] }],
    [{ envs: ["EXPERIMENTAL_PRICING=false", "VOIP_SYNC_ENABLED=true"] }],
    "production",
  ),
  container(
    "debug-in-production",
    [{ envs: ["LOG_LEVEL=debug"] }],
    [{ envs: ["LOG_LEVEL=info"] }],
    "production",
  ),
  {
    rule: "not-indexed",
    kind: "Route",
    bad: [{ noindex: false }],
    good: [
      {
        noindex: false,
        basicAuthUser: "team",
        basicAuthHash: "$2b$10$abcdefghijklmnopqrstuuJ0p6q0W0Zr0m6mE7yA0Zx5bM5c5d5e2",
      },
    ],
  },
  container(
    "no-secret-arguments",
    [
      { command: ["app", "postgres://app:hidden@db/app"] },
      { command: ["redis-server", "--requirepass", "hidden"] },
    ],
    [{ command: ["app", "postgres://db/app", "--password-file", "/run/secrets/p"] }],
  ),
];
