// What a release of Lugh is: one image, and the requests that show that it works.
import type { ReleaseDefinition } from "tandem/settings";
import type { LughKeys } from "./settings.ts";

/** Rollback and promotion of Lugh. */
export const release: ReleaseDefinition<LughKeys> = {
  images: { image: ["app"] },
  smokeTests: ({ hostname }) => [
    { hostname, path: "/health" },
    // Answers only where Postgres and Redis do.
    { hostname, path: "/ready" },
  ],
  login: { user: "basicAuthUser", password: "basicAuthPassword" },
};
