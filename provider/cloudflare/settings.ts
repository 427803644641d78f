// The provider's settings: how to log in to Cloudflare's API and where it is, with the environment's defaults.
import type { CheckFailure } from "../../plugin/handler.ts";
import type { Properties, Value } from "../../plugin/values.ts";

/** How to reach and log in to Cloudflare's API. Empty texts count as absent. */
export interface CloudflareSettings {
  /** API token. */
  readonly apiToken?: string;
  /** Global API key, with `email`: the old way of logging in. */
  readonly apiKey?: string;
  readonly email?: string;
  /** Base URL of the API. @default https://api.cloudflare.com/client/v4 */
  readonly baseUrl?: string;
  /** Added to the name by which requests introduce themselves. */
  readonly userAgentOperatorSuffix?: string;
}

/** Settings of the official plugin, each with its environment variable. */
const VARIABLES: Readonly<Record<keyof CloudflareSettings, string | undefined>> = {
  apiToken: "CLOUDFLARE_API_TOKEN",
  apiKey: "CLOUDFLARE_API_KEY",
  email: "CLOUDFLARE_EMAIL",
  baseUrl: "CLOUDFLARE_BASE_URL",
  userAgentOperatorSuffix: undefined,
};
const NAMES = Object.keys(VARIABLES) as (keyof CloudflareSettings)[];

/** Bookkeeping of the engine among the settings. */
const ENGINE_NAMES = ["version", "pluginDownloadURL"];

/** Finds everything wrong with the settings; unknown values pass. */
export function checkSettings(settings: Properties, env: NodeJS.ProcessEnv = process.env): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [key, value] of Object.entries(settings)) {
    if (
      key.startsWith("__") ||
      ENGINE_NAMES.includes(key) ||
      NAMES.includes(key as keyof CloudflareSettings)
    ) {
      continue;
    }
    if (key !== "apiUserServiceKey") {
      failures.push({ property: key, reason: `is not a setting; known ones: ${NAMES.join(", ")}` });
    } else if (textOf(value)) {
      failures.push({
        property: key,
        reason: "is for Origin CA certificates, which need the official cloudflare plugin",
      });
    }
  }
  const { baseUrl } = withEnvironment(settings, env);
  if (baseUrl !== undefined && !/^https?:\/\//.test(baseUrl)) {
    failures.push({ property: "baseUrl", reason: `must begin with https:// (or http://), not "${baseUrl}"` });
  }
  return failures;
}

/** Completes the settings from the environment. Throws with all problems when there are any. */
export function readSettings(settings: Properties, env: NodeJS.ProcessEnv = process.env): CloudflareSettings {
  const failures = checkSettings(settings, env);
  if (failures.length > 0) {
    const list = failures.map(({ property, reason }) => `  cloudflare:${property} ${reason}`);
    throw new Error(`the settings of the cloudflare provider are wrong:\n${list.join("\n")}`);
  }
  return withEnvironment(settings, env);
}

function withEnvironment(settings: Properties, env: NodeJS.ProcessEnv): CloudflareSettings {
  const entries = NAMES.map((name) => {
    const variable = VARIABLES[name];
    return [name, textOf(settings[name]) ?? (variable ? env[variable] || undefined : undefined)];
  });
  return Object.fromEntries(entries) as CloudflareSettings;
}

function textOf(value: Value | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
