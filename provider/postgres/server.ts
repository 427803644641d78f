// Connections to one Postgres server: made when needed, with patience while it starts, and never kept idle, since an
// idle connection would stand in the way of dropping or copying a database.
import { AsyncLocalStorage } from "node:async_hooks";
import pRetry, { AbortError } from "p-retry";
import type pg from "pg";
import { restrictStatement, SEARCH_PATH, sessionOptions } from "../../lib/admin-sql/session.ts";
import { connectPostgres } from "../../lib/pg-client.ts";
import type { CallContext } from "../../plugin/handler.ts";
import { describeConnectFailure, hasCode, isConflict, isNotYetReady, UNPINNED } from "./failures.ts";
import { Gate } from "./gate.ts";
import { Lending } from "./lending.ts";
import { databaseOwner, withMembership } from "./membership.ts";
import type { Settings } from "./settings.ts";

/** What an operation may do with a connection. */
export type Connection = Pick<pg.Client, "query">;

/** What an operation needs of its call. */
export type Call = Pick<CallContext<unknown>, "signal" | "status">;

/** How often a change that met another change is tried again. */
const CONFLICT_TRIES = 8;

/** Longest wait for a lock, such as the one that lenders of roles hold one after the other. Seconds. */
const LOCK_SECONDS = 600;

/** Oldest server that is served. As in `server_version_num`. */
const OLDEST = 120_000;

/** One Postgres server, as the provider's settings name it. */
export class PgServer {
  readonly settings: Settings;
  readonly #connections: Gate;
  readonly #changes = new Gate(1);
  readonly #lending: Lending;
  readonly #call = new AsyncLocalStorage<Call>();
  #facts: Promise<ServerFacts> | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
    this.#connections = new Gate(settings.maxConnections || Number.POSITIVE_INFINITY);
    this.#lending = new Lending((work) => this.#using(settings.database, work));
  }

  /** Runs an operation on behalf of a call: its cancellation and its status line are those of the call. */
  during<T>(call: Call, work: () => Promise<T>): Promise<T> {
    return this.#call.run(call, work);
  }

  /** Runs something on a connection to a database; without a name, to the one of the settings. */
  async connected<T>(database: string | undefined, work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#connections.enter(() => this.#using(database || this.settings.database, work));
  }

  /** Runs something while no other operation, of this process or of another, lends roles to our login. */
  lending<T>(work: () => Promise<T>): Promise<T> {
    return this.#lending.alone(work);
  }

  /**
   * Makes a change. Changes wait for each other, since two that touch the same catalog row fail; one that meets a
   * change of somebody else is tried again. Without a transaction (for CREATE DATABASE and the like) it must be safe
   * to repeat.
   */
  async change<T>(
    database: string | undefined,
    work: (connection: Connection) => Promise<T>,
    options: { transaction: boolean } = { transaction: true },
  ): Promise<T> {
    const attempt = () =>
      this.connected(database, async (connection) => {
        if (!options.transaction) return work(connection);
        await connection.query("BEGIN");
        const result = await work(connection);
        await connection.query("COMMIT");
        return result;
      });
    return this.#changes.enter(() =>
      pRetry(attempt, {
        retries: CONFLICT_TRIES,
        minTimeout: 50,
        maxTimeout: 1_000,
        randomize: true,
        shouldRetry: ({ error }) => isConflict(error),
      }),
    );
  }

  /** Version, and who we are in the server's eyes; asked once. */
  facts(): Promise<ServerFacts> {
    this.#facts ??= this.connected(undefined, readFacts).catch((error: unknown) => {
      this.#facts = undefined;
      throw error;
    });
    return this.#facts;
  }

  async #using<T>(database: string, work: (connection: Connection) => Promise<T>): Promise<T> {
    const call = this.#call.getStore();
    const client = await this.#connect(database, call);
    const leave = () => void client.end();
    call?.signal.addEventListener("abort", leave, { once: true });
    try {
      return await work(client);
    } finally {
      call?.signal.removeEventListener("abort", leave);
      await client.end();
    }
  }

  async #connect(database: string, call: Call | undefined): Promise<pg.Client> {
    const { settings } = this;
    const deadline = settings.connectTimeout > 0 ? Date.now() + settings.connectTimeout * 1000 : undefined;
    const attempt = async () => {
      try {
        return await this.#tryConnect(database);
      } catch (error) {
        if (!hasCode(error, "42501")) throw error;
        return await this.#connectAsOwner(database);
      }
    };
    try {
      return await pRetry(attempt, {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 250,
        maxTimeout: 2_000,
        signal: call?.signal,
        shouldRetry: ({ error }) => isNotYetReady(error) && (!deadline || Date.now() < deadline),
        onFailedAttempt: ({ error, retriesLeft }) => {
          if (retriesLeft > 0 && isNotYetReady(error)) {
            call?.status(`waiting for Postgres at ${settings.host}:${settings.port}: ${error.message}`);
          }
        },
      });
    } catch (error) {
      call?.signal.throwIfAborted();
      throw describeConnectFailure(error, settings, database);
    }
  }

  /**
   * Connects to a database from which everybody but its owner is shut out. A login that administers the owner becomes
   * its member for the moment of connecting.
   */
  async #connectAsOwner(database: string): Promise<pg.Client> {
    const admin = await this.#tryConnect(this.settings.database);
    try {
      const lend = async () => {
        const owners = await databaseOwner(admin, database);
        return withMembership(this, admin, owners, () => this.#tryConnect(database));
      };
      return await pRetry(lend, {
        retries: CONFLICT_TRIES,
        minTimeout: 50,
        shouldRetry: ({ error }) => isConflict(error),
      });
    } finally {
      await admin.end();
    }
  }

  async #tryConnect(database: string): Promise<pg.Client> {
    const { host, port, username, password, tls } = this.settings;
    try {
      const client = await connectPostgres({
        host,
        port,
        user: username,
        password,
        database,
        ssl: tls,
        application_name: "pulumi-resource-postgresql",
        connectionTimeoutMillis: 10_000,
        options: sessionOptions({ lockSeconds: LOCK_SECONDS }),
      });
      await pin(client);
      return client;
    } catch (error) {
      throw error instanceof Error ? error : new AbortError(String(error));
    }
  }
}

/**
 * Makes sure that a name means Postgres' own in this session, whatever the database's owner put in its place: SHOW looks
 * up no function.
 */
async function pin(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ search_path: string }>("SHOW search_path");
  if (rows[0]?.search_path.replaceAll(" ", "") === SEARCH_PATH.join(",")) {
    await client.query(restrictStatement());
    return;
  }
  await client.end();
  throw new Error(UNPINNED);
}

/** What the server says of itself and of our login. */
export interface ServerFacts {
  /** As in `server_version_num`: 170004 is 17.4. */
  readonly version: number;
  /** Role that our statements run as. */
  readonly user: string;
  readonly isSuperuser: boolean;
}

async function readFacts(connection: Connection): Promise<ServerFacts> {
  const { rows } = await connection.query<{ version: number; user: string; super: boolean }>(
    `SELECT current_setting('server_version_num')::int AS version, current_user AS "user",
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super`,
  );
  const [row] = rows;
  if (!row || row.version < OLDEST) {
    throw new Error(`the server is too old (${row?.version}): this provider needs Postgres 12 or newer`);
  }
  return { version: row.version, user: row.user, isSuperuser: row.super };
}
