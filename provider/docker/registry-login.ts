// The login that `docker login` kept for a registry, in the form in which the Docker API takes it. As the Docker CLI reads it:
// docs.docker.com/reference/cli/docker/login, "Credential stores".
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** Docker Hub's own entry in the CLI's file. */
const HUB = "https://index.docker.io/v1/";
/** Docker Hub's names in a reference. */
const HUB_NAMES = ["docker.io", "index.docker.io"];
/** What a credential helper says in the place of a user whose word is a token. */
const TOKEN_USER = "<token>";
/** Seconds that a credential helper may take. */
const HELPER_SECONDS = 5;

interface CliConfig {
  auths?: Record<string, { auth?: string; identitytoken?: string } | undefined>;
  credHelpers?: Record<string, string | undefined>;
  credsStore?: string;
}

/** The registry that a reference names: what stands before its first slash, where that can be a host. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  const named = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return named && !HUB_NAMES.includes(first) ? first : HUB;
}

/**
 * The value of `X-Registry-Auth` for a reference; undefined where nobody logged in to its registry.
 *
 * @throws when the CLI's file can't be read for what it is
 */
export async function registryLogin(
  reference: string,
  folder = process.env.DOCKER_CONFIG ?? join(homedir(), ".docker"),
): Promise<string | undefined> {
  const config = readConfig(join(folder, "config.json"));
  const registry = registryOf(reference);
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  const login =
    helper === undefined || helper === "" ? kept(config, registry) : await asked(helper, registry);
  if (login === undefined) return undefined;
  // With its padding: without, Docker reads no login in two of three, and asks the registry as nobody.
  const words = Buffer.from(JSON.stringify({ ...login, serveraddress: registry })).toString("base64");
  return words.replaceAll("+", "-").replaceAll("/", "_");
}

function readConfig(file: string): CliConfig {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as CliConfig;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new Error(
      `${file} can't be read: ${error instanceof SyntaxError ? "it is no JSON" : String(error)}`,
    );
  }
}

type Login = { identitytoken: string } | { username: string; password: string };

function kept({ auths = {} }: CliConfig, registry: string): Login | undefined {
  const entry = auths[registry] ?? auths[`https://${registry}`];
  if (entry?.identitytoken) return { identitytoken: entry.identitytoken };
  const words = Buffer.from(entry?.auth ?? "", "base64").toString("utf8");
  const at = words.indexOf(":");
  return at < 1 ? undefined : { username: words.slice(0, at), password: words.slice(at + 1) };
}

/** Asks a credential helper, which knows nothing of most registries: then it ends with an error. */
async function asked(helper: string, registry: string): Promise<Login | undefined> {
  const child = spawn(`docker-credential-${helper}`, ["get"], {
    stdio: ["pipe", "pipe", "ignore"],
    timeout: HELPER_SECONDS * 1000,
  });
  const failed = new Promise<string>((resolve) => child.once("error", () => resolve("")));
  child.stdin.on("error", () => undefined).end(registry);
  const said = await Promise.race([text(child.stdout), failed]);
  try {
    const { Username, Secret } = JSON.parse(said) as { Username: string; Secret: string };
    return Username === TOKEN_USER ? { identitytoken: Secret } : { username: Username, password: Secret };
  } catch {
    return undefined;
  }
}
