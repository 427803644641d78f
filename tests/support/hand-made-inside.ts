// Changes made by hand inside the environment's own servers: Postgres, Redis, gateway.
import { dockerOk } from "./docker-cli.ts";
import { type HandMade, type Site, toolsOf } from "./hand-made.ts";

const HBA = '"$PGDATA/pg_hba.conf"';
const RELOAD = "SELECT pg_reload_conf();";
const USERS = "/run/secrets/users.acl";

/** In Postgres: logins, rights, settings, grants. */
export function postgresChanges(site: Site): HandMade[] {
  const { at, database, sql, role, person, data, safe, bySql } = toolsOf(site);
  return [
    bySql(
      "a login",
      "login stranger",
      /not in the state/,
      "CREATE ROLE stranger LOGIN",
      "DROP ROLE stranger",
    ),
    bySql(
      "a superuser",
      `login ${role("app")}`,
      /has the right super/,
      `ALTER ROLE ${role("app")} SUPERUSER`,
      `ALTER ROLE ${role("app")} NOSUPERUSER`,
    ),
    bySql(
      "a right to make databases",
      `login ${role("owner")}`,
      /has the right createdb/,
      `ALTER ROLE ${role("owner")} CREATEDB`,
      `ALTER ROLE ${role("owner")} NOCREATEDB`,
    ),
    bySql(
      "a membership",
      `login ${role("readonly")}`,
      /member of/,
      `GRANT ${role("owner")} TO ${role("readonly")}`,
      `REVOKE ${role("owner")} FROM ${role("readonly")}`,
    ),
    data(
      "a database",
      "database scratch",
      /not in the state/,
      () => sql("CREATE DATABASE scratch"),
      () => sql("DROP DATABASE scratch"),
    ),
    safe(
      "a maintenance database that all may enter",
      "grant postgres-server-close-postgres",
      /privileges/,
      () => sql("GRANT CONNECT ON DATABASE postgres TO PUBLIC"),
    ),
    bySql(
      "a setting of the server",
      `server ${at("postgres")}`,
      /ALTER SYSTEM set work_mem/,
      "ALTER SYSTEM SET work_mem = '8MB'",
      "ALTER SYSTEM RESET work_mem",
    ),
    bySql(
      "a setting of a login",
      `server ${at("postgres")}`,
      /settings of .*_app .*work_mem/,
      `ALTER ROLE ${role("app")} SET work_mem = '9MB'`,
      `ALTER ROLE ${role("app")} RESET work_mem`,
    ),
    bySql(
      "a setting of a database",
      `server ${at("postgres")}`,
      /settings of everybody in .*jit/,
      `ALTER DATABASE ${database} SET jit = off`,
      `ALTER DATABASE ${database} RESET jit`,
    ),
    person(
      "a login without a password",
      `server ${at("postgres")}`,
      /by trust/,
      () =>
        dockerOk(["exec", at("postgres"), "sh", "-c", `echo 'host all all 172.16.0.0/12 trust' >> ${HBA}`]),
      () =>
        dockerOk(["exec", at("postgres"), "sh", "-c", `sed -i '/trust$/d' ${HBA}`]).then(() => sql(RELOAD)),
    ),
    bySql(
      "an extension",
      "extension pg_trgm",
      /not in the state/,
      "CREATE EXTENSION pg_trgm",
      "DROP EXTENSION pg_trgm",
      database,
    ),
    bySql(
      "a table open to all",
      `database ${database}`,
      /notes is open to every login/,
      "GRANT SELECT ON notes TO PUBLIC",
      "REVOKE SELECT ON notes FROM PUBLIC",
      database,
    ),
    {
      ...bySql(
        "a table of the administrator",
        `database ${database}`,
        /scribble belongs to another login/,
        "CREATE TABLE scribble (x int)",
        "DROP TABLE scribble",
        database,
      ),
      gravity: "data",
    },
    bySql(
      "a function with a superuser's rights",
      `database ${database}`,
      /function public\.shortcut, which runs with the rights of the superuser/,
      "CREATE FUNCTION public.shortcut() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
      "DROP FUNCTION public.shortcut()",
      database,
    ),
    bySql(
      "a publication",
      `database ${database}`,
      /publication everything of all tables/,
      "CREATE PUBLICATION everything FOR ALL TABLES",
      "DROP PUBLICATION everything",
      database,
    ),
    bySql(
      "a replication slot",
      `server ${at("postgres")}`,
      /replication slot kept, which nobody reads/,
      "SELECT pg_create_physical_replication_slot('kept', true)",
      "SELECT pg_drop_replication_slot('kept')",
    ),
    safe("a right of the app taken away", "grant postgres-connect-app", /privileges/, () =>
      sql(`REVOKE CONNECT ON DATABASE ${database} FROM ${role("app")}`),
    ),
    safe("default privileges taken away", "defaultprivileges postgres-readonly-tables", /^is gone$/, () =>
      sql(
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${role("owner")} IN SCHEMA public REVOKE SELECT ON TABLES FROM ${role("readonly")}`,
        database,
      ),
    ),
  ];
}

/** In the files of Redis' users and of the gateway. */
export function fileChanges(site: Site): HandMade[] {
  const { at, root, copied, person, safe } = toolsOf(site);
  return [
    person(
      "a Redis user",
      `Redis user stranger of ${at("redis")}`,
      /not one of/,
      () => copied("redis", USERS, "echo 'user stranger on nopass ~* +@all' >> $FILE"),
      () => copied("redis", USERS, "sed -i /stranger/d $FILE"),
    ),
    person(
      "more rights for a Redis user",
      `Redis user health of ${at("redis")}`,
      /other rights/,
      () => copied("redis", USERS, "sed -i 's/+ping/+ping +info/' $FILE"),
      () => copied("redis", USERS, "sed -i 's/+ping +info/+ping/' $FILE"),
    ),
    person(
      "Redis' default user let in",
      `Redis user default of ${at("redis")}`,
      /other rights/,
      () => copied("redis", USERS, "sed -i 's/default off/default on/' $FILE"),
      () => copied("redis", USERS, "sed -i 's/default on/default off/' $FILE"),
    ),
    person(
      "a route",
      `gateway ${at("gateway")}`,
      /extra\.caddy/,
      () => root("gateway", "echo 'http://extra.localhost { respond hello }' > /config/routes/extra.caddy"),
      () => root("gateway", "rm /config/routes/extra.caddy"),
    ),
    safe("a route's file", "route app", /routes\/app\.caddy was changed by hand/, () =>
      root(
        "gateway",
        "chmod u+w /config/routes/app.caddy; sed -i s/localhost/elsewhere/ /config/routes/app.caddy",
      ),
    ),
    safe("the address behind a route", "route app", /upstreams\/app\.1 was changed by hand/, () =>
      root("gateway", "chmod u+w /config/upstreams/app.1; echo elsewhere:8080 > /config/upstreams/app.1"),
    ),
    safe(
      "the gateway's own configuration",
      `container ${at("gateway")}`,
      /own configuration was changed/,
      () => root("gateway", "chmod u+w /config/Caddyfile; echo '# hello' >> /config/Caddyfile"),
    ),
  ];
}
