// Lets one operation at a time lend roles to the provider's login: of this process, and of every other one that works
// on the same server with the same administrator's database.
import { AsyncLocalStorage } from "node:async_hooks";
import { Gate } from "./gate.ts";
import type { Connection } from "./server.ts";

/** Key of the advisory lock that lenders hold: any number that nobody else uses. */
const LOCK = 7_238_143_517;

/** Opens a connection to the administrator's database for the time of `work`. */
export type WithConnection = <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;

/**
 * Whether a role must be lent is asked of the server first, so two lenders at a time would go wrong: one finds the
 * membership that the other has made for itself, relies on it, and loses it in the middle of its work.
 */
export class Lending {
  readonly #gate = new Gate(1);
  readonly #inside = new AsyncLocalStorage<true>();
  readonly #connected: WithConnection;

  constructor(connected: WithConnection) {
    this.#connected = connected;
  }

  /** Runs `work` while nobody else lends. Work that lends again inside goes on at once. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside.getStore() === true) return work();
    const locked = () =>
      this.#connected(async (connection) => {
        // A lock of a transaction, which the connection's end takes back: a pooler before the server may hand a
        // session on, locks and all.
        await connection.query("BEGIN");
        await connection.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
        return work();
      });
    return this.#gate.enter(() => this.#inside.run(true, locked));
  }
}
