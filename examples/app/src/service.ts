// The roles `web` and `worker`: what each starts, and the order in which it stops.
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Redis } from "ioredis";
import { createServer } from "./app.ts";
import { checkDatabase, createPool } from "./database.ts";
import { Lifecycle } from "./lifecycle.ts";
import { createLog, type Log } from "./log.ts";
import { checkRedis, createQueue, createRedis, startWorker } from "./queue.ts";
import type { ServiceSettings } from "./settings.ts";
import { version } from "./version.ts";
import { startVoipSync } from "./voip.ts";

/** Serves HTTP and WebSockets; with WORKER=inline it processes jobs too. */
export async function runWeb(settings: ServiceSettings): Promise<void> {
  const log = createLog(settings, "web");
  const lifecycle = new Lifecycle(settings, log);
  lifecycle.leaveOnSignals();
  await startFaults(settings, log);
  const pool = createPool(settings, log);
  const redis = createRedis(settings, log, "commands");
  const queue = createQueue(settings, redis, log);
  const voip = startVoipSync(settings, log);
  lifecycle.addCheck("postgres", () => checkDatabase(pool));
  lifecycle.addCheck("redis", () => checkRedis(redis));
  const server = await createServer({ settings, log, lifecycle, pool, queue, voip });

  lifecycle.onLeave("stop VoIP sync", () => voip.stop());
  // For gateways that watch /ready: it says 503 from the signal on.
  lifecycle.onLeave("wait for the gateway to notice", () => sleep(settings.SHUTDOWN_DELAY_MS));
  lifecycle.onLeave("stop accepting, finish requests, close WebSockets", () => closeServer(server));
  if (settings.WORKER === "inline") addWorker(settings, log, lifecycle);
  lifecycle.onLeave("close the queue", () => queue.close());
  lifecycle.onLeave("close Redis", () => quit(redis));
  lifecycle.onLeave("close Postgres", () => pool.end());

  await server.listen({ host: settings.HOST, port: settings.PORT });
  log.info({ version, commit: settings.APP_COMMIT, port: settings.PORT, worker: settings.WORKER }, "serving");
}

/** Processes jobs and nothing else. */
export async function runWorker(settings: ServiceSettings): Promise<void> {
  const log = createLog(settings, "worker");
  const lifecycle = new Lifecycle(settings, log);
  lifecycle.leaveOnSignals();
  await startFaults(settings, log);
  addWorker(settings, log, lifecycle);
  log.info({ version, commit: settings.APP_COMMIT }, "waiting for jobs");
}

function addWorker(settings: ServiceSettings, log: Log, lifecycle: Lifecycle): void {
  const redis = createRedis(settings, log, "blocking");
  const worker = startWorker(settings, redis, log);
  lifecycle.onLeave("finish jobs", async () => {
    await worker.close();
    await quit(redis);
  });
}

/** Closes the server, and each connection that was busy when closing began as soon as it is idle. */
async function closeServer(server: FastifyInstance): Promise<void> {
  const timer = setInterval(() => server.server.closeIdleConnections(), 100);
  try {
    await server.close();
  } finally {
    clearInterval(timer);
  }
}

/** Says goodbye to Redis; when it is away there is nobody to say it to. */
async function quit(redis: Redis): Promise<void> {
  if (redis.status === "ready") await redis.quit();
  else redis.disconnect();
}

/** Faults for tests: a slow start, a failing one. */
async function startFaults(settings: ServiceSettings, log: Log): Promise<void> {
  if (settings.START_DELAY_MS > 0) {
    log.warn({ ms: settings.START_DELAY_MS }, "fault: slow start");
    await sleep(settings.START_DELAY_MS);
  }
  if (settings.FAIL_START) throw new Error("fault: FAIL_START is set");
}
