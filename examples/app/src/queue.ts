// The job queue on Redis: its connections, the queue that the web role fills and the worker that empties it.
import { hostname } from "node:os";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { dimensions, embed } from "./embedding.ts";
import type { Log } from "./log.ts";
import type { ServiceSettings } from "./settings.ts";

/** What a job is given. */
export interface JobData {
  text: string;
  queuedBy: string;
}

/** What a job returns; `processedBy` names the environment whose worker did it. */
export interface JobResult {
  text: string;
  embedding: number[];
  dimensions: number;
  queuedBy: string;
  processedBy: string;
  hostname: string;
}

const queueName = "echo";

/** A connection to Redis that says on the log when it is lost and comes back by itself. */
export function createRedis(settings: ServiceSettings, log: Log, purpose: "commands" | "blocking"): Redis {
  const redis = new Redis(settings.REDIS_URL, {
    connectionName: `${settings.APP_ENV}-${purpose}`,
    // A request should fail soon when Redis is away; a worker that waits for jobs should wait for Redis too.
    maxRetriesPerRequest: purpose === "commands" ? 1 : null,
    connectTimeout: 3_000,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  let down = false;
  redis.on("error", (error) => {
    if (!down) log.warn({ err: error, purpose }, "Redis is not reachable");
    down = true;
  });
  redis.on("ready", () => {
    if (down) log.info({ purpose }, "Redis is reachable again");
    down = false;
  });
  return redis;
}

/** Throws unless Redis answers within two seconds. */
export async function checkRedis(redis: Redis): Promise<void> {
  if (redis.status !== "ready") throw new Error(`no connection to Redis (${redis.status})`);
  await redis.ping();
}

/** The queue as seen by those who add jobs. */
export function createQueue(settings: ServiceSettings, redis: Redis, log: Log): Queue<JobData, JobResult> {
  const queue = new Queue<JobData, JobResult>(queueName, {
    connection: redis,
    prefix: keyPrefix(settings),
    defaultJobOptions: {
      attempts: 3,
      backoff: { type: "exponential", delay: 500 },
      removeOnComplete: { age: 3_600, count: 1_000 },
      removeOnFail: { age: 86_400, count: 1_000 },
    },
  });
  queue.on("error", (error) => log.debug({ err: error }, "queue"));
  return queue;
}

/** Starts a worker; closing it waits for the jobs in hand. */
export function startWorker(settings: ServiceSettings, redis: Redis, log: Log): Worker<JobData, JobResult> {
  const worker = new Worker<JobData, JobResult>(
    queueName,
    async (job) => ({
      text: job.data.text,
      embedding: embed(job.data.text),
      dimensions,
      queuedBy: job.data.queuedBy,
      processedBy: settings.APP_ENV,
      hostname: hostname(),
    }),
    { connection: redis, prefix: keyPrefix(settings), concurrency: 4 },
  );
  worker.on("completed", (job) => log.info({ job: job.id }, "job done"));
  worker.on("failed", (job, error) => log.error({ job: job?.id, err: error }, "job failed"));
  worker.on("error", (error) => log.debug({ err: error }, "worker"));
  return worker;
}

function keyPrefix(settings: ServiceSettings): string {
  return `${settings.REDIS_PREFIX}bull`;
}
