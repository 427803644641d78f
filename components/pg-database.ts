// PgDatabase: a database with its owner, its application login and its read-only login.
import * as pulumi from "@pulumi/pulumi";
import { SetAside, TakeBack } from "../provider/sdk.ts";
import { databaseName, takeLogins } from "./database-names.ts";
import type { Environment } from "./environment.ts";
import { rejectBadDatabase } from "./pg-arguments.ts";
import { createExtensions } from "./pg-extensions.ts";
import { runInitScripts } from "./pg-init.ts";
import { type PgLogin, pgLogin } from "./pg-login.ts";
import { PgPooler, type PoolerArgs, poolerNames } from "./pg-pooler.ts";
import { type AppPrivilege, grantPrivileges } from "./pg-privileges.ts";
import { createDatabase, createLogin, type Login } from "./pg-roles.ts";
import {
  administrator,
  CA_PATH,
  type PgServer,
  postgresProviders,
  reachServer,
  type ServerHandle,
} from "./pg-servers.ts";
import { componentOptions } from "./providers.ts";

/** Arguments of a `PgDatabase`. */
export interface PgDatabaseArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** Server that holds the database. */
  server: PgServer;
  /** Name of the database. @default `<system>_<environment>` for the first of an environment, else with the component's name behind it */
  database?: string;
  /** Encoding; it can't change once there are rows. @default "UTF8" */
  encoding?: string;
  /**
   * Order and kinds of characters (`LC_COLLATE`, `LC_CTYPE`), which the server's image must have; it can't change once there are
   * rows. @default "C.UTF-8", whose order no update of the image changes
   */
  locale?: string;
  /** Names of the logins by purpose, where they aren't the usual ones. @default `<database>_<purpose>` */
  logins?: Partial<Record<Purpose, string>>;
  /**
   * Whose rights the application's login has: `app` reads and writes rows and can change no structure; `owner` acts as the owner of
   * the database, for an application that migrates by itself at its start or makes schemas for its tenants (Keycloak, n8n,
   * Miniflux). What it makes is the owner's. The policy `owner-logins` names it. @default "app"
   */
  login?: "app" | "owner";
  /**
   * What the application's login may do besides reading and writing rows: make temporary tables, empty tables, set sequences. The last
   * two are for tables and sequences that are made from then on; those that exist take a GRANT by the owner. @default none
   */
  privileges?: AppPrivilege[];
  /** Schemas besides `public`. They are the owner's, and the other logins have in them what they have in `public`. @default none */
  schemas?: string[];
  /**
   * SQL that runs once, when the database is made: as its owner, never as a superuser, in one transaction, after extensions and grants.
   * Later changes of it do nothing: those are migrations. A database that has tables already, since it outlived an earlier
   * stack, gets none of it. For a server of the environment's own. @default none
   */
  initScripts?: pulumi.Input<string>[];
  /** Extensions, made by the administrator. @default none */
  extensions?: string[];
  /**
   * Connections that the application's login may hold. @default on a shared server its part of the environment's share,
   * elsewhere -1, no limit
   */
  connectionLimit?: pulumi.Input<number>;
  /** Change it to issue new passwords to the logins. @default "1" */
  passwordVersion?: pulumi.Input<string>;
  /** A pooler in front of it, for the application's and the read-only login. @default none */
  pooler?: PoolerArgs;
}

/** Where clients connect to. */
interface Endpoint {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  tls?: ServerHandle["tls"];
}

/** The logins of a database, the owner first. */
const PURPOSES = ["owner", "app", "readonly"] as const;
/** What a login of the database is for: migrations, rows, or reading only. */
export type Purpose = (typeof PURPOSES)[number];

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
  /** The application's login, for clients that take no URL: host, port, user, password and others. */
  readonly app: PgLogin;
  /** The owner's login, for migrations. */
  readonly owner: PgLogin;
  /** The read-only login. */
  readonly readOnly: PgLogin;
  /** What must exist before a client connects. */
  readonly ready: pulumi.Resource[];
  /** The server's container, where this machine's Docker runs it: what restore points are made in. */
  readonly containerId: pulumi.Input<string> | undefined;
  /** Networks that a client must join besides its environment's own: those of a shared server. */
  readonly networks: pulumi.Input<string>[];
  /** Files that a client needs, by path: the certificates of a managed server, which the URLs name. */
  readonly files: Record<string, string>;
  private readonly logins: Partial<Record<Purpose, string>>;

  constructor(name: string, args: PgDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    const brought = postgresProviders(args.env, opts);
    const database = databaseName(args.env, name, args.database);
    rejectBadDatabase(name, args, brought, database);
    const login = (purpose: Purpose) => args.logins?.[purpose] ?? `${database}_${purpose}`;
    takeLogins(args.env, name, args.server, PURPOSES.map(login));
    super("tandem:index:PgDatabase", name, {}, componentOptions(`PgDatabase '${name}'`, args.env, opts));
    this.logins = args.logins ?? {};
    this.database = database;
    const server = this.setAside(
      name,
      reachServer(this, name, args.env, args.server, this.database, administrator(args.server, brought)),
    );
    const making = { name, args, server, parent: this };
    const owner = createLogin(making, "owner", this.loginName("owner"));
    const app = createLogin(making, "app", this.loginName("app"), args.login === "owner" ? owner : undefined);
    const readOnly = createLogin(making, "readonly", this.loginName("readonly"));
    const made = createDatabase(making, database, owner.role);
    const settled = this.takeBack(name, server, [made, app.role, readOnly.role]);
    const extensions = createExtensions(name, args.extensions ?? [], server, made.name, {
      // Dropping an extension drops the columns of its types.
      parent: this,
      dependsOn: settled,
      ...args.env.dataOptions(server.role),
    });
    const grants = grantPrivileges(name, {
      database: made,
      owner: owner.role,
      app: app.role,
      readOnly: readOnly.role,
      schemas: args.schemas ?? [],
      privileges: args.privileges ?? [],
      data: args.env.dataOptions(server.role),
      opts: { parent: this, provider: server.provider },
      after: settled,
    });
    // A migration holds locks over statements and sets its session up: it goes to the server directly.
    this.owner = this.login(server, owner);
    const { initScripts: scripts = [], env } = args;
    const run = {
      env,
      scripts,
      imageId: server.imageId ?? "",
      owner: this.owner,
      after: [...extensions, ...grants],
    };
    const init = scripts.length === 0 ? [] : [runInitScripts(this, name, run)];
    const all = [...run.after, ...init];
    const pooler = this.createPooler(name, args, server, [app, readOnly], all);
    this.ready = pooler === undefined ? all : [...all, ...pooler.ready];
    this.containerId = server.containerId;
    this.networks = server.networks;
    this.files = server.tls?.ca === undefined ? {} : { [CA_PATH]: server.tls.ca };
    this.app = this.login(pooler ?? server, app);
    this.readOnly = this.login(pooler ?? server, readOnly);
    this.ownerUrl = this.owner.url;
    this.url = this.app.url;
    this.readOnlyUrl = this.readOnly.url;
    this.registerOutputs({ database: this.database });
  }

  private createPooler(
    name: string,
    args: PgDatabaseArgs,
    server: ServerHandle,
    logins: Login[],
    after: pulumi.Resource[],
  ): PgPooler | undefined {
    if (args.pooler === undefined) return undefined;
    const users = logins.map(({ role, password }) => ({ name: role.name, password }));
    const { host, port, networks, tls } = server;
    const { resource, role } = poolerNames(args.env, name, args.pooler.role);
    return new PgPooler(
      resource,
      {
        env: args.env,
        ...args.pooler,
        role,
        database: this.database,
        server: { host, port, networks, tls },
        users,
        after,
      },
      { parent: this },
    );
  }

  /** Moves what outlived an earlier stack out of the way of the database and logins to come. */
  private setAside(name: string, server: ServerHandle): ServerHandle {
    if (server.containerId === undefined) return server;
    const kept = new SetAside(
      `${name}-set-aside`,
      { containerId: server.containerId, ...this.keptArgs(server) },
      { parent: this, dependsOn: server.ready },
    );
    return { ...server, ready: [kept] };
  }

  /** Lets it take the place of the new, empty database. */
  private takeBack(name: string, server: ServerHandle, after: pulumi.Resource[]): pulumi.Resource[] {
    if (server.containerId === undefined) return after;
    const args = { containerId: server.containerId, ...this.keptArgs(server) };
    return [new TakeBack(`${name}-take-back`, args, { parent: this, dependsOn: after })];
  }

  private keptArgs(server: ServerHandle): { database: string; roles: string[]; tenant?: string } {
    const { tenant } = server;
    const roles = PURPOSES.map((purpose) => this.loginName(purpose));
    return { database: this.database, roles, ...(tenant === undefined ? {} : { tenant }) };
  }

  private loginName(purpose: Purpose): string {
    return this.logins[purpose] ?? `${this.database}_${purpose}`;
  }

  private login({ host, port, tls }: Endpoint, { role, password }: Login): PgLogin {
    const secured = tls && { sslmode: tls.sslmode, ...(tls.ca === undefined ? {} : { caPath: CA_PATH }) };
    const parts = { host, port, database: this.database, user: role.name, password };
    return pgLogin({ ...parts, ...(secured === undefined ? {} : { tls: secured }) });
  }
}
