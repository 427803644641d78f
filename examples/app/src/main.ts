// Entry point: the first argument is the role, `web` by default.
import { createLog } from "./log.ts";
import { runMigrate } from "./migrate.ts";
import { runWeb, runWorker } from "./service.ts";
import { migrationSettings, SettingsError, serviceSettings } from "./settings.ts";

const roles: Record<string, () => Promise<void>> = {
  web: () => runWeb(serviceSettings(process.env)),
  worker: () => runWorker(serviceSettings(process.env)),
  migrate: () => runMigrate(migrationSettings(process.env)),
};

const role = process.argv[2] ?? "web";
const log = createLog({ LOG_LEVEL: "info", APP_ENV: process.env.APP_ENV ?? "local" }, role);

try {
  const run = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (run === undefined) throw new Error(`there is no role "${role}": use ${Object.keys(roles).join(", ")}`);
  await run();
} catch (error) {
  if (error instanceof SettingsError)
    log.fatal({ problems: error.problems }, "can't start: unusable settings");
  else log.fatal({ err: error }, role === "migrate" ? "migration failed" : "can't start");
  process.exit(1);
}
