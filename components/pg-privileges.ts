// Who may do what in a database: the grants of PgDatabase.
import type { Database } from "@pulumi/postgresql/database.js";
import { DefaultPrivileges } from "@pulumi/postgresql/defaultPrivileges.js";
import { Grant } from "@pulumi/postgresql/grant.js";
import type { Role } from "@pulumi/postgresql/role.js";
import type * as pulumi from "@pulumi/pulumi";

export interface PrivilegeArgs {
  database: Database;
  owner: Role;
  app: Role;
  readOnly: Role;
  opts: pulumi.CustomResourceOptions;
  /** What must exist before the first grant. */
  after: pulumi.Resource[];
}

/** Privileges on rows, listed: `ALL` would read back as the list and show as a change. */
const ROWS = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const SCHEMA = "public";

/**
 * Takes CONNECT, CREATE and TEMPORARY from everybody, then gives each login what it needs. Default privileges cover
 * the tables that the owner's migrations will make, so grants don't drift as tables come and go.
 */
export function grantPrivileges(name: string, args: PrivilegeArgs): pulumi.Resource[] {
  const { database, owner, app, readOnly } = args;
  const chain = new Chain(args.opts, args.after);
  const db = { database: database.name, objectType: "database" };
  const schema = { database: database.name, objectType: "schema", schema: SCHEMA };
  chain.add((opts) => new Grant(`${name}-revoke-public`, { ...db, role: "public", privileges: [] }, opts));
  chain.add(
    (opts) => new Grant(`${name}-schema-public`, { ...schema, role: "public", privileges: [] }, opts),
  );
  for (const [purpose, role] of Object.entries({ owner, app, readonly: readOnly })) {
    chain.add((opts) => {
      return new Grant(
        `${name}-connect-${purpose}`,
        { ...db, role: role.name, privileges: ["CONNECT"] },
        opts,
      );
    });
  }
  for (const [purpose, role] of Object.entries({ app, readonly: readOnly })) {
    chain.add((opts) => {
      return new Grant(
        `${name}-schema-${purpose}`,
        { ...schema, role: role.name, privileges: ["USAGE"] },
        opts,
      );
    });
  }
  const made = { database: database.name, owner: owner.name, schema: SCHEMA };
  const defaults: [string, Role, string, string[]][] = [
    ["app-tables", app, "table", ROWS],
    ["app-sequences", app, "sequence", ["SELECT", "USAGE"]],
    ["readonly-tables", readOnly, "table", ["SELECT"]],
    ["readonly-sequences", readOnly, "sequence", ["SELECT"]],
  ];
  for (const [suffix, role, objectType, privileges] of defaults) {
    chain.add((opts) => {
      const what = { ...made, role: role.name, objectType, privileges };
      return new DefaultPrivileges(`${name}-${suffix}`, what, opts);
    });
  }
  return chain.resources;
}

/** Resources made one after the other: concurrent grants fail with "tuple concurrently updated". */
class Chain {
  readonly resources: pulumi.Resource[] = [];
  private readonly opts: pulumi.CustomResourceOptions;

  private readonly first: pulumi.Resource[];

  constructor(opts: pulumi.CustomResourceOptions, first: pulumi.Resource[]) {
    this.opts = opts;
    this.first = first;
  }

  add(make: (opts: pulumi.CustomResourceOptions) => pulumi.Resource): void {
    const last = this.resources.at(-1);
    this.resources.push(
      make({ ...this.opts, retainOnDelete: true, dependsOn: last === undefined ? this.first : [last] }),
    );
  }
}
