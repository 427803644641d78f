// PgDatabase: a database with its owner, its application login and its read-only login.
import { Database } from "@pulumi/postgresql/database.js";
import { Extension } from "@pulumi/postgresql/extension.js";
import type { Provider as PostgresProvider } from "@pulumi/postgresql/provider.js";
import { Role } from "@pulumi/postgresql/role.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { DataGuard, SetAside, TakeBack } from "../provider/sdk.ts";
import type { Environment } from "./environment.ts";
import { sqlName } from "./names.ts";
import { grantPrivileges } from "./pg-privileges.ts";
import { PostgresServer, type PostgresServerArgs } from "./postgres-server.ts";

/** A server of this environment's own, in a container. */
export type ContainerServer = { kind: "container" } & Omit<PostgresServerArgs, "env">;

/** Where a database lives. Servers of a shared stack and managed servers join this union. */
export type PgServer = ContainerServer;

export interface PgDatabaseArgs {
  env: Environment;
  /** Server that holds the database. */
  server: PgServer;
  /** Name of the database. @default `<system>_<environment>` */
  database?: string;
  /** Extensions, made by the administrator. @default none */
  extensions?: string[];
  /** Connections that the application's login may hold. @default -1, no limit */
  connectionLimit?: number;
  /** Change it to issue new passwords to the logins. @default "1" */
  passwordVersion?: string;
}

/** What the database needs to know of the server it is made on. */
interface ServerHandle {
  host: string;
  port: number;
  provider: PostgresProvider;
  ready: pulumi.Resource[];
  /** The server's container, if this environment runs it: only then can a database have outlived its stack. */
  containerId?: pulumi.Output<string>;
}

/** The logins of a database, the owner first. */
const PURPOSES = ["owner", "app", "readonly"] as const;
const ROLE = "postgres";

/**
 * A PostgreSQL database. Three logins: the owner runs migrations, the application's login reads and writes rows and
 * can change no structure, the read-only login reads. Nobody else can connect.
 */
export class PgDatabase extends pulumi.ComponentResource {
  /** Name of the database. */
  readonly database: string;
  /** Connection URL of the application's login (secret). */
  readonly url: pulumi.Output<string>;
  /** Connection URL of the owner, for migrations (secret). */
  readonly ownerUrl: pulumi.Output<string>;
  /** Connection URL of the read-only login (secret). */
  readonly readOnlyUrl: pulumi.Output<string>;
  /** What must exist before a client connects. */
  readonly ready: pulumi.Resource[];
  /** The server's container, where this machine's Docker runs it: what restore points are made in. */
  readonly containerId: pulumi.Output<string> | undefined;

  constructor(name: string, args: PgDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:index:PgDatabase", name, {}, { parent: args.env, ...opts });
    this.database = args.database ?? sqlName(`${args.env.system}_${args.env.environment}`);
    const server = this.setAside(name, this.createServer(name, args));
    const owner = this.createLogin(name, args, server, "owner");
    const app = this.createLogin(name, args, server, "app");
    const readOnly = this.createLogin(name, args, server, "readonly");
    const database = this.createDatabase(name, args, server, owner.role);
    const settled = this.takeBack(name, server, [database, app.role, readOnly.role]);
    const extensions = this.createExtensions(name, args, server, database, settled);
    const grants = grantPrivileges(name, {
      database,
      owner: owner.role,
      app: app.role,
      readOnly: readOnly.role,
      opts: { parent: this, provider: server.provider },
      after: settled,
    });
    this.ready = [...extensions, ...grants];
    this.containerId = server.containerId;
    this.url = this.connectionUrl(server, app);
    this.ownerUrl = this.connectionUrl(server, owner);
    this.readOnlyUrl = this.connectionUrl(server, readOnly);
    this.registerOutputs({ database: this.database });
  }

  private createServer(name: string, args: PgDatabaseArgs): ServerHandle {
    const { kind: _, ...server } = args.server;
    return new PostgresServer(`${name}-server`, { env: args.env, ...server }, { parent: this });
  }

  /** Moves what outlived an earlier stack out of the way of the database and logins to come. */
  private setAside(name: string, server: ServerHandle): ServerHandle {
    if (server.containerId === undefined) return server;
    const kept = new SetAside(
      `${name}-set-aside`,
      { containerId: server.containerId, ...this.keptArgs() },
      { parent: this, dependsOn: server.ready },
    );
    return { ...server, ready: [kept] };
  }

  /** Lets it take the place of the new, empty database. */
  private takeBack(name: string, server: ServerHandle, after: pulumi.Resource[]): pulumi.Resource[] {
    if (server.containerId === undefined) return after;
    const args = { containerId: server.containerId, ...this.keptArgs() };
    return [new TakeBack(`${name}-take-back`, args, { parent: this, dependsOn: after })];
  }

  private keptArgs(): { database: string; roles: string[] } {
    return { database: this.database, roles: PURPOSES.map((purpose) => `${this.database}_${purpose}`) };
  }

  private createLogin(
    name: string,
    args: PgDatabaseArgs,
    server: ServerHandle,
    purpose: (typeof PURPOSES)[number],
  ) {
    const password = new RandomPassword(
      `${name}-${purpose}-password`,
      { length: 32, special: false, keepers: { version: args.passwordVersion ?? "1" } },
      { parent: this },
    );
    const role = new Role(
      `${name}-${purpose}`,
      {
        name: `${this.database}_${purpose}`,
        login: true,
        password: password.result,
        // The provider's default is a superuser.
        superuser: false,
        createDatabase: false,
        createRole: false,
        replication: false,
        bypassRowLevelSecurity: false,
        inherit: true,
        connectionLimit: purpose === "app" ? (args.connectionLimit ?? -1) : -1,
      },
      { parent: this, provider: server.provider, dependsOn: server.ready, ...args.env.dataOptions(ROLE) },
    );
    return { role, password: password.result };
  }

  private createDatabase(name: string, args: PgDatabaseArgs, server: ServerHandle, owner: Role): Database {
    const encoding = { encoding: "UTF8", lcCollate: "C.UTF-8", lcCtype: "C.UTF-8", template: "template0" };
    const guard = new DataGuard(
      `${name}-guard`,
      {
        subject: `database ${this.database}`,
        identity: { database: this.database, ...encoding },
        released: args.env.isReleased(ROLE),
        releaseWith: args.env.releaseCommand(ROLE),
      },
      { parent: this },
    );
    return new Database(
      `${name}-database`,
      { name: this.database, owner: owner.name, connectionLimit: -1, ...encoding },
      { parent: this, provider: server.provider, dependsOn: guard, ...args.env.dataOptions(ROLE) },
    );
  }

  private createExtensions(
    name: string,
    args: PgDatabaseArgs,
    server: ServerHandle,
    database: Database,
    after: pulumi.Resource[],
  ): Extension[] {
    return (args.extensions ?? []).map(
      (extension) =>
        new Extension(
          `${name}-extension-${extension}`,
          { name: extension, database: database.name },
          // Dropping an extension drops the columns of its types.
          { parent: this, provider: server.provider, dependsOn: after, ...args.env.dataOptions(ROLE) },
        ),
    );
  }

  private connectionUrl(
    server: ServerHandle,
    login: { role: Role; password: pulumi.Output<string> },
  ): pulumi.Output<string> {
    const { host, port } = server;
    return pulumi.secret(
      pulumi.interpolate`postgresql://${login.role.name}:${login.password}@${host}:${port}/${this.database}`,
    );
  }
}
