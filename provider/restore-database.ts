// Puts a restore point in the place of a database: built beside it, proven, then swapped in by two renames.
import type Docker from "dockerode";
import { exec } from "./containers.ts";
import { identifier, literal, psql } from "./psql.ts";
import {
  type DumpedDatabase,
  makeRestorePoint,
  type RestorePoint,
  verifyRestorePoint,
} from "./restore-point.ts";

/** Suffixes of the two that stand beside the database for a while; a run that was killed leaves them to the next. */
const RESTORING = "__restoring";
const REPLACED = "__replaced";

/** Variables whose value is a list that is quoted already. */
const LISTS = ["search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"];

/** What belongs to a database and not to what is in it, as statements for the database that takes its place. */
function properties(from: string, to: string): string {
  const target = identifier(to);
  const lists = LISTS.map(literal).join(", ");
  return `
SELECT format('REVOKE ALL ON DATABASE %s FROM PUBLIC;', ${literal(target)});
SELECT format('GRANT %s ON DATABASE %s TO %s%s;', a.privilege_type, ${literal(target)},
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
  WHERE d.datname = ${literal(from)} AND a.grantee <> d.datdba;
SELECT format('ALTER %sDATABASE %s SET %I TO %s;',
    CASE s.setrole WHEN 0 THEN '' ELSE format('ROLE %I IN ', pg_get_userbyid(s.setrole)) END, ${literal(target)},
    split_part(c, '=', 1),
    CASE WHEN split_part(c, '=', 1) IN (${lists}) THEN substr(c, strpos(c, '=') + 1)
      ELSE quote_literal(substr(c, strpos(c, '=') + 1)) END)
  FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c
  WHERE d.datname = ${literal(from)};
SELECT format('COMMENT ON DATABASE %s IS %L;', ${literal(target)}, shobj_description(oid, 'pg_database'))
  FROM pg_database WHERE datname = ${literal(from)} AND shobj_description(oid, 'pg_database') IS NOT NULL;`;
}

/**
 * What the new database is made with, taken from the old one. Until it is in place nobody but the server's administrator
 * may connect: another environment's logins may be on the same server.
 */
function creation(from: string, to: string): string {
  return `SELECT format('CREATE DATABASE %s OWNER %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L CONNECTION LIMIT 0;',
    ${literal(identifier(to))}, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype)
  FROM pg_database WHERE datname = ${literal(from)};`;
}

function endConnections(...names: string[]): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IN (${names
    .map(literal)
    .join(", ")});`;
}

/** Makes the database beside the one that it is to replace, with all its rows. */
async function build(docker: Docker, { containerId, name }: DumpedDatabase, path: string): Promise<string> {
  const target = name + RESTORING;
  await psql(docker, containerId, `DROP DATABASE IF EXISTS ${identifier(target)} WITH (FORCE);`);
  await psql(docker, containerId, await psql(docker, containerId, creation(name, target)));
  const restore = ["pg_restore", "--username", "postgres", "--no-password", "--exit-on-error"];
  const { exitCode, output } = await exec(docker, containerId, [...restore, "--dbname", target, path]);
  if (exitCode !== 0) throw new Error(`pg_restore into ${target} failed: ${output.trim()}`);
  await psql(docker, containerId, await psql(docker, containerId, properties(name, target)));
  // A fresh database has no statistics: its first plans would be bad ones.
  await psql(docker, containerId, "ANALYZE;", { database: target });
  return target;
}

/** Ends all connections and lets none but the administrator's in. */
async function close(docker: Docker, { containerId, name }: DumpedDatabase): Promise<number> {
  const limit = Number(
    await psql(docker, containerId, `SELECT datconnlimit FROM pg_database WHERE datname = ${literal(name)};`),
  );
  await psql(
    docker,
    containerId,
    `ALTER DATABASE ${identifier(name)} CONNECTION LIMIT 0;\n${endConnections(name)}`,
  );
  // 0 was left by a run that was killed here; no database of a stack is made with it.
  return limit === 0 ? -1 : limit;
}

/**
 * Brings a database back to a restore point. What is in it now is dumped first, with no connection open, so that nothing
 * of it is lost; its rights and settings go over to the new one. Until the swap the database serves as it is.
 *
 * @param say told what happens
 * @returns the restore point with what was replaced
 * @throws when something fails; the database is then as it was.
 */
export async function restoreTo(
  docker: Docker,
  database: DumpedDatabase,
  point: RestorePoint,
  say: (line: string) => void,
): Promise<RestorePoint> {
  const { containerId, name } = database;
  const target = await build(docker, database, await verifyRestorePoint(docker, database, point));
  say(`${point.name} is restored beside ${name}; closing connections`);
  const limit = await close(docker, database);
  try {
    const replaced = await makeRestorePoint(docker, database, "restore");
    say(`what was in ${name} is kept as ${replaced.name}`);
    await psql(docker, containerId, `DROP DATABASE IF EXISTS ${identifier(name + REPLACED)} WITH (FORCE);`);
    await psql(
      docker,
      containerId,
      `${endConnections(name, target)}\nBEGIN;\n` +
        `ALTER DATABASE ${identifier(name)} RENAME TO ${identifier(name + REPLACED)};\n` +
        `ALTER DATABASE ${identifier(target)} RENAME TO ${identifier(name)};\nCOMMIT;`,
    );
    await psql(docker, containerId, `DROP DATABASE ${identifier(name + REPLACED)} WITH (FORCE);`);
    return replaced;
  } finally {
    await psql(docker, containerId, `ALTER DATABASE ${identifier(name)} CONNECTION LIMIT ${limit};`);
  }
}
