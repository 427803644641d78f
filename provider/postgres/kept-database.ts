// tandem:postgres:SetAside and TakeBack: a database that outlived its stack comes back under the stack that is made anew.
//
// `down` keeps the volume and forgets the rest. The next `up` finds a server that already has the database and its
// logins, and the PostgreSQL provider can only make new ones: "already exists". So what is there is renamed before the
// new ones are made; then the new, empty database gives way to the old one, whose owner becomes the new login.
import type Docker from "dockerode";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { type Properties, sameValue } from "../../plugin/values.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { recordStatement, refuseForeign } from "./ownership.ts";
import { identifier, literal, psql, psqlJson } from "./psql.ts";

type Context = CallContext<DockerHost>;

interface Kept {
  containerId: string;
  database: string;
  /** The logins, the owner first. */
  roles: string[];
  /** Whose it is, `system/environment`, where the server has databases of others. */
  tenant?: string;
}

/** Suffix of what was kept; with it a name of 63 bytes would be cut off, so names are checked for length. */
const SUFFIX = "__kept";
const MAX_NAME = 63 - SUFFIX.length;

/** Relations that a person or a migration made. */
const USER_RELATIONS =
  "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace " +
  "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT starts_with(n.nspname, 'pg_toast') AND c.relkind IN " +
  "('r', 'p', 'v', 'm', 'S', 'f')";

async function exists(
  docker: Docker,
  container: string,
  kind: "role" | "database",
  name: string,
): Promise<boolean> {
  const [table, column] = kind === "role" ? ["pg_roles", "rolname"] : ["pg_database", "datname"];
  const sql = `SELECT count(*) FROM ${table} WHERE ${column} = ${literal(name)};`;
  return (await psql(docker, container, sql)) === "1";
}

async function setAside(inputs: Properties, ctx: Context): Promise<Properties> {
  const { containerId, database, roles } = inputs as unknown as Kept;
  const docker = await ctx.client.docker();
  await refuseOthers(docker, inputs as unknown as Kept);
  if (await exists(docker, containerId, "database", database)) {
    if (await exists(docker, containerId, "database", database + SUFFIX)) {
      throw new Error(
        `The server has both '${database}' and '${database}${SUFFIX}'. One of them is an earlier state of the other; ` +
          "look at both, rename or drop the one you don't want, and run `up` again.",
      );
    }
    ctx.log("info", `Database ${database} was kept from before; it is taken over with its rows.`);
    await psql(
      docker,
      containerId,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(database)};\n` +
        `ALTER DATABASE ${identifier(database)} RENAME TO ${identifier(database + SUFFIX)};`,
    );
  }
  for (const role of roles) {
    const both = [
      await exists(docker, containerId, "role", role),
      await exists(docker, containerId, "role", role + SUFFIX),
    ];
    if (both[0] && !both[1]) {
      await psql(
        docker,
        containerId,
        `ALTER ROLE ${identifier(role)} RENAME TO ${identifier(role + SUFFIX)};`,
      );
    }
  }
  return inputs;
}

/** On a shared server a database or login of the name may be somebody else's. */
async function refuseOthers(docker: Docker, { containerId, database, roles, tenant }: Kept): Promise<void> {
  if (tenant === undefined) return;
  for (const name of [database, database + SUFFIX]) {
    await refuseForeign(docker, containerId, { kind: "database", name, tenant });
  }
  // Logins have no record of their own: the environment's administrator made them.
  for (const name of roles.flatMap((role) => [role, role + SUFFIX])) {
    await refuseForeign(docker, containerId, { kind: "role", name, tenant, adopt: true });
  }
}

async function takeBack(inputs: Properties, ctx: Context): Promise<Properties> {
  const { containerId, database, roles } = inputs as unknown as Kept;
  const docker = await ctx.client.docker();
  const kept = database + SUFFIX;
  const { tenant } = inputs as unknown as Kept;
  if (tenant !== undefined) {
    // One of that name may have been made since.
    await refuseForeign(docker, containerId, { kind: "database", name: kept, tenant });
  }
  if (await exists(docker, containerId, "database", kept)) {
    if (await exists(docker, containerId, "database", database)) {
      const relations = Number(await psql(docker, containerId, `${USER_RELATIONS};`, { database }));
      // Anything but a plain 0 is no licence to drop.
      if (relations !== 0) {
        throw new Error(
          `The server has rows in '${database}' and in '${kept}', so neither can give way. Look at both, rename or ` +
            "drop the one you don't want, and run `up` again.",
        );
      }
      await psql(docker, containerId, `DROP DATABASE ${identifier(database)};`);
    }
    await psql(docker, containerId, `ALTER DATABASE ${identifier(kept)} RENAME TO ${identifier(database)};`);
  }
  await handOver(docker, containerId, database, roles);
  if (tenant !== undefined) {
    const comment = `COMMENT ON DATABASE ${identifier(database)} IS ${literal(`tandem ${tenant}`)};`;
    await psql(docker, containerId, `${comment}\n${recordStatement("database", database, tenant)}`);
  }
  return inputs;
}

/**
 * What the old logins own goes to the owner. What they may do with the tables that are there goes to the new ones: the
 * grants that follow are for the database, the schema and the tables to come.
 */
async function handOver(docker: Docker, container: string, database: string, roles: string[]): Promise<void> {
  const [owner] = roles;
  if (owner === undefined) return;
  await psql(docker, container, `ALTER DATABASE ${identifier(database)} OWNER TO ${identifier(owner)};`);
  for (const role of roles) {
    const old = role + SUFFIX;
    if (!(await exists(docker, container, "role", old))) continue;
    const grants = await psqlJson<TableGrant[]>(docker, container, grantsOf(old), { database });
    await psql(docker, container, grantStatements(grants ?? [], role), { database });
    const sql = `REASSIGN OWNED BY ${identifier(old)} TO ${identifier(owner)};\nDROP OWNED BY ${identifier(old)};`;
    for (const place of [database, "postgres"]) await psql(docker, container, sql, { database: place });
    await psql(docker, container, `DROP ROLE ${identifier(old)};`);
  }
}

/** What a role may do with a table, view or sequence. */
interface TableGrant {
  schema: string;
  name: string;
  sequence: boolean;
  privileges: string[];
}

/** What a role may do with tables, views and sequences. */
function grantsOf(role: string): string {
  return `SELECT coalesce(json_agg(g), '[]') FROM (
    SELECT n.nspname AS schema, c.relname AS name, c.relkind = 'S' AS sequence,
           array_agg(DISTINCT acl.privilege_type) AS privileges
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) acl, pg_roles r
     WHERE acl.grantee = r.oid AND r.rolname = ${literal(role)} GROUP BY c.oid, n.nspname) g;`;
}

/** Gives a role what another one may do with them. */
function grantStatements(grants: readonly TableGrant[], to: string): string {
  return grants
    .map(({ schema, name, sequence, privileges }) => {
      const what = `${sequence ? "SEQUENCE" : "TABLE"} ${identifier(schema)}.${identifier(name)}`;
      return `GRANT ${privileges.join(", ")} ON ${what} TO ${identifier(to)};`;
    })
    .join("\n");
}

function handler(
  work: (inputs: Properties, ctx: Context) => Promise<Properties>,
): ResourceHandler<DockerHost> {
  return {
    check({ news }) {
      const names = [news.database, ...((news.roles as string[] | undefined) ?? [])].map(String);
      const failures = names
        .filter((name) => Buffer.byteLength(name) > MAX_NAME)
        .map((name) => ({ property: "database", reason: `'${name}' is longer than ${MAX_NAME} bytes.` }));
      return { inputs: news, failures };
    },
    diff({ olds, news }) {
      const changes: Record<string, "update"> = {};
      for (const key of ["database", "roles"]) {
        if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
      }
      return { changes };
    },
    create: async ({ inputs }, ctx) => ({ id: String(inputs.database), outputs: await work(inputs, ctx) }),
    read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
    // The PostgreSQL provider renames in place; there is nothing left over to take in.
    update: ({ inputs }) => inputs,
    delete: () => undefined,
  };
}

export const keptSetAside = handler(setAside);
export const keptTakeBack = handler(takeBack);
