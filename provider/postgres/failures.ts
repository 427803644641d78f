// Tells the failures of Postgres apart: wait, try again, or give up with a sentence that says what to do.
import pg from "pg";
import { UnprovenServerError } from "../../lib/pg-client.ts";
import type { Settings } from "./settings.ts";

/** Server starting or stopping, too many connections for now. */
const NOT_YET = ["57P03", "57P01", "53300"];

/** Network errors of a server, or of the forward before it, that may still be on its way. */
const NOT_YET_NETWORK = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "ENOENT",
  "EAI_AGAIN",
  "EHOSTUNREACH",
];

/** Deadlock, failed serialisation. */
const CONFLICTS = ["40P01", "40001"];

/** What a session says whose settings were not taken. */
export const UNPINNED = "the session did not take the settings that it was opened with";

/** A pooler's words for a connection's settings that it doesn't pass on. */
const NO_SETTINGS = /unsupported startup parameter|session did not take/;

/** Whether waiting may help to connect. */
export function isNotYetReady(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) return NOT_YET.includes(code) || NOT_YET_NETWORK.includes(code);
  // The library has no code for a server that hangs up or stays silent.
  return error instanceof Error && /terminated|timeout|timed out/i.test(error.message);
}

/** Whether a change met another change and may be tried again. */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error);
  return (
    (code !== undefined && CONFLICTS.includes(code)) ||
    (error instanceof pg.DatabaseError && /tuple concurrently (updated|deleted)/.test(error.message))
  );
}

/** Whether the error has one of the SQLSTATE codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && codes.includes(error.code);
}

/** Makes one clear message of a failure to connect. */
export function describeConnectFailure(error: unknown, settings: Settings, database: string): Error {
  const where = `Postgres at ${settings.host}:${settings.port}`;
  const detail = error instanceof Error ? messageOf(error) : String(error);
  const code = codeOf(error);
  if (error instanceof UnprovenServerError) {
    return new Error(
      `${where}: ${detail}. Is it the server that you mean? If so, let pg_hba.conf ask for scram-sha-256, and set the ` +
        `password of "${settings.username}" anew if it dates from before Postgres 14.`,
    );
  }
  if (NO_SETTINGS.test(detail)) {
    return new Error(
      `${where}: ${detail}. Administrators fix the meaning of names for their session, and a pooler in between doesn't pass ` +
        "that on: name the server's own address, not its pooler's.",
    );
  }
  if (code === "28P01" || code === "28000") {
    return new Error(
      `${where} refused the login "${settings.username}": ${detail}. Check username and password of the provider, and pg_hba.conf.`,
    );
  }
  if (code === "42501") {
    return new Error(
      `${where}: the login "${settings.username}" may not connect to database "${database}", and can't become a member of ` +
        `its owner (${detail}): GRANT CONNECT ON DATABASE to it, or let a superuser do the work.`,
    );
  }
  if (code === "3D000") {
    return new Error(
      `${where} has no database "${database}": check the database setting, or create it first.`,
    );
  }
  if (/does not support SSL/.test(detail)) {
    return new Error(
      `${where} speaks no TLS: set the provider's sslmode to "disable" if its network is private.`,
    );
  }
  if (isNotYetReady(error)) {
    return new Error(
      `${where} did not answer within ${settings.connectTimeout} s (${detail}). Is it running, is the port right, and does ` +
        "a firewall or a missing tunnel stand in between? The provider's connectTimeout sets how long to wait.",
    );
  }
  return new Error(`can't connect to ${where}, database "${database}": ${detail}`);
}

/** A connection to several addresses of a host fails with one error that holds the others. */
function messageOf(error: Error): string {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [];
  return error.message || first?.message || error.name;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
