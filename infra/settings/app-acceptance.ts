// How a system that runs the example app is tried: all that the app answers by GET, its jobs, and the query behind its page.
import type { AcceptanceDefinition } from "./acceptance.ts";
import type { Setting, Settings } from "./define.ts";

const PATHS = [
  "/",
  "/health",
  "/ready",
  "/version",
  "/api/info",
  "/api/notes?limit=20",
  "/api/notes/nearest?q=bee&limit=5",
];

/** The settings that it reads. */
type AppKeys = { hostname: Setting<string> };

/** @param service name of the app's service in the topology */
export function appAcceptance<K extends AppKeys>(service: string): AcceptanceDefinition<K> {
  const definition: AcceptanceDefinition<AppKeys> = {
    services: [service],
    endpoints: ({ hostname }) => PATHS.map((path) => ({ hostname, path })),
    job: ({ hostname }) => ({
      submit: { hostname, path: "/api/jobs", body: { text: "checklist" }, status: 202 },
      look: (id) => `/api/jobs/${id}`,
      done: '"state":"completed"',
    }),
    query: {
      variable: "DATABASE_URL",
      sql: "SELECT id, text, created_at FROM notes ORDER BY id DESC LIMIT 20",
    },
  };
  // What reads the hostname reads it from the values of a system with more settings, too.
  return definition as AcceptanceDefinition<Settings> as AcceptanceDefinition<K>;
}
