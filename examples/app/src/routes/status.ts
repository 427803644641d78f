// Routes that tell about the app itself: is it alive, ready, which build, with which settings.
import { hostname } from "node:os";
import type { FastifyInstance } from "fastify";
import type { App } from "../app.ts";
import { version } from "../version.ts";

/** Adds /health, /ready, /version, /api/info and /api/voip. */
export function statusRoutes(server: FastifyInstance, { settings, lifecycle, voip }: App): void {
  server.get("/health", (_request, reply) => {
    const status = lifecycle.healthy ? "ok" : "unhealthy on purpose (fault)";
    return reply.code(lifecycle.healthy ? 200 : 503).send({ status, uptimeSeconds: process.uptime() });
  });

  server.get("/ready", async (_request, reply) => {
    const { ready, checks } = await lifecycle.check();
    return reply.code(ready ? 200 : 503).send({ ready, checks });
  });

  server.get("/version", () => ({
    version,
    commit: settings.APP_COMMIT,
    environment: settings.APP_ENV,
    startedAt: lifecycle.startedAt.toISOString(),
    hostname: hostname(),
  }));

  // Named one by one: a list of what is left out would forget the next secret.
  server.get("/api/info", () => ({
    NODE_ENV: settings.NODE_ENV,
    APP_NAME: settings.APP_NAME,
    APP_ENV: settings.APP_ENV,
    FRONTEND_URL: settings.FRONTEND_URL ?? null,
    COOLIFY_URL: settings.COOLIFY_URL ?? null,
    COOLIFY_FQDN: settings.COOLIFY_FQDN ?? null,
    VOIP_SYNC_ENABLED: settings.VOIP_SYNC_ENABLED,
    BANNER: settings.BANNER,
    WORKER: settings.WORKER,
    LOG_LEVEL: settings.LOG_LEVEL,
  }));

  server.get("/api/voip", () => voip.status());
}
