// Puts a restore point in the place of a database: built beside it, proven, then swapped in by two renames. Its rows and
// whatever a tenant wrote around them go in as a login of the owner's rights (restore-login.ts), never as the administrator.
import type Docker from "dockerode";
import { exec } from "../docker/containers.ts";
import { endConnections, whileClosed } from "./closed-database.ts";
import { carriedOver, type DatabaseProperties, leftBehind, propertiesOf } from "./database-properties.ts";
import { selectEntries } from "./dump-contents.ts";
import { moveStatement } from "./ownership.ts";
import { identifier, literal, type PlainLogin, psql, psqlAs, runAs } from "./psql.ts";
import { RESTORE_SECONDS, withRestoreLogin } from "./restore-login.ts";
import {
  type DumpedDatabase,
  makeRestorePoint,
  type RestorePoint,
  verifyRestorePoint,
} from "./restore-point.ts";

/** Suffixes of the two that stand beside the database for a while; a run that was killed leaves them to the next. */
const RESTORING = "__restoring";
const REPLACED = "__replaced";

/** $1 the dump, $2 the owner, then how to connect; the list of what to take comes by stdin. */
const RESTORE = `set -eu
umask 077
dump=$1 owner=$2
shift 2
trap 'rm -f "$dump.list"' EXIT
cat > "$dump.list"
timeout ${RESTORE_SECONDS} pg_restore --no-password --exit-on-error --no-owner --role "$owner" --use-list "$dump.list" "$@" "$dump"`;

/**
 * Makes the database with what only an administrator may make. Nothing of a tenant's is in it yet, and nobody but the
 * administrator may connect: another environment's logins may be on the same server.
 */
async function create(
  docker: Docker,
  containerId: string,
  target: string,
  { encoding, collate, ctype, extensions, owner }: DatabaseProperties,
): Promise<Set<string>> {
  const database = identifier(target);
  await psql(
    docker,
    containerId,
    `DROP DATABASE IF EXISTS ${database} WITH (FORCE);
CREATE DATABASE ${database} TEMPLATE template0 ENCODING ${literal(encoding)} LC_COLLATE ${literal(collate)}
  LC_CTYPE ${literal(ctype)} CONNECTION LIMIT 0;
REVOKE ALL ON DATABASE ${database} FROM PUBLIC;`,
  );
  const given = ["public", "pg_catalog"];
  const schemas = new Set(extensions.map(({ schema }) => schema).filter((schema) => !given.includes(schema)));
  const statements = [
    ...[...schemas].map((schema) => `CREATE SCHEMA IF NOT EXISTS ${identifier(schema)};`),
    ...extensions.map(
      ({ name, schema }) =>
        `CREATE EXTENSION IF NOT EXISTS ${identifier(name)} SCHEMA ${identifier(schema)} CASCADE;`,
    ),
    ...[...schemas].map((schema) => `ALTER SCHEMA ${identifier(schema)} OWNER TO ${identifier(owner)};`),
    `ALTER DATABASE ${database} OWNER TO ${identifier(owner)};`,
    `ALTER DATABASE ${database} CONNECTION LIMIT -1;`,
  ];
  await psql(docker, containerId, statements.join("\n"), { database: target });
  return schemas;
}

/** Makes the database beside the one that it is to replace, with all its rows. */
async function build(
  docker: Docker,
  { containerId, name }: DumpedDatabase,
  path: string,
  say: (line: string) => void,
): Promise<string> {
  const target = name + RESTORING;
  const properties = await propertiesOf(docker, { containerId, name });
  const { owner } = properties;
  if (properties.superuser) {
    throw new Error(
      `${name} belongs to ${owner}, who is a superuser: what is in the dump would run with those rights. ` +
        "Give the database to a login that is none",
    );
  }
  const listed = await exec(docker, containerId, ["pg_restore", "--list", path]);
  if (listed.exitCode !== 0) throw new Error(`pg_restore can't read ${path}: ${listed.output.trim()}`);
  const schemas = await create(docker, containerId, target, properties);
  const extensions = new Set(properties.extensions.map((one) => one.name));
  const { list, left } = selectEntries(listed.stdout, { extensions, schemas }, owner);
  const fill = async (login: PlainLogin) => {
    const command = ["sh", "-c", RESTORE, "restore", path, owner];
    const { exitCode, output } = await runAs(docker, containerId, login, command, list);
    if (exitCode !== 0) throw new Error(`pg_restore into ${target} failed: ${output.trim()}`);
    // A fresh database has no statistics: its first plans would be bad ones.
    await psqlAs(docker, containerId, login, `SET ROLE ${identifier(owner)};\nANALYZE;`);
  };
  await withRestoreLogin(docker, { container: containerId, owner, database: name, beside: target }, fill);
  await psql(docker, containerId, carriedOver(properties, target));
  for (const line of [...left, ...leftBehind(properties)]) say(`not carried over: ${line}`);
  return target;
}

/**
 * Brings a database back to a restore point. What is in it now is dumped first, with no connection open, so that nothing
 * of it is lost; the rights that Tandem gave go over to the new one. Until the swap the database serves as it is.
 *
 * @param say told what happens, and what doesn't go over
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
  const target = await build(docker, database, await verifyRestorePoint(docker, database, point), say);
  say(`${point.name} is restored beside ${name}; closing connections`);
  return await whileClosed(docker, database, async () => {
    const replaced = await makeRestorePoint(docker, database, "restore");
    say(`what was in ${name} is kept as ${replaced.name}`);
    await psql(docker, containerId, `DROP DATABASE IF EXISTS ${identifier(name + REPLACED)} WITH (FORCE);`);
    await psql(
      docker,
      containerId,
      `${endConnections(name, target)}\nBEGIN;\n` +
        `ALTER DATABASE ${identifier(name)} RENAME TO ${identifier(name + REPLACED)};\n` +
        `ALTER DATABASE ${identifier(target)} RENAME TO ${identifier(name)};\n` +
        `${await moveStatement(docker, containerId, name + REPLACED, name)}\nCOMMIT;`,
    );
    await psql(docker, containerId, `DROP DATABASE ${identifier(name + REPLACED)} WITH (FORCE);`);
    return replaced;
  });
}
