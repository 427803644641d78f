// What the app reads from its environment: every variable, its type, its default; all problems reported at once.
import { readFileSync } from "node:fs";
import { z } from "zod";

/** Variables as a process has them. */
export type Environ = Readonly<Record<string, string | undefined>>;

/** Raised when the environment can't be used; `problems` has one line for each, none with a value in it. */
export class SettingsError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(`unusable settings:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "SettingsError";
    this.problems = problems;
  }
}

const flag = z.enum(["true", "false", "1", "0"]).transform((value) => value === "true" || value === "1");
const milliseconds = (most: number) => z.coerce.number().int().min(0).max(most);
const link = z.url({ protocol: /^https?$/ });
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgres:// URL" });
const redisUrl = z.url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" });

const common = z.object({
  NODE_ENV: z.string().default("development"),
  APP_NAME: z.string().default("Tandem example"),
  APP_ENV: z.string().default("local"),
  APP_COMMIT: z.string().default("unknown"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  FAULTS: flag.default(false),
  FAIL_MIGRATION: flag.default(false),
  HANG_MIGRATION: flag.default(false),
  START_DELAY_MS: milliseconds(600_000).default(0),
  FAIL_START: flag.default(false),
  UNHEALTHY_AFTER_MS: milliseconds(86_400_000).optional(),
});

const service = common.extend({
  HOST: z.string().default("0.0.0.0"),
  PORT: z.coerce.number().int().min(1).max(65_535).default(8080),
  DATABASE_URL: postgresUrl,
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).default(10),
  REDIS_URL: redisUrl,
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w:.-]*$/, "may hold letters, digits, and _ : . - only")
    .default(""),
  WORKER: z.enum(["inline", "separate"]).default("inline"),
  SHUTDOWN_GRACE_MS: milliseconds(600_000).default(9_000),
  SHUTDOWN_DELAY_MS: milliseconds(60_000).default(0),
  UPLOAD_LIMIT_BYTES: z.coerce.number().int().min(1).default(1_073_741_824),
  BANNER: z.string().max(200).default(""),
  FRONTEND_URL: link.optional(),
  COOLIFY_URL: link.optional(),
  COOLIFY_FQDN: z.string().optional(),
  VOIP_SYNC_ENABLED: flag.default(false),
  VOIP_SYNC_INTERVAL_MS: milliseconds(3_600_000).min(100).default(10_000),
});

const migration = common.extend({
  MIGRATE_DATABASE_URL: postgresUrl,
  MIGRATIONS_DIR: z.string().default("migrations"),
  MIGRATE_CONNECT_TIMEOUT_MS: milliseconds(600_000).default(30_000),
});

/** Settings of the roles `web` and `worker`. */
export type ServiceSettings = z.infer<typeof service>;
/** Settings of the role `migrate`. */
export type MigrationSettings = z.infer<typeof migration>;
/** What every role reads. */
export type CommonSettings = z.infer<typeof common>;

/** Reads what `web` and `worker` need. Throws SettingsError. */
export function serviceSettings(env: Environ): ServiceSettings {
  return parse(service, env);
}

/** Reads what `migrate` needs; without MIGRATE_DATABASE_URL it is DATABASE_URL. Throws SettingsError. */
export function migrationSettings(env: Environ): MigrationSettings {
  const own = env.MIGRATE_DATABASE_URL || env.MIGRATE_DATABASE_URL_FILE;
  if (own) return parse(migration, env);
  const { DATABASE_URL, DATABASE_URL_FILE } = env;
  return parse(migration, {
    ...env,
    MIGRATE_DATABASE_URL: DATABASE_URL,
    MIGRATE_DATABASE_URL_FILE: DATABASE_URL_FILE,
  });
}

function parse<T extends z.ZodObject>(schema: T, env: Environ): z.infer<T> {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = readValue(name, env, problems);
    if (value !== undefined) values[name] = value;
  }
  const result = schema.safeParse(values);
  if (!result.success) {
    const unreadable = new Set(problems.map((problem) => problem.split(":", 1)[0]));
    for (const issue of result.error.issues) {
      const name = issue.path.join(".");
      if (unreadable.has(`${name}_FILE`)) continue;
      problems.push(
        values[name] === undefined ? `${name}: not set (nor ${name}_FILE)` : `${name}: ${issue.message}`,
      );
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return withoutFaults(result.data as z.infer<T>);
}

/** NAME_FILE wins over NAME; an empty value counts as not set. */
function readValue(name: string, env: Environ, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name] || undefined;
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    problems.push(`${name}_FILE: can't read ${file} (${code})`);
    return undefined;
  }
}

/** Faults are for tests: without FAULTS=1 they are off, whatever else is set. */
function withoutFaults<T>(settings: T): T {
  if ((settings as CommonSettings).FAULTS) return settings;
  return {
    ...settings,
    FAIL_MIGRATION: false,
    HANG_MIGRATION: false,
    START_DELAY_MS: 0,
    FAIL_START: false,
    UNHEALTHY_AFTER_MS: undefined,
  };
}
