// Logins on Postgres and Redis with an environment's credentials, in the servers' own words.
import { once } from "node:events";
import { connect } from "node:net";
import type pg from "pg";
import { connectPostgres } from "../../lib/pg-client.ts";

/** Where a server answers. */
export interface ServerAddress {
  host: string;
  port: number;
  /** How its TLS is checked. @default no TLS */
  ssl?: pg.ClientConfig["ssl"];
}

const TIMEOUT_MS = 5_000;

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
      await ask(["AUTH", decodeURIComponent(login.username), decodeURIComponent(login.password)]);
    }
    return await ask(command);
  } finally {
    socket.destroy();
  }
}
