// The provider's own settings: how to reach the server. Read as the official plugin reads them, environment included.
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { CheckFailure } from "../../plugin/handler.ts";
import { hasUnknown, isRecord, type Properties } from "../../plugin/values.ts";

/** How to reach a server, complete and checked. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Role that the login becomes in the database, where the server maps user names. */
  readonly databaseUsername: string;
  readonly password: string | undefined;
  /** Database for everything that belongs to none. */
  readonly database: string;
  /** `false` for no TLS. */
  readonly tls: false | ConnectionOptions;
  /** Whether to look at password hashes, which only a superuser may. */
  readonly superuser: boolean;
  /** How long to wait for a server that doesn't answer yet; 0 for ever. In seconds. */
  readonly connectTimeout: number;
  /** Most connections at a time; 0 for any number. */
  readonly maxConnections: number;
}

const NAMES = [
  "clientcert",
  "connectTimeout",
  "database",
  "databaseUsername",
  "expectedVersion",
  "host",
  "maxConnections",
  "password",
  "port",
  "scheme",
  "sslMode",
  "sslmode",
  "sslrootcert",
  "superuser",
  "username",
];

/** Settings of the official plugin that need its cloud libraries, with the value that switches them off. */
const CLOUD: Readonly<Record<string, string>> = {
  awsRdsIamAuth: "false",
  awsRdsIamProfile: "",
  awsRdsIamProviderRoleArn: "",
  awsRdsIamRegion: "",
  azureIdentityAuth: "false",
  azureTenantId: "",
  gcpIamImpersonateServiceAccount: "",
};

const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"];

/** Bookkeeping of the engine among the settings. */
const ENGINE_NAMES = ["version", "pluginDownloadURL"];

/** Finds everything wrong with the settings; unknown values pass. */
export function checkSettings(settings: Properties, env: NodeJS.ProcessEnv = process.env): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  for (const [key, value] of Object.entries(settings)) {
    if (key.startsWith("__") || ENGINE_NAMES.includes(key) || NAMES.includes(key)) continue;
    const off = CLOUD[key];
    if (off === undefined) fail(key, `is not a setting; known ones: ${NAMES.join(", ")}`);
    else if (String(value) !== off)
      fail(key, "needs the official postgresql plugin (logins through a cloud's IAM)");
  }
  const text = (key: string, fallback?: string) => textOf(settings[key]) ?? fallback;
  if (hasUnknown(settings)) return failures;
  const whole = (key: string, value: string | undefined, least: number, most: number) => {
    if (value === undefined) return;
    const number = Number(value);
    if (!Number.isInteger(number) || number < least || number > most) {
      fail(key, `must be a whole number from ${least} to ${most}, not "${value}"`);
    }
  };
  whole("port", text("port", env.PGPORT), 1, 65_535);
  whole("connectTimeout", text("connectTimeout", env.PGCONNECT_TIMEOUT), -1, 86_400);
  whole("maxConnections", text("maxConnections"), -1, 10_000);
  const mode = text("sslmode", text("sslMode", env.PGSSLMODE));
  if (mode !== undefined && !SSL_MODES.includes(mode)) {
    fail("sslmode", `must be one of ${SSL_MODES.join(", ")}, not "${mode}"`);
  }
  if (!["postgres", undefined].includes(text("scheme"))) {
    fail("scheme", "must be postgres; others need the official postgresql plugin");
  }
  if (!["true", "false", undefined].includes(text("superuser"))) fail("superuser", "must be true or false");
  return failures;
}

/** Completes the settings. Throws with all problems when there are any, and when a certificate can't be read. */
export function readSettings(settings: Properties, env: NodeJS.ProcessEnv = process.env): Settings {
  const failures = checkSettings(settings, env);
  if (failures.length > 0) {
    const list = failures.map(({ property, reason }) => `  postgresql:${property} ${reason}`);
    throw new Error(`the settings of the postgresql provider are wrong:\n${list.join("\n")}`);
  }
  const text = (key: string, variable?: string) =>
    textOf(settings[key]) ?? (variable ? env[variable] || undefined : undefined);
  const username = text("username", "PGUSER") ?? "postgres";
  const host = text("host", "PGHOST") ?? "localhost";
  return {
    host,
    port: Number(text("port", "PGPORT") ?? 5432),
    username,
    databaseUsername: text("databaseUsername") ?? username,
    password: text("password", "PGPASSWORD"),
    database: text("database", "PGDATABASE") ?? "postgres",
    tls: tlsOptions(settings, text("sslmode") ?? text("sslMode", "PGSSLMODE") ?? "require"),
    superuser: text("superuser", "PGSUPERUSER") !== "false",
    connectTimeout: Math.max(Number(text("connectTimeout", "PGCONNECT_TIMEOUT") ?? 180), 0),
    maxConnections: Math.max(Number(text("maxConnections") ?? 20), 0),
  };
}

function tlsOptions(settings: Properties, mode: string): false | ConnectionOptions {
  if (mode === "disable") return false;
  const rootFile = textOf(settings.sslrootcert);
  const ca = rootFile ? readFile(rootFile, "sslrootcert") : undefined;
  const checksChain = mode !== "require" || ca !== undefined;
  return {
    ca,
    rejectUnauthorized: checksChain,
    // Only verify-full holds the certificate against the host's name.
    ...(checksChain && mode !== "verify-full" ? { checkServerIdentity: () => undefined } : {}),
    ...clientCertificate(settings),
  };
}

function clientCertificate(settings: Properties): Pick<ConnectionOptions, "cert" | "key"> {
  const given = settings.clientcert;
  const parsed: unknown = typeof given === "string" && given !== "" ? JSON.parse(given) : given;
  if (parsed === undefined || parsed === null || parsed === "") return {};
  const fields = parsed as { cert?: unknown; key?: unknown; sslinline?: unknown };
  const read = (name: "cert" | "key") =>
    fields.sslinline === true ? String(fields[name]) : readFile(String(fields[name]), `clientcert.${name}`);
  return { cert: read("cert"), key: read("key") };
}

function readFile(path: string, setting: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`postgresql:${setting}: can't read ${path}: ${(error as Error).message}`);
  }
}

/** Settings arrive as text; a number or truth value is taken for its text. */
function textOf(value: Properties[string]): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (isRecord(value) || Array.isArray(value) || typeof value === "symbol") return undefined;
  return String(value);
}
