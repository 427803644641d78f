// A program with a release of web, worker and scheduler, the web behind two gateways: of tests/integration/whole-release.test.ts.
import { referenceOf } from "../../setup/images/catalog.ts";
import { BACKEND, type Fault } from "./backend.ts";
import { SOAK } from "./long-form.ts";

/** What differs from one `up` to the next. */
export interface WholeRelease {
  version: string;
  web?: Fault;
  /** The worker ends at once, or 3 s after its start. */
  worker?: "exit" | "late-exit";
}

/** Hostnames of the web, at the one gateway and at the other. */
export const HOSTS = ["app.localhost", "api.localhost"] as const;
/** Seconds that a release is watched: in the long form more than the worker lives that ends late. */
const WATCH_SECONDS = SOAK ? 5 : 2;

const WORKER = `
process.on("SIGTERM", () => process.exit(0));
if (process.env.FAULT === "exit") throw new Error("no queue, no work");
if (process.env.FAULT === "late-exit") setTimeout(() => process.exit(3), 3000);
setInterval(() => {}, 1000);
`;

/** The program's source. */
export function releaseProgram(ports: readonly number[], { version, web, worker }: WholeRelease): string {
  // Not for all: the migration would run with each version.
  const environment = (fault?: string) =>
    `environment: ${JSON.stringify({ VERSION: version, ...(fault === undefined ? {} : { FAULT: fault }) })},`;
  return `
import { Environment, Gateway, Release } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev" });
const gateways = ${JSON.stringify(ports)}.map((hostPort, index) => {
  const role = ["gateway", "inside"][index];
  const limits = { cpus: 1, memoryMb: 128, pids: 256 };
  return new Gateway(role, { env, role, image: ${JSON.stringify(referenceOf("caddy"))}, hostPort, limits });
});
const command = ["node", "-e", ${JSON.stringify(WORKER)}];
new Release("app", {
  env, image: ${JSON.stringify(referenceOf("node"))},
  limits: { cpus: 0.5, memoryMb: 128, pids: 64 },
  health: { shell: "true", intervalSeconds: 1 },
  healthTimeoutSeconds: 20, stopGraceSeconds: 5, watch: { seconds: ${WATCH_SECONDS} },
  migration: { command: ["node", "-e", "console.log('migrated')"] },
  services: {
    web: {
      command: ["node", "-e", ${JSON.stringify(BACKEND)}], port: 8080, health: { http: "/health", intervalSeconds: 1 }, ${environment(web)}
      routes: gateways.map((gateway, index) => ({ gateway, hostnames: [${JSON.stringify(HOSTS)}[index]] })),
    },
    worker: { command, ${environment(worker)} },
    scheduler: { command, replace: "stop-first", ${environment()} },
  },
});
`;
}
