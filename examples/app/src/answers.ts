// What every request gets: a line in the log, and on failure an answer that helps the caller and gives nothing away.
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { ZodError } from "zod";

/** Logs a finished request; the ones that health checks make every few seconds only at level debug. */
export async function logRequest(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const level = ["/health", "/ready"].includes(request.url) ? "debug" : "info";
  request.log[level](
    { req: request, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
    "request",
  );
}

/** Answers 400 with each mistake, 503 when Postgres or Redis is away, else 500 without details. */
export function answerError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ZodError) {
    const message = error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    reply.code(400).send({ error: "bad request", message });
    return;
  }
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  if (status < 500) {
    reply.code(status).send({ error: error.name, message: error.message });
    return;
  }
  request.log.error({ err: error, req: request }, "request failed");
  if (isAway(error)) {
    reply.code(503).header("retry-after", "2").send({ error: "unavailable", message: "try again soon" });
    return;
  }
  reply.code(500).send({ error: "internal error", message: `see the log, request ${request.id}` });
}

// Connection failures of Node, "no connection" and "shutting down" of Postgres (classes 08 and 57P), and those of the
// clients that have a name or a message only.
function isAway(error: Error): boolean {
  const { code = "", name, message } = error as NodeJS.ErrnoException;
  return (
    /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|08|57P)/.test(code) ||
    name === "MaxRetriesPerRequestError" ||
    /Connection terminated|timeout exceeded when trying to connect|Connection is closed/.test(message)
  );
}
