// A program with two applications behind one gateway, for tests of deploys.
import { BACKEND, BACKEND_HEALTH, BACKEND_IMAGE, type Fault } from "./backend.ts";

/** What differs from one `up` to the next. */
export interface Release {
  /** What the application says it is. */
  version: string;
  fault?: Fault;
  /** Port that it listens on. @default 8080 */
  port?: number;
  image?: string;
  replicas?: number;
  /** JavaScript that the migration runs; no migration without it. */
  migration?: string;
  /** Name of the application's service. @default "app" */
  name?: string;
  /** Hostnames that lead to it. @default APP_HOST */
  hosts?: string[];
  /** Hostnames of the application beside it. @default BESIDE_HOST */
  besideHosts?: string[];
  /** Version of the application beside it. @default "1" */
  beside?: string;
  /** Seconds that it is watched after it took over. @default WATCH_SECONDS */
  watchSeconds?: number;
  /** Options of Node in the application's command. */
  nodeOptions?: string[];
  /** Seconds between the application's health checks. @default 10 */
  healthIntervalSeconds?: number;
  noindex?: boolean;
  gatewayCpus?: number;
  /** User of the application and owner of its files. @default "1000:1000" */
  owner?: string;
}

/** Hostname of the application. */
export const APP_HOST = "app.localhost";
/** Hostname of the one beside it. */
export const BESIDE_HOST = "beside.localhost";
/** Seconds that a new version is watched. */
export const WATCH_SECONDS = 6;

/** The program's source. */
export function backendProgram(gatewayPort: number, release: Release): string {
  const { fault, port, migration, image = BACKEND_IMAGE, replicas = 1, beside = "1" } = release;
  const { name = "app", hosts = [APP_HOST], besideHosts = [BESIDE_HOST] } = release;
  const {
    watchSeconds = WATCH_SECONDS,
    nodeOptions = [],
    healthIntervalSeconds = 10,
    owner = "1000:1000",
  } = release;
  const command = ["node", ...nodeOptions, "-e", BACKEND];
  const broken = fault === undefined ? {} : { FAULT: fault };
  const variables = { VERSION: release.version, PORT: String(port ?? 8080), ...broken };
  return `
import { AppService, DataVolume, Environment, Gateway } from "tandem";
import { Volume } from "@pulumi/docker/volume.js";

const env = new Environment("dev", { system: "$SYSTEM", environment: "dev", data: { protect: false } });
const small = { cpus: 1, memoryMb: 128, pids: 64 };
const gateway = new Gateway("gateway", {
  env, image: "caddy:2.11.9-alpine", hostPort: ${gatewayPort},
  noindex: ${release.noindex ?? false}, limits: { cpus: ${release.gatewayCpus ?? 1}, memoryMb: 256, pids: 512 },
});
// A disk of 4 MiB.
const disk = new Volume("disk", {
  name: env.name("disk"), driver: "local", driverOpts: { type: "tmpfs", device: "tmpfs", o: "size=4m,mode=1777" },
  labels: Object.entries(env.labels("disk")).map(([label, value]) => ({ label, value })),
});
const files = new DataVolume("files", { env, role: "files", image: "${BACKEND_IMAGE}", owner: "${owner}" });
const common = {
  env, command: ["node", "-e", ${JSON.stringify(BACKEND)}], health: { command: ${JSON.stringify(BACKEND_HEALTH)} },
  healthTimeoutSeconds: 15, limits: small, stopGraceSeconds: 10, watch: { seconds: ${WATCH_SECONDS} },
};
new AppService("${name}", {
  ...common, image: ${JSON.stringify(image)}, port: 8080, replicas: ${replicas},
  command: ${JSON.stringify(command)}, watch: { seconds: ${watchSeconds} },
  health: { ...common.health, intervalSeconds: ${healthIntervalSeconds} },
  route: { gateway, hostnames: ${JSON.stringify(hosts)} },
  environment: ${JSON.stringify(variables)},
  volumes: [{ volume: disk.name, path: "/data" }, { volume: files.volume, path: "/files" }], user: "${owner}",
  ${migration === undefined ? "" : `migration: { command: ["node", "-e", ${JSON.stringify(migration)}], timeoutSeconds: 3 },`}
});
new AppService("beside", {
  ...common, image: "${BACKEND_IMAGE}", port: 8080, route: { gateway, hostnames: ${JSON.stringify(besideHosts)} },
  environment: { VERSION: ${JSON.stringify(beside)} },
});
`;
}
