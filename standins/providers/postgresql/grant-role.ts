// postgresql:index/grantRole:GrantRole
import type { PropertyTable } from "../../../plugin/property-table.ts";
import { hasCode } from "../../../provider/postgres/failures.ts";
import type { Connection, PgServer } from "../../../provider/postgres/server.ts";
import { ident, nameProblem } from "../../../provider/postgres/sql.ts";
import { type PgResource, str } from "./resource.ts";

const table: PropertyTable = {
  role: {
    type: "string",
    required: true,
    replace: true,
    validate: nameProblem,
    description: "The new member.",
  },
  grantRole: {
    type: "string",
    required: true,
    replace: true,
    validate: nameProblem,
    description: "Role that it becomes a member of.",
  },
  withAdminOption: {
    type: "boolean",
    default: false,
    replace: true,
    description: "Whether the member may take in others.",
  },
};

/** Version in which whoever creates a role becomes its administrator without being a member in effect. */
const IMPLICIT_ADMIN = 160_000;

/** Membership of one role in another. */
export const grantRole: PgResource = {
  table,
  deleteBeforeReplace: "always",
  id: ({ role, grantRole: group, withAdminOption }) =>
    `${str(role)}_${str(group)}_${withAdminOption === true}`,

  async create(server, { role, grantRole: group, withAdminOption }) {
    const option = withAdminOption === true ? " WITH ADMIN OPTION" : "";
    await server.change(undefined, (connection) =>
      connection.query(`GRANT ${ident(str(group))} TO ${ident(str(role))}${option}`),
    );
  },

  read: (server, { role, grantRole: group }) =>
    server.connected(undefined, async (connection) => {
      const rows = await memberships(server, connection, str(role), str(group));
      if (rows.length === 0) return undefined;
      return { role, grantRole: group, withAdminOption: rows.some(({ admin }) => admin) };
    }),

  // Every property asks for a replacement.
  update: async () => {},

  async delete(server, { role, grantRole: group }) {
    const { version } = await server.facts();
    await server.change(undefined, async (connection) => {
      for (const { grantor } of await memberships(server, connection, str(role), str(group))) {
        const by = version >= IMPLICIT_ADMIN ? ` GRANTED BY ${ident(grantor)}` : "";
        await connection
          .query(`REVOKE ${ident(str(group))} FROM ${ident(str(role))}${by}`)
          .catch((error: unknown) => {
            if (!hasCode(error, "42704")) throw error;
          });
      }
    });
  },
};

async function memberships(
  server: PgServer,
  connection: Connection,
  role: string,
  group: string,
): Promise<{ grantor: string; admin: boolean }[]> {
  const { version } = await server.facts();
  const effective = version >= IMPLICIT_ADMIN ? "AND (inherit_option OR set_option)" : "";
  const { rows } = await connection.query<{ grantor: string; admin: boolean }>(
    `SELECT pg_get_userbyid(grantor) AS grantor, admin_option AS admin FROM pg_auth_members
      WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)
        AND roleid = (SELECT oid FROM pg_roles WHERE rolname = $2) ${effective}`,
    [role, group],
  );
  return rows;
}
