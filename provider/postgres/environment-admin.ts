// tandem:postgres:EnvironmentAdmin: an environment's own administrator on a Postgres server that it shares with others.
//
// The role may make databases and roles (CREATEDB, CREATEROLE) and, since Postgres 16, has power over those only that
// it made itself. It is made by `docker exec` as the server's administrator, whose password this stack never learns.
import type Docker from "dockerode";
import { keepsPassword } from "../../lib/kept-password.ts";
import { scramVerifier } from "../../lib/scram.ts";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { type Properties, sameValue } from "../../plugin/values.ts";
import { exec, inspect } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { recordStatement, refuseForeign } from "./ownership.ts";
import { identifier, literal, psql, psqlJson } from "./psql.ts";
import { restorePointFolder } from "./restore-point.ts";

type Context = CallContext<DockerHost>;

interface Inputs {
  container: string;
  role: string;
  password: string;
  /** Whose role it is, `system/environment`. */
  tenant: string;
}

/** First version in which CREATEROLE has no power over roles that others made. As in `server_version_num`. */
const OLDEST = 160_000;
/** What the role must be, in words that a diff can show. */
const WANTED = "login, createdb, createrole";

/** Columns of pg_roles that are true of a role, in words. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  rolcanlogin: "login",
  rolcreatedb: "createdb",
  rolcreaterole: "createrole",
  rolsuper: "superuser",
  rolreplication: "replication",
  rolbypassrls: "bypassrls",
};

interface Found {
  /** Attributes and memberships in the server's own roles, such as pg_read_all_data. */
  powers: string;
  verifier: string | null;
}

function commentOf(tenant: string): string {
  return `tandem ${tenant}`;
}

async function look(docker: Docker, { container, role }: Inputs): Promise<Found | undefined> {
  const attributes = Object.entries(ATTRIBUTES).map(
    ([column, word]) => `CASE WHEN ${column} THEN ${literal(word)} END`,
  );
  const memberships =
    "SELECT string_agg(pg_get_userbyid(roleid)::text, ', ' ORDER BY 1) FROM pg_auth_members " +
    "WHERE member = a.oid AND (starts_with(pg_get_userbyid(roleid), 'pg_') OR roleid IN (SELECT oid FROM pg_roles WHERE rolsuper))";
  return await psqlJson<Found>(
    docker,
    container,
    `SELECT json_build_object('powers', concat_ws(', ', ${attributes.join(", ")}, (${memberships})),
       'verifier', rolpassword)
     FROM pg_authid a WHERE rolname = ${literal(role)};`,
  );
}

async function settle(inputs: Inputs, ctx: Context): Promise<Properties> {
  const docker = await ctx.client.docker();
  const { container, role, password, tenant } = inputs;
  await requireVersion(docker, container);
  await refuseForeign(docker, container, { kind: "role", name: role, tenant });
  const found = await look(docker, inputs);
  const name = identifier(role);
  const attributes = "LOGIN CREATEDB CREATEROLE INHERIT NOSUPERUSER NOREPLICATION NOBYPASSRLS";
  const foreign = (found?.powers ?? "").split(", ").filter((power) => power.startsWith("pg_"));
  await psql(
    docker,
    container,
    [
      "BEGIN;",
      `${found === undefined ? "CREATE" : "ALTER"} ROLE ${name} ${attributes} PASSWORD ${literal(scramVerifier(password))};`,
      ...foreign.map((power) => `REVOKE ${identifier(power)} FROM ${name};`),
      // It works as the roles that it makes; without this, only after it granted them to itself.
      `ALTER ROLE ${name} SET createrole_self_grant TO 'set, inherit';`,
      `COMMENT ON ROLE ${name} IS ${literal(commentOf(tenant))};`,
      // The one database that it starts from; CONNECT there is taken from everybody.
      `GRANT CONNECT ON DATABASE postgres TO ${name};`,
      recordStatement("role", role, tenant),
      "COMMIT;",
    ].join("\n"),
  );
  return { ...inputs, powers: WANTED };
}

async function requireVersion(docker: Docker, container: string): Promise<void> {
  const version = Number(await psql(docker, container, "SHOW server_version_num;"));
  if (version >= OLDEST) return;
  throw new Error(
    `${container} runs Postgres ${Math.floor(version / 10_000)}. A server that environments share must be 16 or newer: ` +
      "before, a role that may make roles has power over everybody's.",
  );
}

/** Suffix of an administrator's name, after that of its database. */
const SUFFIX = "_admin";

/** Restore points of a database that is gone lie on the server's volume: the next database of its name must find none. */
async function removeRestorePoints(docker: Docker, containerId: string, role: string): Promise<void> {
  const name = role.slice(0, -SUFFIX.length);
  if (!role.endsWith(SUFFIX) || !/^[a-zA-Z_][\w$.-]*$/.test(name)) return;
  const sql = `SELECT count(*) FROM pg_database WHERE datname = ${literal(name)};`;
  if ((await psql(docker, containerId, sql)) !== "0") return;
  const folder = await restorePointFolder(docker, { containerId, name });
  const { exitCode, output } = await exec(docker, containerId, ["rm", "-rf", "--", folder]);
  if (exitCode !== 0) throw new Error(`${folder} in ${containerId} can't be deleted: ${output.trim()}`);
}

export const environmentAdmin: ResourceHandler<DockerHost> = {
  secretOutputs: ["password"],
  check({ news }) {
    const role = String(news.role);
    const failures = [
      ...(/^pg_|^postgres$/.test(role)
        ? [{ property: "role", reason: `'${role}' is a role of the server's own.` }]
        : []),
      ...(Buffer.byteLength(role) > 63
        ? [{ property: "role", reason: `'${role}' is longer than 63 bytes.` }]
        : []),
    ];
    return { inputs: news, failures };
  },
  diff({ olds, news }) {
    const changes: Record<string, "update" | "update-replace"> = {};
    for (const key of ["container", "role", "tenant"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update-replace";
    }
    if (!sameValue(olds.password ?? null, news.password ?? null)) changes.password = "update";
    if (olds.powers !== WANTED) changes.powers = "update";
    return { changes };
  },
  preview: ({ inputs }) => ({ ...inputs, powers: WANTED }),
  async create({ inputs }, ctx) {
    return { id: String(inputs.role), outputs: await settle(inputs as unknown as Inputs, ctx) };
  },
  async read({ id, outputs, inputs }, ctx) {
    const found = await look(await ctx.client.docker(), outputs as unknown as Inputs);
    if (found === undefined) return undefined;
    // What the server keeps can't be turned back into a password; that it is another one can be told.
    const password = keepsPassword(found.verifier, String(outputs.password)) ? outputs.password : "";
    return { id, outputs: { ...outputs, password, powers: found.powers }, inputs };
  },
  update: ({ inputs }, ctx) => settle(inputs as unknown as Inputs, ctx),
  async delete({ outputs }, ctx) {
    const { container, role } = outputs as unknown as Inputs;
    const docker = await ctx.client.docker();
    // With the server everything on it is gone.
    if ((await inspect(docker, container)) === undefined) return;
    await removeRestorePoints(docker, container, role);
    if ((await look(docker, outputs as unknown as Inputs)) === undefined) return;
    try {
      await psql(docker, container, `DROP OWNED BY ${identifier(role)};\nDROP ROLE ${identifier(role)};`);
    } catch (error) {
      throw new Error(
        `The role '${role}' on ${container} can't be dropped: ${(error as Error).message}. Give what it owns to another ` +
          "role, or drop it, and run the command again.",
      );
    }
  },
};
