// Routes that take their time, for watching a deploy from the inside: a slow answer and a streamed upload.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { App } from "../app.ts";

const waiting = z.object({ ms: z.coerce.number().int().min(0).max(60_000).default(1_000) });

/** Adds GET /slow?ms= and POST /upload. */
export function transferRoutes(server: FastifyInstance, { settings }: App): void {
  server.get("/slow", async (request) => {
    const { ms } = waiting.parse(request.query);
    await sleep(ms);
    return { waitedMs: ms, environment: settings.APP_ENV };
  });

  // In a scope of its own, so that only this route takes any content type and gets it as a stream.
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    scope.post("/upload", { bodyLimit: settings.UPLOAD_LIMIT_BYTES }, async (request, reply) => {
      const hash = createHash("sha256");
      let bytes = 0;
      for await (const chunk of (request.body as IncomingMessage | undefined) ?? []) {
        bytes += (chunk as Buffer).length;
        if (bytes > settings.UPLOAD_LIMIT_BYTES) {
          const message = `more than ${settings.UPLOAD_LIMIT_BYTES} bytes`;
          return reply.code(413).header("connection", "close").send({ error: "too large", message });
        }
        hash.update(chunk as Buffer);
      }
      return { bytes, sha256: hash.digest("hex"), environment: settings.APP_ENV };
    });
  });
}
