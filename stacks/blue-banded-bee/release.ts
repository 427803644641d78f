// What a release of Blue Banded Bee is: one image, and the requests that show that it works.
import type { ReleaseDefinition } from "tandem/settings";
import type { BlueBandedBeeKeys } from "./settings.ts";

/** Rollback and promotion of Blue Banded Bee. */
export const release: ReleaseDefinition<BlueBandedBeeKeys> = {
  images: { image: ["app"] },
  smokeTests: ({ hostname }) => [
    { hostname, path: "/health" },
    // Answers only where Postgres and Redis do.
    { hostname, path: "/ready" },
  ],
  login: { user: "basicAuthUser", password: "basicAuthPassword" },
};
