// Who may do what in a database: the grants of PgDatabase.
import type { Database } from "@pulumi/postgresql/database.js";
import { DefaultPrivileges } from "@pulumi/postgresql/defaultPrivileges.js";
import { Grant } from "@pulumi/postgresql/grant.js";
import type { Role } from "@pulumi/postgresql/role.js";
import { Schema } from "@pulumi/postgresql/schema.js";
import type * as pulumi from "@pulumi/pulumi";

/** What an application's login may be given besides: all that Postgres has for it, but for what is the owner's alone. */
export const APP_PRIVILEGES = ["TEMPORARY", "TRUNCATE", "SETVAL"] as const;
/** One of them. */
export type AppPrivilege = (typeof APP_PRIVILEGES)[number];

export interface PrivilegeArgs {
  database: Database;
  owner: Role;
  app: Role;
  readOnly: Role;
  /** Schemas besides `public`. */
  schemas: readonly string[];
  privileges: readonly AppPrivilege[];
  /** Options of what holds data. */
  data: pulumi.CustomResourceOptions;
  opts: pulumi.CustomResourceOptions;
  /** What must exist before the first grant. */
  after: pulumi.Resource[];
}

/** Privileges on rows, listed: `ALL` would read back as the list and show as a change. */
const ROWS = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const PUBLIC = "public";

/**
 * Takes CONNECT, CREATE and TEMPORARY from everybody, then gives each login what it needs (the owner has all of it as
 * the owner). Default privileges cover
 * the tables that the owner's migrations will make, so grants don't drift as tables come and go.
 *
 * Grants on the same object come one after the other, since Postgres refuses them side by side ("tuple concurrently
 * updated"); those on different objects don't wait for each other.
 */
export function grantPrivileges(name: string, args: PrivilegeArgs): pulumi.Resource[] {
  const { database, app, readOnly, privileges } = args;
  const temporary = privileges.includes("TEMPORARY") ? ["TEMPORARY"] : [];
  const onDatabase = chain(args, [
    ["revoke-public", "public", []],
    ["connect-app", app.name, ["CONNECT", ...temporary]],
    ["connect-readonly", readOnly.name, ["CONNECT"]],
  ])(([suffix, role, privileges], opts) => {
    return new Grant(
      `${name}-${suffix}`,
      { database: database.name, objectType: "database", role, privileges },
      opts,
    );
  });
  const more = args.schemas.map((schema) => {
    const made = new Schema(
      `${name}-schema-${schema}`,
      { name: schema, database: database.name, owner: args.owner.name },
      { ...args.opts, dependsOn: args.after, ...args.data },
    );
    return grantIn(`${name}-${schema}`, schema, { ...args, after: [made] });
  });
  return [onDatabase, grantIn(name, PUBLIC, args), more.flat()].flat();
}

/** The grants in one schema. */
function grantIn(name: string, schema: string, args: PrivilegeArgs): pulumi.Resource[] {
  const { database, owner, app, readOnly, privileges } = args;
  const onSchema = chain(args, [
    ["schema-public", "public", []],
    ["schema-app", app.name, ["USAGE"]],
    ["schema-readonly", readOnly.name, ["USAGE"]],
  ])(([suffix, role, privileges], opts) => {
    const what = { database: database.name, objectType: "schema", schema, role, privileges };
    return new Grant(`${name}-${suffix}`, what, opts);
  });
  const inFuture = (objectType: string, rows: Row[]) =>
    chain(
      args,
      rows,
    )(([suffix, role, privileges], opts) => {
      const what = { database: database.name, owner: owner.name, schema, role, objectType, privileges };
      return new DefaultPrivileges(`${name}-${suffix}`, what, opts);
    });
  const tables = inFuture("table", [
    ["app-tables", app.name, [...ROWS, ...(privileges.includes("TRUNCATE") ? ["TRUNCATE"] : [])]],
    ["readonly-tables", readOnly.name, ["SELECT"]],
  ]);
  const sequences = inFuture("sequence", [
    ["app-sequences", app.name, ["SELECT", "USAGE", ...(privileges.includes("SETVAL") ? ["UPDATE"] : [])]],
    ["readonly-sequences", readOnly.name, ["SELECT"]],
  ]);
  return [onSchema, tables, sequences].flat();
}

/** Suffix of the resource's name, who gets it, what. */
type Row = [suffix: string, role: pulumi.Input<string>, privileges: string[]];

/** Makes one resource per row, each after the one before it. */
function chain(args: PrivilegeArgs, rows: Row[]) {
  return (make: (row: Row, opts: pulumi.CustomResourceOptions) => pulumi.Resource): pulumi.Resource[] => {
    let after = args.after;
    return rows.map((row) => {
      const resource = make(row, { ...args.opts, retainOnDelete: true, dependsOn: after });
      after = [resource];
      return resource;
    });
  };
}
