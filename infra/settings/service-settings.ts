// The settings of how an application runs, and of its releases.
import { setting } from "./define.ts";
import { duration, imageReference } from "./resources.ts";
import { choice, integer } from "./scalars.ts";

/** How an application runs. */
export const serviceSettings = {
  image: setting(imageReference("tandem-example:0.1.0"), {
    description: "Image of the app, with its tag or digest.",
  }),
  logLevel: setting(choice("info", "fatal", "error", "warn", "debug", "trace"), {
    description: "Least important log line that the app writes.",
    default: "info",
  }),
  secretsAs: setting(choice("env", "files"), {
    description: "How the app gets its secrets: env (environment variables) or files (under /run/secrets).",
    default: "env",
  }),
  stopGraceSeconds: setting(
    integer({ min: 1, max: 600, example: 30, what: "the time to stop, in seconds," }),
    { description: "Seconds that a container has to stop before it is killed.", default: 30 },
  ),
  watchSeconds: setting(
    integer({ min: 0, max: 3600, example: 30, what: "the time to watch a new version, in seconds," }),
    {
      description:
        "Seconds that a new version is watched after it took over; if it goes bad, the route moves back.",
      default: 10,
    },
  ),
  watchErrorPercent: setting(
    integer({ min: 1, max: 100, example: 20, what: "the share of server errors, in percent," }),
    {
      description: "Share of server errors, in percent, above which a watched version counts as bad.",
      default: 20,
    },
  ),
  healthTimeoutSeconds: setting(
    integer({ min: 5, max: 1800, example: 120, what: "the time to start, in seconds," }),
    { description: "Seconds that a container has to become healthy.", default: 120 },
  ),
};

/** What a release keeps and waits for. */
export const releaseSettings = {
  restorePoints: setting(integer({ min: 0, max: 100, example: 5, what: "the number of restore points" }), {
    description: "Restore points of the database to keep; one is made before migrations. 0 for none.",
    default: 0,
  }),
  promoteAfter: setting(duration(), {
    description: "How long a version must have been healthy in the environment that it is promoted from.",
    default: "10m",
  }),
};
