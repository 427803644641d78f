// Logins on Postgres and Redis with an environment's credentials, in the servers' own words.
import { once } from "node:events";
import { connect } from "node:net";
import pg from "pg";
import { connectPostgres } from "../../../lib/pg-client.ts";

/** Where a server answers. */
export interface ServerAddress {
  host: string;
  port: number;
  /** How its TLS is checked. @default no TLS */
  ssl?: pg.ClientConfig["ssl"];
}

const TIMEOUT_MS = 5_000;

/** SQLSTATE of a login or password that is refused. */
const REFUSED_LOGIN = ["28P01", "28000"];
/** SQLSTATE of a login that may not do this: connect to the database. */
const FORBIDDEN = "42501";
/** PgBouncer's words for a wrong password or unknown login; they come with a code that says nothing (08P01). */
const POOLER_REFUSAL = /^(SASL authentication failed|password authentication failed|no such user)/;
/** A Redis error's first word, with which a login is refused, and a command or key. */
const REDIS_REFUSED_LOGIN = /^-WRONGPASS /;
const REDIS_FORBIDDEN = /^-NOPERM /;

/**
 * Whether the server said, in its protocol's own code, that it refuses the login; anything else may be an outage.
 *
 * @param mayBeKnown does being let in without the right to anything count as well, as on a server that both use?
 */
export function isRefusal(error: unknown, mayBeKnown: boolean): boolean {
  if (error instanceof pg.DatabaseError) {
    const { code = "", message } = error;
    return (
      REFUSED_LOGIN.includes(code) ||
      (code === "08P01" && POOLER_REFUSAL.test(message)) ||
      (mayBeKnown && code === FORBIDDEN)
    );
  }
  const words = error instanceof Error ? error.message : "";
  return REDIS_REFUSED_LOGIN.test(words) || (mayBeKnown && REDIS_FORBIDDEN.test(words));
}

/** Runs one statement; gives its rows. @throws Error with the server's words */
export async function queryPostgres(
  at: ServerAddress,
  login: URL,
  database: string,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const client = await connectPostgres({
    ...at,
    database,
    user: decodeURIComponent(login.username),
    password: decodeURIComponent(login.password),
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

/** Whose login it is. A URL of Redis without a user name means the default user. */
export const userOf = (login: URL): string => decodeURIComponent(login.username) || "default";

/**
 * Runs one Redis command, after a login if there is one, and gives the server's own words: a client library asks things of
 * its own first and hangs up when they are refused.
 *
 * @throws Error with the server's words
 */
export async function askRedis(
  at: ServerAddress,
  login: URL | undefined,
  ...command: readonly string[]
): Promise<string> {
  const socket = connect({ host: at.host, port: at.port });
  socket.setEncoding("utf8");
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const ask = async (words: readonly string[]) => {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join("")}`);
    const [answer] = (await once(socket, "data", { signal })) as [string];
    if (answer.startsWith("-")) throw new Error(answer.trim());
    return answer.trim();
  };
  try {
    if (login !== undefined) {
      await ask(["AUTH", userOf(login), decodeURIComponent(login.password)]);
    }
    return await ask(command);
  } finally {
    socket.destroy();
  }
}
