// Checks with credentials: what one environment's logins can do on another one's servers, and that none are the same.
import type Docker from "dockerode";
import { exec } from "../../provider/containers.ts";
import { type Check, none } from "./check.ts";
import { type Container, type Environment, runningOf, secretVariables } from "./environments.ts";
import { askRedis, queryPostgres, type ServerAddress } from "./servers.ts";

/** An environment's way to a server, as its service has it. Never to be printed. */
interface Login {
  kind: "postgres" | "redis";
  /** `<container>: <variable>`. */
  source: string;
  url: URL;
  /** The server's container; undefined where it is outside of Docker. */
  server: Container | undefined;
  /** Prefix of its keys, where it has one. */
  prefix: string | undefined;
}

/** An environment's secrets and logins. */
export interface Credentials {
  logins: Login[];
  /** Values by where they stand. */
  secrets: Map<string, string>;
}

const SECRET_NAME = /(SECRET|TOKEN|KEY|PASSWORD|PASS|DSN|URL|CREDENTIALS)$/i;
const SECRET_FILE = /pass|secret|token|acl|key/i;
/** Shorter values are words and numbers. */
const SHORTEST = 8;
const SERVERS = { "postgres:": "postgres", "postgresql:": "postgres", "redis:": "redis" } as const;
const PORTS = { postgres: 5432, redis: 6379 } as const;

/** Reads an environment's credentials out of its running containers. */
export async function credentialsOf(
  docker: Docker,
  environment: Environment,
  containers: readonly Container[],
): Promise<Credentials> {
  const logins = new Map<string, Login>();
  const secrets = new Map<string, string>();
  for (const container of runningOf(environment)) {
    const variables = await secretVariables(docker, container);
    for (const [name, value] of Object.entries(variables)) {
      const source = `${container.component}: ${name}`;
      const url = URL.canParse(value) ? new URL(value) : undefined;
      const secret = url === undefined ? value : decodeURIComponent(url.password);
      if (SECRET_NAME.test(name) && secret.length >= SHORTEST) secrets.set(source, secret);
      const kind = SERVERS[url?.protocol as keyof typeof SERVERS];
      if (url === undefined || kind === undefined || logins.has(url.href)) continue;
      const server = containers.find((other) => other.name === url.hostname && other.running);
      logins.set(url.href, { kind, source, url, server, prefix: variables.REDIS_PREFIX });
    }
    for (const [file, digest] of await secretFiles(docker, container)) {
      secrets.set(`${container.component}: ${file}`, digest);
    }
  }
  return { logins: [...logins.values()], secrets };
}

/** Digests of a container's secret files, made inside: their content stays there. */
async function secretFiles(docker: Docker, { id }: Container): Promise<[string, string][]> {
  const { stdout } = await exec(docker, id, ["sh", "-c", "sha256sum /run/secrets/* 2>/dev/null || true"]);
  return stdout.split("\n").flatMap((line): [string, string][] => {
    const [, digest, file] = /^([0-9a-f]{64}) +(.+)$/.exec(line) ?? [];
    return digest !== undefined && file !== undefined && SECRET_FILE.test(file) ? [[file, digest]] : [];
  });
}

/** No secret of one is a secret of the other. */
export function sameSecretCheck(own: string, one: Credentials, other: string, others: Credentials): Check {
  const theirs = new Map([...others.secrets].map(([source, value]) => [value, source]));
  const found = [...one.secrets].flatMap(([source, value]) => {
    const same = theirs.get(value);
    return same === undefined ? [] : [`${source} is the same as ${same} of ${other}`];
  });
  const tried = `${one.secrets.size} secrets against ${others.secrets.size} of ${other}`;
  return none({ area: "credentials", environment: own, tried }, found, "all different");
}

/** Tries one environment's logins on the other one's servers; the owner's own login shows that they answer. */
export async function loginChecks(
  from: Environment,
  own: Credentials,
  to: Environment,
  theirs: Credentials,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const target of theirs.logins) {
    // One that owns the database or prefix, and so the most that the other environment has.
    const logins = own.logins.filter(({ kind }) => kind === target.kind);
    for (const login of logins) checks.push(await attempt(from.name, login, to.name, target));
  }
  return checks;
}

async function attempt(from: string, login: Login, to: string, target: Login): Promise<Check> {
  const area = target.kind === "postgres" ? "credentials" : "keys";
  const tried = `log in to ${to}'s ${target.kind} (${target.source}) with ${login.source}`;
  const about = { area, environment: from, tried } as const;
  const at = addressOf(target);
  if (at === undefined)
    return { ...about, answer: "its server is outside of this Docker host", result: "untried" };
  try {
    await use(at, target.url, target);
  } catch (error) {
    const words = error instanceof Error ? error.message : "unknown error";
    return { ...about, answer: `${to}'s own login gets no answer either: ${words}`, result: "untried" };
  }
  try {
    await use(at, login.url, target);
    return { ...about, answer: "it was let in", result: "broken" };
  } catch (error) {
    const words = error instanceof Error ? error.message : "unknown error";
    const refused =
      /password authentication failed|permission denied|no pg_hba|WRONGPASS|NOPERM|NOAUTH|no such (database|user)|does not exist|auth/i;
    return { ...about, answer: words, result: refused.test(words) ? "holds" : "untried" };
  }
}

/** Does the least that a login can do with the target's data: connect to its database, look for a key of its prefix. */
async function use(at: ServerAddress, login: URL, { kind, url, prefix }: Login): Promise<void> {
  if (kind === "postgres")
    await queryPostgres(at, login, decodeURIComponent(url.pathname.slice(1)), "select 1");
  else await askRedis(at, login, "EXISTS", `${prefix ?? ""}tandem-verify`);
}

function addressOf({ server, url, kind }: Login): ServerAddress | undefined {
  const host = Object.values(server?.addresses ?? {}).find((address) => address !== "");
  return host === undefined ? undefined : { host, port: Number(url.port) || PORTS[kind] };
}

/** Each login may connect to its own database and to no other one on its server. */
export async function databaseChecks(environment: Environment, { logins }: Credentials): Promise<Check[]> {
  const checks = logins.map(async (login): Promise<Check[]> => {
    const at = addressOf(login);
    const database = decodeURIComponent(login.url.pathname.slice(1));
    if (login.kind !== "postgres" || at === undefined) return [];
    const sql =
      "select datname from pg_database where datallowconn and has_database_privilege(datname, 'connect') order by 1";
    const rows = await queryPostgres(at, login.url, database, sql);
    const open = rows.map(({ datname }) => String(datname));
    const others = open
      .filter((name) => name !== database)
      .map((name) => `it may connect to ${name} as well`);
    const tried = `databases that ${login.source} may connect to`;
    return [none({ area: "databases", environment: environment.name, tried }, others, `${database} only`)];
  });
  return (await Promise.all(checks)).flat();
}
