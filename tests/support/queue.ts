// What queues do, for a login that is bound to a key prefix.
import { Queue, QueueEvents, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { expect } from "vitest";

/** Uses a queue in clients of its own, and closes the given one: delayed jobs, priorities, flows of state, events, a scheduler. */
export async function exerciseQueue(redis: Redis, prefix: string): Promise<void> {
  const connection = redis.duplicate({ maxRetriesPerRequest: null, lazyConnect: false });
  const [listening, working] = [connection.duplicate(), connection.duplicate()];
  const queue = new Queue("work", { connection, prefix });
  const events = new QueueEvents("work", { connection: listening, prefix });
  await events.waitUntilReady();
  const worker = new Worker("work", async (job) => `done ${job.data.n}`, {
    connection: working,
    prefix,
  });
  try {
    const jobs = await queue.addBulk([
      { name: "now", data: { n: 1 } },
      { name: "later", data: { n: 2 }, opts: { delay: 50 } },
      { name: "first", data: { n: 3 }, opts: { priority: 1 } },
    ]);
    const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 10_000)));
    expect(results).toEqual(["done 1", "done 2", "done 3"]);
    await queue.upsertJobScheduler("tick", { every: 60_000 }, { name: "tick", data: { n: 0 } });
    expect(await queue.getJobSchedulersCount()).toBe(1);
    expect((await queue.getJobCounts()).completed).toBeGreaterThanOrEqual(3);
    await queue.pause();
    await queue.obliterate({ force: true });
  } finally {
    await Promise.all([worker.close(), events.close()]);
    await queue.close();
    for (const client of [connection, listening, working, redis]) client.disconnect();
  }
}
