// What a database's administrator makes of it: the database itself, and its logins.
import { Database } from "@pulumi/postgresql/database.js";
import { Role } from "@pulumi/postgresql/role.js";
import type * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { DataGuard } from "../provider/sdk.ts";
import { connectionLimit } from "./pg-connections.ts";
import type { PgDatabaseArgs, Purpose } from "./pg-database.ts";
import type { ServerHandle } from "./pg-servers.ts";

/** One of a database's logins. */
export interface Login {
  name: string;
  role: Role;
  password: pulumi.Output<string>;
}

/** What database and logins are made from. */
export interface Making {
  /** The component's name. */
  name: string;
  args: PgDatabaseArgs;
  server: ServerHandle;
  parent: pulumi.Resource;
}

/**
 * Makes a login with the rights of no administrator.
 *
 * @param as the login that it acts as from the start of each session: what it makes is that one's
 */
export function createLogin(
  { name, args, server, parent }: Making,
  purpose: Purpose,
  login: string,
  as?: Login,
): Login {
  const password = new RandomPassword(
    `${name}-${purpose}-password`,
    { length: 32, special: false, keepers: { version: args.passwordVersion ?? "1" } },
    { parent },
  );
  const role = new Role(
    `${name}-${purpose}`,
    {
      name: login,
      login: true,
      password: password.result,
      // The provider's default is a superuser.
      superuser: false,
      createDatabase: false,
      createRole: false,
      replication: false,
      bypassRowLevelSecurity: false,
      inherit: true,
      connectionLimit: connectionLimit(name, purpose, args, server),
      ...(as === undefined ? {} : { roles: [as.name], assumeRole: as.name }),
    },
    {
      parent,
      provider: server.provider,
      dependsOn: [...server.ready, ...(as === undefined ? [] : [as.role])],
      ...args.env.dataOptions(server.role),
    },
  );
  return { name: login, role, password: password.result };
}

/** Makes the database, guarded: what it was made with can't change under its rows. */
export function createDatabase(
  { name, args: { env, encoding = "UTF8", locale = "C.UTF-8" }, server, parent }: Making,
  database: string,
  owner: Role,
): Database {
  const text = { encoding, lcCollate: locale, lcCtype: locale, template: "template0" };
  const guard = new DataGuard(
    `${name}-guard`,
    {
      subject: `database ${database}`,
      identity: { database, ...text },
      released: env.isReleased(server.role),
      releaseWith: env.releaseCommand(server.role),
    },
    { parent },
  );
  return new Database(
    `${name}-database`,
    { name: database, owner: owner.name, connectionLimit: -1, ...text },
    { parent, provider: server.provider, dependsOn: guard, ...env.dataOptions(server.role) },
  );
}
