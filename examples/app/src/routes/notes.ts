// Routes of the notes: the page with its forms, and the same as JSON.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { App } from "../app.ts";
import { css, js } from "../assets.ts";
import { addNote, listNotes, nearestNotes } from "../notes.ts";
import { renderPage } from "../page.ts";

const noteText = z.string().trim().min(1, "is empty").max(2_000, "is longer than 2000 characters");
const newNote = z.object({ text: noteText });
const listing = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) });
const search = z.object({ q: noteText, limit: z.coerce.number().int().min(1).max(50).default(5) });

/** Adds the page, POST /notes for its form, and /api/notes. */
export function noteRoutes(server: FastifyInstance, { pool, settings }: App): void {
  server.get<{ Querystring: { q?: unknown } }>("/", async (request, reply) => {
    const query = request.query.q === undefined ? undefined : search.safeParse({ q: request.query.q });
    const [notes, found] = await Promise.all([
      listNotes(pool, 20),
      query?.success ? nearestNotes(pool, query.data.q, query.data.limit) : undefined,
    ]);
    const result = query?.data && found ? { search: { query: query.data.q, notes: found } } : {};
    return reply.type("text/html; charset=utf-8").send(renderPage(settings, { notes, ...result }));
  });

  server.post("/notes", async (request, reply) => {
    const body = newNote.safeParse(request.body);
    if (body.success) {
      await addNote(pool, body.data.text);
      return reply.redirect("/", 303);
    }
    const mistake = `The note was not stored: it ${body.error.issues[0]?.message ?? "can't be read"}.`;
    const page = renderPage(settings, { notes: await listNotes(pool, 20), mistake });
    return reply.code(400).type("text/html; charset=utf-8").send(page);
  });

  server.get("/page.css", (_request, reply) => reply.type("text/css; charset=utf-8").send(css));
  server.get("/page.js", (_request, reply) => reply.type("text/javascript; charset=utf-8").send(js));

  server.post("/api/notes", async (request, reply) => {
    const { text } = newNote.parse(request.body);
    return reply.code(201).send(await addNote(pool, text));
  });

  server.get("/api/notes", async (request) => listNotes(pool, listing.parse(request.query).limit));

  server.get("/api/notes/nearest", async (request) => {
    const { q, limit } = search.parse(request.query);
    return nearestNotes(pool, q, limit);
  });
}
