// What a topology may set of a Postgres server, and several databases and servers in one environment.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { AppService } from "./app-service.ts";
import { Environment } from "./environment.ts";
import { PgDatabase, type PgDatabaseArgs } from "./pg-database.ts";
import { PostgresServer, type PostgresServerArgs } from "./postgres-server.ts";
import { libraryName, settingProblem } from "./postgres-settings.ts";
import { errorsOf, only, type Registered, settled } from "./testing/mocks.ts";
import { eachInStaging } from "./testing/staging.ts";

const CONTAINER = "docker:index/container:Container";
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
let registered: Registered[];
let env: Environment;

eachInStaging((made) => {
  ({ registered, env } = made);
});

const server = (name: string, args: Partial<PostgresServerArgs> = {}) =>
  new PostgresServer(name, { env, image: "pg:1", hostPort: 15_400, limits, ...args });
const own = (hostPort: number) => ({ kind: "container", image: "pg:1", hostPort, limits }) as const;
const database = (name: string, args: Partial<PgDatabaseArgs> = {}) =>
  new PgDatabase(name, { env, server: own(15_401), ...args });
const made = (type: string) => registered.filter((one) => one.type === type).map(({ inputs }) => inputs.name);

describe("settings of a server", () => {
  it("are part of its command, win over what follows from the memory, and are asked of the image", async () => {
    server("pg", {
      settings: { work_mem: "16MB", jit: false, max_wal_senders: 4, log_min_duration_statement: 500 },
      preload: ["pg_stat_statements", "auto_explain"],
    });
    await pulumi.runtime.disconnect();
    const { command, labels } = only(registered, CONTAINER).inputs;
    for (const word of [
      ...["work_mem=16MB", "jit=off", "max_wal_senders=4", "shared_buffers=64MB"],
      "shared_preload_libraries=pg_stat_statements,auto_explain",
    ])
      expect(command).toContain(word);
    expect(command.filter((word: string) => word.startsWith("work_mem="))).toHaveLength(1);
    expect(only(registered, "tandem:data:Guard").inputs.server.settings).toEqual({
      ...{
        max_connections: "100",
        jit: "off",
        log_min_duration_statement: "500",
        max_wal_senders: "4",
        work_mem: "16MB",
      },
      shared_preload_libraries: "pg_stat_statements,auto_explain",
    });
    expect(labels).toContainEqual({
      label: "tandem.opened",
      value: "postgres-setting:log_min_duration_statement",
    });
  });

  it("change nothing of a server that has none", async () => {
    server("pg");
    await pulumi.runtime.disconnect();
    expect(only(registered, "tandem:data:Guard").inputs.server).not.toHaveProperty("settings");
    expect(JSON.stringify(only(registered, CONTAINER).inputs.labels)).not.toContain("opened");
  });

  it.each([
    ...[
      "work_mem",
      "shared_buffers",
      "max_wal_size",
      "wal_level",
      "timezone",
      "idle_in_transaction_session_timeout",
    ],
    ...[
      "auto_explain.log_min_duration",
      "pg_stat_statements.max",
      "default_text_search_config",
      "jit",
      "lc_messages",
    ],
  ])("may have %s", (name) => expect(settingProblem(name)).toBeUndefined());

  it.each([
    ["max_connections", /argument maxConnections/],
    ["shared_preload_libraries", /argument preload/],
    ["archive_command", /run a program or load a library/],
    ["ssl_passphrase_command", /run a program/],
    ["session_preload_libraries", /load a library/],
    ["hba_file", /path of the image's/],
    ["listen_addresses", /where the server listens/],
    ["ssl", /how logins are let in/],
    ["ssl_key_file", /how logins are let in/],
    ["password_encryption", /how logins are let in/],
    ["log_destination", /log away/],
    ["logging_collector", /log away/],
    ["fsync", /gives data up/],
    ["primary_conninfo", /standby/],
    ["archive_mode", /server's log fills the disk/],
    ["basebackup_to_shell.command", /run a program/],
    ["plperl.on_init", /run a program/],
    ["plv8.start_proc", /run a program/],
    ["pgsodium.getkey_script", /run a program/],
    ["basic_archive.archive_directory", /path of the image's/],
    ["scram_iterations", /how logins are let in/],
    ["lo_compat_privileges", /check of rights/],
    ["standard_conforming_strings", /command of what a client quoted/],
    ["synchronized_standby_slots", /standby/],
    ["default_transaction_read_only", /session or a login/],
    ["TimeZone", /in lower case/],
    ["search_path", /session or a login/],
    ["debug_print_plan", /develops Postgres/],
    ["Work_Mem", /is no name/],
    ["work_mem = 1 -c fsync", /is no name/],
  ])("can't have %s", (name, reason) => expect(settingProblem(name)).toMatch(reason));

  it("load libraries by name alone", () => {
    for (const name of ["pg_stat_statements", "pg_cron", "age"]) expect(libraryName(name)).toBeUndefined();
    for (const name of ["/tmp/x", "../x", "a,b", "$libdir/x", "", 1]) expect(libraryName(name)).toBeDefined();
  });

  it("from outputs are checked as soon as they are known", async () => {
    const made = (value: unknown) => () =>
      server("pg", { settings: { work_mem: pulumi.output(value) as never } });
    expect(await errorsOf(made("1\n2"))).toContainEqual(
      expect.stringMatching(/PostgresServer 'pg': settings\.work_mem must be a number/),
    );
  });

  it("are refused all at once, before anything is made", async () => {
    const wrong = { settings: { fsync: "off", work_mem: "1\n2" }, preload: ["/tmp/x"] };
    expect(() => server("pg", wrong)).toThrow(/settings\.work_mem must be|settings\.fsync gives data up/);
    expect(() => server("again", { role: "x", networks: {}, settings: { temp_file_limit: 1 } })).toThrow(
      /temp_file_limit is the argument tempFilesMb/,
    );
    await pulumi.runtime.disconnect();
    expect(made(CONTAINER)).toEqual([]);
  });
});

describe("an application's login", () => {
  const ROLE = "postgresql:index/role:Role";
  const granted = (name: string) =>
    registered.find((one) => one.name === name)?.inputs.privileges as string[] | undefined;

  it("acts as the owner where the topology says so, with a password of its own", async () => {
    const db = database("main", { login: "owner" });
    await pulumi.runtime.disconnect();
    expect(only(registered, ROLE, "main-app").inputs).toMatchObject({
      ...{ name: "shop_staging_app", roles: ["shop_staging_owner"], assumeRole: "shop_staging_owner" },
    });
    expect((await settled(db.url)).value).toContain("shop_staging_app:generated-main-app-password@");
    expect(only(registered, ROLE, "main-readonly").inputs.assumeRole).toBeUndefined();
  });

  it("has the privileges and schemas that were named, and none of them by default", async () => {
    database("plain");
    database("main", {
      server: own(15_402),
      privileges: ["TEMPORARY", "TRUNCATE", "SETVAL"],
      schemas: ["tenants"],
    });
    await pulumi.runtime.disconnect();
    const kinds = ["connect-app", "app-tables", "app-sequences"];
    expect(kinds.map((kind) => granted(`plain-${kind}`)?.at(-1))).toEqual(["CONNECT", "DELETE", "USAGE"]);
    const most = ["TEMPORARY", "TRUNCATE", "UPDATE"];
    expect(kinds.map((kind) => granted(`main-${kind}`)?.at(-1))).toEqual(most);
    expect(granted("main-tenants-app-tables")).toEqual(granted("main-app-tables"));
    expect(only(registered, "postgresql:index/schema:Schema").inputs).toMatchObject({
      ...{ name: "tenants", owner: "shop_staging_main_owner" },
    });
  });

  it.each<[Partial<PgDatabaseArgs>, RegExp]>([
    [{ login: "admin" as never }, /login must be app or owner/],
    [{ privileges: ["ALL"] as never }, /privileges is 'ALL'; it must be one of TEMPORARY, TRUNCATE, SETVAL/],
    [{ schemas: ["pg_x"] }, /schemas is 'pg_x', which each database has/],
    [
      { initScripts: ["x"], server: { kind: "managed", host: "h", username: "a", password: "b" } },
      /initScripts run in the image of a server of the environment's own/,
    ],
    [{ initScripts: ["a\0b"] }, /initScripts holds a NUL byte/],
    [{ encoding: "utf-8" }, /encoding must be an encoding/],
    [{ locale: "C; DROP" }, /locale must be a locale/],
    [{ encoding: "LATIN1" }, /encoding is 'LATIN1', and the locale 'C.UTF-8' is one of UTF8/],
    [{ database: "template1" }, /database is 'template1', which each server has/],
    [{ logins: { owner: "postgres" } }, /logins is 'postgres', which is Postgres' own/],
    [{ logins: { owner: "shop", app: "shop" } }, /logins has 'shop', which PgDatabase 'main' has as well/],
  ])("is refused with %j", (args, message) => expect(() => database("main", args)).toThrow(message));
});

describe("several databases in one environment", () => {
  const DATABASE = "postgresql:index/database:Database";

  it("have servers of their own, and the first the names that it has alone", async () => {
    const pooler = { image: "pgbouncer:1", limits };
    const first = database("main", { pooler });
    const second = database("events", { server: own(15_402), pooler });
    await pulumi.runtime.disconnect();
    expect(made(CONTAINER).toSorted()).toEqual([
      ...["shop_staging_events", "shop_staging_events-pgbouncer"],
      ...["shop_staging_pgbouncer", "shop_staging_postgres"],
    ]);
    expect(made("docker:index/volume:Volume")).toEqual(["shop_staging_pgdata", "shop_staging_eventsdata"]);
    expect([first.database, second.database]).toEqual(["shop_staging", "shop_staging_events"]);
    expect((await settled(second.app.host)).value).toBe("shop_staging_events-pgbouncer");
  });

  it("lie on one server that the program makes, each with logins of its own", async () => {
    const pg = server("pg");
    database("main", { server: { kind: "own", server: pg } });
    database("events", { server: { kind: "own", server: pg }, encoding: "UTF8", locale: "en_US.utf8" });
    await pulumi.runtime.disconnect();
    expect(made(CONTAINER)).toEqual(["shop_staging_postgres"]);
    expect(made(DATABASE)).toEqual(["shop_staging", "shop_staging_events"]);
    expect(new Set(made("postgresql:index/role:Role")).size).toBe(6);
    const [, events] = registered.filter(({ type }) => type === DATABASE);
    expect(events?.inputs).toMatchObject({ lcCollate: "en_US.utf8", lcCtype: "en_US.utf8" });
  });

  it("have no name of another one, nor a login of another one on their server", () => {
    const pg = server("pg");
    database("main", { server: { kind: "own", server: pg }, logins: { app: "shop" } });
    expect(() =>
      database("events", { server: { kind: "own", server: pg }, database: "shop_staging" }),
    ).toThrow(/PgDatabase 'events': database has 'shop_staging', which PgDatabase 'main' has as well/);
    expect(() =>
      database("more", { server: { kind: "own", server: pg }, logins: { owner: "shop" } }),
    ).toThrow(/PgDatabase 'more': logins has 'shop', which PgDatabase 'main' has as well/);
    database("apart", { server: own(15_402), logins: { app: "shop" } });
  });

  it("have no server of a service's name: commands would take it for the service", () => {
    database("main");
    database("cms", { server: own(15_402) });
    const service = { env, image: "cms:1", limits, health: { command: ["true"] } };
    expect(() => new AppService("cms", service)).toThrow(
      /'cms' is the name of two components .* another role/,
    );
    database("wiki", { server: { ...own(15_403), role: "wiki-postgres" } });
    expect(() => new AppService("wiki", service)).not.toThrow();
  });

  it("divide the environment's part of a shared server's connections, and have no part of another's", async () => {
    const shared = { kind: "shared", container: "all_pg", port: 5432, hostPort: 5433 } as const;
    const networks = { staging: "s", production: "p" };
    database("main", { server: { ...shared, networks, databases: 2 } });
    database("events", { server: { ...shared, networks, databases: 2 } });
    expect(() => database("more", { server: { ...shared, networks, databases: 2 } })).toThrow(
      /part of its connections is for 2 databases\. Say `databases: 3` in `server` of main, events, more/,
    );
    await pulumi.runtime.disconnect();
    const limits = registered
      .filter(({ type }) => type === "postgresql:index/role:Role")
      .map(({ inputs }) => inputs.connectionLimit as number);
    expect(limits).toHaveLength(6);
    // Half of the 90 that the environments have.
    expect(limits.reduce((sum, limit) => sum + limit, 0)).toBeLessThanOrEqual(45);
  });

  it("can't lie on a server of another environment", async () => {
    const elsewhere = new Environment("other", { system: "shop", environment: "other" });
    const pg = new PostgresServer("pg", { env: elsewhere, image: "pg:1", hostPort: 15_403, limits });
    expect(() => database("main", { server: { kind: "own", server: pg } })).toThrow(
      /server\.server is no PostgresServer of this environment/,
    );
  });
});
