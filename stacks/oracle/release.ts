// What a release of The Oracle is: one image, and the requests that show that it works.
import type { ReleaseDefinition } from "tandem/settings";
import type { OracleKeys } from "./settings.ts";

/** Rollback and promotion of The Oracle. */
export const release: ReleaseDefinition<OracleKeys> = {
  images: { image: ["app"] },
  smokeTests: ({ hostname }) => [
    { hostname, path: "/health" },
    // Answers only where Postgres and Redis do.
    { hostname, path: "/ready" },
    { hostname, path: "/version", contains: '"version"' },
  ],
  login: { user: "basicAuthUser", password: "basicAuthPassword" },
};
