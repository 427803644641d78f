// Checks with credentials: what one environment's logins can do on another one's servers, and that none are the same.

import { createHash, randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { SECRETS_DIR } from "../../../lib/docker/writable.ts";
import { UnprovenServerError } from "../../../lib/pg-client.ts";
import { getFiles } from "../../../provider/docker/containers.ts";
import { type Check, none } from "./check.ts";
import { type Container, type Environment, runningOf, secretVariables } from "./environments.ts";
import { serverKeeps } from "./kept-passwords.ts";
import { askRedis, isRefusal, queryPostgres, type ServerAddress, userOf } from "./servers.ts";

/** An environment's way to a server, as its service has it. Never to be printed. */
export interface Login {
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

/** Digests of a container's secret files; their content goes nowhere. */
async function secretFiles(docker: Docker, { id }: Container): Promise<[string, string][]> {
  const files = await getFiles(docker, id, SECRETS_DIR);
  return [...files].flatMap(([name, content]): [string, string][] => {
    const digest = createHash("sha256").update(content).digest("hex");
    return SECRET_FILE.test(name) && content.length > 0 ? [[`${SECRETS_DIR}/${name}`, digest]] : [];
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

/**
 * Tries one environment's logins on the other one's servers. A password is told to no server but the login's own: to the other
 * one goes a random one for the same name, and whether it keeps the true one is compared here.
 */
export async function loginChecks(
  docker: Docker,
  from: Environment,
  own: Credentials,
  to: Environment,
  theirs: Credentials,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const target of theirs.logins) {
    // One that owns the database or prefix, and so the most that the other environment has.
    const logins = own.logins.filter(({ kind }) => kind === target.kind);
    for (const login of logins) checks.push(await attempt(docker, from.name, login, to.name, target));
  }
  return checks;
}

async function attempt(
  docker: Docker,
  from: string,
  login: Login,
  to: string,
  target: Login,
): Promise<Check> {
  const area = target.kind === "postgres" ? "credentials" : "keys";
  const tried = `log in to ${to}'s ${target.kind} (${target.source}) with ${login.source}`;
  const about = { area, environment: from, tried } as const;
  const at = addressOf(target);
  if (at === undefined)
    return { ...about, answer: "its server is outside of this Docker host", result: "untried" };
  try {
    await use(at, target.url, target);
  } catch (error) {
    return {
      ...about,
      answer: `${to}'s own login gets no answer either: ${wordsOf(error)}`,
      result: "untried",
    };
  }
  const isOwnServer = login.server !== undefined && login.server.id === target.server?.id;
  if (!isOwnServer) {
    const kept = await keeps(docker, login, target);
    if (kept !== undefined) return { ...about, ...kept };
  }
  try {
    await use(at, isOwnServer ? login.url : withRandomPassword(login.url), target);
    const how = isOwnServer ? "" : ", with any password";
    return { ...about, answer: `it was let in${how}`, result: "broken" };
  } catch (error) {
    const asked = error instanceof UnprovenServerError;
    const how = isOwnServer ? "" : ", and keeps another password";
    if (isRefusal(error, isOwnServer))
      return { ...about, answer: `${wordsOf(error)}${how}`, result: "holds" };
    const result = asked && error.did === "let us in without a proof" ? "broken" : "untried";
    return { ...about, answer: wordsOf(error), result };
  }
}

/** What is wrong where the target's server keeps the login's own password, or can't be asked; undefined where it keeps another. */
async function keeps(
  docker: Docker,
  login: Login,
  target: Login,
): Promise<Pick<Check, "answer" | "result"> | undefined> {
  const user = userOf(login.url);
  const password = decodeURIComponent(login.url.password);
  const same = login.url.username === target.url.username && login.url.password === target.url.password;
  try {
    if (same || (await serverKeeps(docker, target, user, password))) {
      return { answer: `its server keeps the same password for ${user}`, result: "broken" };
    }
    return undefined;
  } catch (error) {
    return { answer: `what its server keeps can't be read: ${wordsOf(error)}`, result: "untried" };
  }
}

/** Does the least that a login can do with the target's data: connect to its database, look for a key of its prefix. */
async function use(at: ServerAddress, login: URL, { kind, url, prefix }: Login): Promise<void> {
  if (kind === "postgres")
    await queryPostgres(at, login, decodeURIComponent(url.pathname.slice(1)), "select 1");
  else await askRedis(at, login, "EXISTS", `${prefix ?? ""}tandem-verify`);
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message : "unknown error");

function withRandomPassword(login: URL): URL {
  const url = new URL(login);
  url.password = randomBytes(24).toString("hex");
  return url;
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
    if (login.kind !== "postgres") return [];
    const about = {
      area: "databases",
      environment: environment.name,
      tried: `databases that ${login.source} may connect to`,
    } as const;
    if (at === undefined)
      return [{ ...about, answer: "its server is outside of this Docker host", result: "untried" }];
    const sql =
      "select datname from pg_catalog.pg_database where datallowconn and pg_catalog.has_database_privilege(datname, 'connect') order by datname";
    let rows: Record<string, unknown>[];
    try {
      rows = await queryPostgres(at, login.url, database, sql);
    } catch (error) {
      return [{ ...about, answer: `no answer: ${wordsOf(error)}`, result: "untried" }];
    }
    const open = rows.map(({ datname }) => String(datname));
    const others = open
      .filter((name) => name !== database)
      .map((name) => `it may connect to ${name} as well`);
    return [none(about, others, `${database} only`)];
  });
  return (await Promise.all(checks)).flat();
}
