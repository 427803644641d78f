// Inputs that break no rule of the policy pack, by class of resource; the policy pack's cases spoil them.

/** Inputs of a resource. */
export type Inputs = Record<string, unknown>;

/** Class of a resource, as the test's program knows it. */
export type Kind =
  | "Container"
  | "Network"
  | "Volume"
  | "Migration"
  | "Image"
  | "Start"
  | "Role"
  | "Grant"
  | "Password"
  | "Route"
  | "Guard";

/** Stands for what an image holds. */
export const DIGEST = `sha256:${"0".repeat(64)}`;

/** Beginning of the names in a stack; the program's system stands for `$SYSTEM`. */
export const own = (role: string) => `$SYSTEM_$STACK_${role}`;
/** An environment's labels, with changes; undefined takes one away. */
export const labels = (changes: Record<string, string | undefined> = {}) =>
  Object.entries({
    "tandem.system": "$SYSTEM",
    "tandem.environment": "$STACK",
    "tandem.component": "app",
    ...changes,
  }).flatMap(([label, value]) => (value === undefined ? [] : [{ label, value }]));

/** Inputs that break no rule, by kind. */
export const CLEAN: Record<Kind, Inputs> = {
  Container: {
    name: own("app"),
    image: DIGEST,
    labels: labels(),
    networksAdvanced: [{ name: own("network") }],
    user: "1000:1000",
    healthcheck: { tests: ["CMD", "true"] },
    readOnly: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    init: true,
    start: false,
    mustRun: false,
    restart: "always",
    cpus: "0.5",
    memory: 128,
    memorySwap: 128,
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    stopTimeout: 30,
  },
  Network: { name: own("network"), labels: labels() },
  Volume: { name: own("data"), labels: labels() },
  Migration: {
    containerName: own("migration"),
    imageId: DIGEST,
    command: ["migrate"],
    user: "1000:1000",
    environment: {},
    network: own("network"),
    labels: { "tandem.system": "$SYSTEM", "tandem.environment": "$STACK", "tandem.component": "app" },
    timeoutSeconds: 10,
    memoryMb: 64,
    cpus: 0.5,
    pids: 50,
  },
  Image: { reference: `nowhere.example/app:1.0.0@${DIGEST}` },
  Start: { containerId: "none", containerName: "none", pids: 50, healthTimeoutSeconds: 10 },
  Role: { name: "app", superuser: false },
  Grant: { role: "app", database: "app", objectType: "database", privileges: ["CONNECT"] },
  Password: { length: 32 },
  Route: {
    gatewayId: "none",
    routeName: "app",
    hostnames: ["app.example"],
    upstreams: ["app:8080"],
    noindex: true,
  },
  Guard: {
    subject: "volume data",
    identity: { volume: own("data") },
    released: false,
    releaseWith: "nothing",
  },
};
