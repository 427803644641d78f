// What stands in the way instead of lying in wait: locks that are held, connections that are used up, settings that end
// every session, rows of many megabytes, scripts without an end. A command may fail on them; it may not wait for ever.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { docker } from "../support/docker.ts";
import { endlessScript, writingScript } from "./runaway-script.ts";
import type { Site } from "./site.ts";
import { squattedPort } from "./squatter.ts";
import { SCHEMA } from "./trap-body.ts";

/** Ends what a blocker holds. @returns what went wrong meanwhile, one sentence each */
export type Release = () => Promise<string[]>;

/** A blocker by what it does. */
export interface Blocker {
  kind: string;
  hold(site: Site): Promise<Release>;
}

/** A session of the owner's that runs a script and stays. */
function session(kind: string, script: (site: Site) => string): Blocker {
  return {
    kind,
    async hold(site) {
      const sql = `SET SESSION AUTHORIZATION ${site.login("owner")};\n${script(site)}\nSELECT pg_catalog.pg_sleep(900);`;
      const command = ["psql", "-XqAt", "-U", "postgres", "-d", site.database, "-c", sql];
      const pinned = "PGOPTIONS=-c search_path=pg_catalog,pg_temp";
      const exec = await docker
        .getContainer(site.server)
        .exec({ Cmd: ["env", pinned, ...command], User: "postgres" });
      await exec.start({ Detach: true });
      await sleep(1000);
      return async () => {
        await site.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(900)%' AND pid <> pg_backend_pid();`,
        );
        return [];
      };
    },
  };
}

/** A setting of the database's, which begins every session in it. */
function setting(text: string, undo: string): Blocker {
  return {
    kind: `the setting ${text}`,
    async hold(site) {
      const close = await site.openLogins();
      await site.as("owner", `ALTER DATABASE ${site.database} SET ${text};`);
      await close();
      return async () => {
        await site.sql(`ALTER DATABASE ${site.database} RESET ${undo};`);
        return [];
      };
    },
  };
}

/** Every connection that the server gives to the application's login, taken again when it is ended. */
const connections: Blocker = {
  kind: "connections used up",
  async hold(site) {
    const url = new URL(await site.secret("DATABASE_URL"));
    const ports = site.project.config(site.system === "lugh" ? "shared" : site.stack);
    url.hostname = "127.0.0.1";
    url.port = String(ports.postgresPort);
    let open: pg.Client[] = [];
    let over = false;
    const fill = async () => {
      for (let count = 0; count < 120 && !over; count++) {
        const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 3000 });
        client.on("error", () => {
          open = open.filter((each) => each !== client);
        });
        try {
          await client.connect();
          open.push(client);
        } catch {
          return;
        }
      }
    };
    await fill();
    const timer = setInterval(() => void fill(), 2000);
    return async () => {
      over = true;
      clearInterval(timer);
      await Promise.allSettled(open.map((client) => client.end()));
      return [];
    };
  },
};

const rows: Blocker = {
  kind: "a row of 40 megabytes in the migrations' table",
  async hold(site) {
    await site.sql(
      `INSERT INTO public.pgmigrations (name, run_on) VALUES (repeat('x', 40000000), now());`,
      site.database,
    );
    return async () => {
      await site.sql("DELETE FROM public.pgmigrations WHERE length(name) > 1000;", site.database);
      return [];
    };
  },
};

/**
 * The table that tells which migrations were applied is read at every preview and `up`. The migration tool itself can't
 * work on a view.
 */
const view: Blocker = {
  kind: "a view in the place of the migrations' table",
  async hold(site) {
    const close = await site.openLogins();
    await site.as(
      "owner",
      `CREATE TYPE ${SCHEMA}.told AS (v text);
      CREATE FUNCTION ${SCHEMA}.say(${SCHEMA}.told) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
        'BEGIN PERFORM ${SCHEMA}.spring(''cast''); RETURN ($1).v; END';
      CREATE CAST (${SCHEMA}.told AS text) WITH FUNCTION ${SCHEMA}.say(${SCHEMA}.told) AS IMPLICIT;
      ALTER TABLE public.pgmigrations RENAME TO pgmigrations_rows;
      CREATE VIEW public.pgmigrations AS SELECT id, CASE WHEN ${SCHEMA}.spring('view for table') THEN name END AS name,
          run_on, ROW(name)::${SCHEMA}.told AS told
        FROM public.pgmigrations_rows WHERE ${SCHEMA}.spring('condition of a view');
      GRANT SELECT ON public.pgmigrations TO PUBLIC;`,
    );
    return async () => {
      await site.as(
        "owner",
        "DROP VIEW public.pgmigrations; ALTER TABLE public.pgmigrations_rows RENAME TO pgmigrations;",
      );
      await close();
      return [];
    };
  },
};

const locks = session(
  "tables locked",
  () => "BEGIN; LOCK TABLE public.notes, public.pgmigrations IN ACCESS EXCLUSIVE MODE;",
);

const ALL: readonly Blocker[] = [
  view,
  locks,
  squattedPort,
  endlessScript,
  writingScript,
  session(
    "a transaction that idles over a change of structure",
    () => "BEGIN; ALTER TABLE public.notes ADD COLUMN held int;",
  ),
  session(
    "advisory locks",
    () => "SELECT pg_catalog.pg_advisory_lock(n) FROM pg_catalog.generate_series(0, 500) n;",
  ),
  connections,
  rows,
  setting("statement_timeout = 1", "statement_timeout"),
  setting("default_transaction_read_only = on", "default_transaction_read_only"),
  setting("idle_session_timeout = 1", "idle_session_timeout"),
  setting("transaction_timeout = 1", "transaction_timeout"),
  setting("client_encoding = 'SQL_ASCII'", "client_encoding"),
];

const PREVIEW = ["preview", "staging"];
const DRIFT = ["drift", "staging"];
const UP = ["up", "staging", "--yes"];

/** A blocker, and the commands that meet it. */
export interface Meeting extends Blocker {
  commands: string[][];
}

const SMALL: Record<"lugh" | "oracle", Meeting[]> = {
  lugh: [
    { ...view, commands: [PREVIEW] },
    { ...squattedPort, commands: [DRIFT] },
    { ...endlessScript, commands: [DRIFT] },
  ],
  oracle: [
    { ...locks, commands: [PREVIEW] },
    { ...squattedPort, commands: [DRIFT] },
  ],
};

/** What stands in the way on a pair; in the small form what holds the most back, each before the command that meets it. */
export function meetingsOf(system: "lugh" | "oracle", full: boolean): Meeting[] {
  return full ? ALL.map((each) => ({ ...each, commands: [PREVIEW, DRIFT, UP] })) : SMALL[system];
}
