// Variables that lead to the database or to Redis: compose gives them by the service's name and its password, here they
// follow from the component.

import { shownUnknown } from "./compose/interpolate.ts";
import type { ComposeService } from "./compose/model.ts";
import { type PairedService, type PerStack, STACKS } from "./pair.ts";

/** A server of the environment, as compose's services know it. */
export interface Server {
  kind: "postgres" | "redis";
  /** Names under which compose's network knows it, and those of a pooler before it. */
  hosts: readonly string[];
  /** Its logins as compose has them, in each environment. */
  logins: PerStack<{ user?: string; password?: string; database?: string }>;
}

/** What a variable is set to in the topology. */
export interface Expression {
  /** TypeScript. */
  code: string;
  secret: boolean;
  /** The code needs the function that reads a URL's password. */
  needsPassword?: boolean;
}

/** The server of a service's. */
export function serverOf(service: PairedService, poolers: readonly PairedService[]): Server {
  const kind = service.kind === "redis" ? "redis" : "postgres";
  const known = [service, ...(kind === "postgres" ? poolers : [])];
  const hosts = known.flatMap((one) => STACKS.flatMap((stack) => (one.by[stack] ? one.by[stack].names : [])));
  const logins = Object.fromEntries(
    STACKS.flatMap((stack) => {
      const own = service.by[stack];
      return own === undefined ? [] : [[stack, kind === "redis" ? redisLogin(own) : postgresLogin(own)]];
    }),
  );
  return { kind, hosts: [...new Set(hosts)], logins };
}

function postgresLogin({ environment }: ComposeService) {
  const user = environment.POSTGRES_USER ?? "postgres";
  return {
    user,
    database: environment.POSTGRES_DB ?? user,
    ...(environment.POSTGRES_PASSWORD === undefined ? {} : { password: environment.POSTGRES_PASSWORD }),
  };
}

function redisLogin({ command = [], environment }: ComposeService) {
  const words = command.flatMap((word) => word.split(/\s+/));
  const at = words.indexOf("--requirepass");
  const password = at < 0 ? environment.REDIS_PASSWORD : words[at + 1];
  return password === undefined ? {} : { password: password.replaceAll(/^["']|["']$/g, "") };
}

const URL_FORM =
  /^((?:jdbc:)?[a-z][\w+.-]*):\/\/(?:([^@/]*)@)?([^:/?#,]+)(?::([^/?#,]+))?(\/[^?#]*)?(\?[^#]*)?$/i;

/** Does the value of a variable name one of the server's hosts? */
function hostIn(value: string, { hosts }: Server): boolean {
  const host = URL_FORM.exec(value)?.[3] ?? value.replace(/:\d+$/, "");
  return hosts.includes(host);
}

/** Does a service lead to the server: by a variable, or by waiting for it? */
export function uses(service: ComposeService, server: Server): boolean {
  const named = Object.values(service.environment).some((value) => hostIn(value, server));
  return named || Object.keys(service.dependsOn).some((name) => server.hosts.includes(name));
}

/**
 * What a variable is in the topology, if it leads to the server.
 *
 * @param values by environment
 * @param login whose URL it gets: the application's or the owner's
 */
export function expressionFor(
  name: string,
  values: PerStack<string>,
  server: Server,
  login: "url" | "ownerUrl",
): Expression | undefined {
  const given = STACKS.flatMap((stack) => (values[stack] === undefined ? [] : [values[stack]]));
  const [value] = given;
  if (value === undefined || !given.every((one) => hostIn(one, server) === hostIn(value, server)))
    return undefined;
  if (hostIn(value, server)) return server.kind === "redis" ? redisPlace(value) : postgresPlace(value, login);
  const same = (key: "user" | "password" | "database") =>
    STACKS.every((stack) => values[stack] === undefined || values[stack] === server.logins[stack]?.[key]);
  return server.kind === "redis" ? redisPart(name, same) : postgresPart(name, same, login);
}

const LOGIN = /^(user(name)?|(ssl)?password|passfile)(=|$)/i;
/** Parameters that say how to connect, in a form that no secret has. */
const OPEN =
  /^(sslmode|ssl|channel_binding|(current)?schema|search_path|encoding|charset|application_?name|pool(_?size|_timeout)?|connection_limit|pgbouncer|prepared_statements|\w*timeout)=[\w.,-]{0,30}$/i;

/** A URL that is secret as a whole, without parameters that nobody knows: what follows from it stands in the topology. */
export function withOpenQuery(value: string): string {
  const query = URL_FORM.exec(value)?.[6];
  if (query === undefined) return value;
  const kept = query
    .slice(1)
    .split("&")
    .filter((each) => LOGIN.test(each) || OPEN.test(each));
  return `${value.slice(0, value.length - query.length)}${kept.length === 0 ? "" : `?${kept.join("&")}`}`;
}

/** A URL's query without the login of compose's server: the component has its own. */
function withoutLogin(query: string): string {
  const kept = query
    .slice(1)
    .split("&")
    .filter((each) => !LOGIN.test(each));
  return kept.join("&") === "" ? "" : `?${kept.join("&")}`;
}

function postgresPlace(value: string, login: "url" | "ownerUrl"): Expression {
  const [, scheme, , , , , whole = ""] = URL_FORM.exec(value) ?? [];
  const query = withoutLogin(whole);
  const host = 'env.name("postgres")';
  if (scheme === undefined) {
    return { code: value.includes(":") ? `\`\${${host}}:5432\`` : host, secret: false };
  }
  if (scheme.startsWith("jdbc:")) {
    if (query !== whole) {
      const rest =
        query === "" ? "" : `.apply((url) => url + ${JSON.stringify(`&${shownUnknown(query.slice(1))}`)})`;
      return { code: `postgres.${login === "url" ? "app" : "owner"}.jdbcUrl${rest}`, secret: true };
    }
    const [before, after] = [`${scheme}://`, shownUnknown(query)].map((text) => JSON.stringify(text));
    return { code: `${before} + ${host} + ":5432/" + postgres.database + ${after}`, secret: false };
  }
  const url = `postgres.${login}`;
  const other = scheme === "postgresql" ? "" : `.replace(/^postgresql/, ${JSON.stringify(scheme)})`;
  const more = query === "" ? "" : ` + ${JSON.stringify(shownUnknown(query))}`;
  if (other === "" && more === "") return { code: url, secret: true };
  return { code: `${url}.apply((url) => url${other}${more})`, secret: true };
}

function postgresPart(
  name: string,
  same: (key: "user" | "password" | "database") => boolean,
  login: "url" | "ownerUrl",
): Expression | undefined {
  if (/pass|pwd|secret/i.test(name) && same("password")) {
    return { code: `postgres.${login}.apply(passwordIn)`, secret: true, needsPassword: true };
  }
  if (/user|login|role/i.test(name) && same("user")) {
    const purpose = login === "ownerUrl" ? "owner" : "app";
    return { code: `\`\${postgres.database}_${purpose}\``, secret: false };
  }
  if (/db|database|name/i.test(name) && same("database")) return { code: "postgres.database", secret: false };
  return undefined;
}

function redisPlace(value: string): Expression {
  const [, scheme, , , , path = ""] = URL_FORM.exec(value) ?? [];
  if (scheme === undefined) {
    return { code: value.includes(":") ? 'redis.host + ":6379"' : "redis.host", secret: false };
  }
  const number = /^\/(\d+)$/.exec(path)?.[1] ?? "0";
  if (number === "0") return { code: "redis.url", secret: true };
  return { code: `redis.url.apply((url) => url.replace(/0$/, "${number}"))`, secret: true };
}

function redisPart(name: string, same: (key: "password") => boolean): Expression | undefined {
  if (!/redis|cache|queue|celery|broker/i.test(name) || !/pass|pwd|auth/i.test(name) || !same("password"))
    return undefined;
  return { code: "redis.url.apply(passwordIn)", secret: true, needsPassword: true };
}
