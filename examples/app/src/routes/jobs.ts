// Routes of the job queue: put a job in, look what became of it.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { App } from "../app.ts";

const newJob = z.object({ text: z.string().max(2_000).default("hello") });
const jobId = z.object({ id: z.string().regex(/^\d{1,20}$/, "must be a number") });

/** Adds POST /api/jobs and GET /api/jobs/:id. */
export function jobRoutes(server: FastifyInstance, { queue, settings }: App): void {
  server.post("/api/jobs", async (request, reply) => {
    const { text } = newJob.parse(request.body ?? {});
    const job = await queue.add("echo", { text, queuedBy: settings.APP_ENV });
    return reply.code(202).header("location", `/api/jobs/${job.id}`).send({ id: job.id });
  });

  server.get("/api/jobs/:id", async (request, reply) => {
    const { id } = jobId.parse(request.params);
    // The state first: read the other way round, a job that ends in between is completed and has no result.
    const state = await queue.getJobState(id);
    const job = await queue.getJob(id);
    if (!job) return reply.code(404).send({ error: "not found", message: `there is no job ${id}` });
    return { id, state, result: job.returnvalue ?? null, failure: job.failedReason ?? null };
  });
}
