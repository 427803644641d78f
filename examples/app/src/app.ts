// The HTTP server put together: limits, headers, errors, routes.
import formbody from "@fastify/formbody";
import helmet from "@fastify/helmet";
import websocket from "@fastify/websocket";
import type { Queue } from "bullmq";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Pool } from "pg";
import { answerError, logRequest } from "./answers.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Log } from "./log.ts";
import type { JobData, JobResult } from "./queue.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { noteRoutes } from "./routes/notes.ts";
import { closeSockets, realtimeRoutes } from "./routes/realtime.ts";
import { statusRoutes } from "./routes/status.ts";
import { transferRoutes } from "./routes/transfer.ts";
import type { ServiceSettings } from "./settings.ts";
import type { VoipSync } from "./voip.ts";

/** Everything that routes need. */
export interface App {
  settings: ServiceSettings;
  log: Log;
  lifecycle: Lifecycle;
  pool: Pool;
  queue: Queue<JobData, JobResult>;
  voip: VoipSync;
}

/** Builds the server; it doesn't listen yet. */
export async function createServer(app: App): Promise<FastifyInstance> {
  const server = Fastify({
    loggerInstance: app.log as FastifyBaseLogger,
    // `logRequest` writes one line a request instead of two, and leaves health checks out.
    logController: new LogController({ disableRequestLogging: true }),
    // On the way out, requests on connections that are still open are served.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    requestTimeout: 300_000,
    bodyLimit: 64 * 1024,
    trustProxy: true,
  });
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'", "ws:", "wss:"],
        imgSrc: ["'self'", "data:"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Whoever ends TLS decides about it.
    strictTransportSecurity: false,
  });
  await server.register(formbody);
  await server.register(websocket, {
    options: { maxPayload: 64 * 1024 },
    preClose: (done) => void closeSockets(server).then(() => done()),
  });
  server.addHook("onResponse", logRequest);
  // Else a gateway keeps the connection for its next request, and closing waits for it in vain.
  server.addHook("onSend", async (_request, reply) => {
    if (app.lifecycle.leaving) reply.header("connection", "close");
  });
  server.setErrorHandler(answerError);
  // As a plugin, so that the routes come after the plugins that watch routes being added.
  await server.register(async (scope) => {
    statusRoutes(scope, app);
    noteRoutes(scope, app);
    jobRoutes(scope, app);
    realtimeRoutes(scope, app);
    transferRoutes(scope, app);
  });
  return server;
}
