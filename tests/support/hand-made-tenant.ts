// Changes made by hand on a Postgres server that isn't the environment's alone: a managed one, or one of the stack `shared`.
import type { HandMade } from "./hand-made.ts";

/** Runs statements on the server as a superuser of it. */
export type Sql = (text: string, database?: string) => Promise<unknown>;

/** What an environment has on the server. */
export interface TenantSite {
  sql: Sql;
  /** Login with which the environment's stack administers what it has there. */
  admin: string;
  database: string;
  /** Name of the server as drift has it. */
  server: string;
}

/** Changes within what the environment has. */
export function tenantChanges({ sql, admin, database, server }: TenantSite): HandMade[] {
  const change = (
    name: string,
    subject: string,
    text: RegExp,
    make: string,
    undo: string,
    where?: string,
  ): HandMade => ({
    ...{ name, subject, text, gravity: "person" },
    make: () => sql(make, where),
    undo: () => sql(undo, where),
  });
  return [
    change(
      "a login by the administrator",
      "login intern",
      /not in the state/,
      `SET ROLE ${admin}; CREATE ROLE intern LOGIN`,
      "DROP ROLE intern",
    ),
    change(
      "a right of somebody else in its database",
      "login visitor",
      /not in the state/,
      `CREATE ROLE visitor; GRANT CONNECT ON DATABASE ${database} TO visitor`,
      `REVOKE CONNECT ON DATABASE ${database} FROM visitor; DROP ROLE visitor`,
    ),
    change(
      "a right to make databases",
      `login ${database}_owner`,
      /has the right createdb/,
      `ALTER ROLE ${database}_owner CREATEDB`,
      `ALTER ROLE ${database}_owner NOCREATEDB`,
    ),
    change(
      "a setting of a login",
      `server ${server}`,
      /settings of .*_app .*work_mem/,
      `ALTER ROLE ${database}_app SET work_mem = '9MB'`,
      `ALTER ROLE ${database}_app RESET work_mem`,
    ),
    change(
      "an open table",
      `database ${database}`,
      /notes is open to every login/,
      "GRANT SELECT ON notes TO PUBLIC",
      "REVOKE SELECT ON notes FROM PUBLIC",
      database,
    ),
    {
      ...change(
        "a database by the administrator",
        "database scratch",
        /not in the state/,
        `CREATE DATABASE scratch OWNER ${admin}`,
        "DROP DATABASE scratch",
      ),
      gravity: "data",
    },
  ];
}
