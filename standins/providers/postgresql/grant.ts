// postgresql:index/grant:Grant
import { crc32 } from "node:zlib";
import type { CheckFailure } from "../../../plugin/handler.ts";
import type { PropertyTable } from "../../../plugin/property-table.ts";
import { hasUnknown, type Properties } from "../../../plugin/values.ts";
import { databaseOwner, resolveOwners, withMembership } from "../../../provider/postgres/membership.ts";
import type { Connection, PgServer } from "../../../provider/postgres/server.ts";
import { nameProblem } from "../../../provider/postgres/sql.ts";
import {
  findObjects,
  type GrantObject,
  missingNames,
  missingProblem,
  OBJECT_TYPES,
  privilegeStatement,
} from "./grant-objects.ts";
import { checkPrivileges, PUBLIC, sameSet, statePrivileges, wantedPrivileges } from "./privileges.ts";
import { list, type PgResource, str } from "./resource.ts";
import { schemaOwner } from "./schema.ts";

/** Object types that belong to no schema. */
const WITHOUT_SCHEMA = ["database", "foreign_data_wrapper", "foreign_server"];

const table: PropertyTable = {
  role: {
    type: "string",
    required: true,
    replace: true,
    validate: nameProblem,
    description: "Role that gets the privileges; public for everybody.",
  },
  database: {
    type: "string",
    required: true,
    replace: true,
    validate: nameProblem,
    description: "Database.",
  },
  schema: { type: "string", replace: true, validate: nameProblem, description: "Schema of the objects." },
  objectType: {
    type: "string",
    required: true,
    replace: true,
    description: "Kind of object.",
    validate: (value) =>
      OBJECT_TYPES.includes(str(value)) ? undefined : `must be one of ${OBJECT_TYPES.join(", ")}`,
  },
  objects: {
    type: "strings",
    unordered: true,
    replace: true,
    description: "Objects; none means all of the kind.",
  },
  columns: {
    type: "strings",
    unordered: true,
    replace: true,
    description: "Columns, for the object type column.",
  },
  privileges: {
    type: "strings",
    required: true,
    unordered: true,
    description: "Privileges; none takes all away.",
  },
  withGrantOption: {
    type: "boolean",
    default: false,
    replace: true,
    description: "Whether they may be passed on.",
  },
};

/** Privileges of a role on objects of one kind: those and no others. */
export const grant: PgResource = {
  table,
  deleteBeforeReplace: "always",
  id: grantId,
  check: (inputs) => [...checkPrivileges(inputs), ...checkObjects(inputs)],

  create: (server, properties) => apply(server, properties),
  update: (server, properties) => apply(server, properties),

  async read(server, properties) {
    const objects = await inPlace(server, properties, (connection) => findObjects(connection, properties));
    if (!objects) return undefined;
    const { version } = await server.facts();
    const wanted = wantedPrivileges(properties, version);
    // What is missing has no privileges, and so shows as a difference.
    const other =
      missingNames(properties, objects).length > 0
        ? []
        : objects.find((o) => !sameSet(o.granted, wanted))?.granted;
    const grantable =
      properties.withGrantOption === true
        ? objects.every(({ allGrantable, granted }) => allGrantable || granted.length === 0)
        : objects.some(({ someGrantable }) => someGrantable);
    return {
      privileges: statePrivileges(properties, other ?? wanted, version),
      withGrantOption: grantable,
    };
  },

  async delete(server, properties) {
    const found = await inPlace(server, properties, async () => true);
    if (!found) return;
    const { version } = await server.facts();
    await changeGrants(server, properties, async (connection, objects) => {
      // Named objects may carry other people's grants too; of all objects of a kind nothing may be left.
      const mine = list(properties.objects).length > 0 ? wantedPrivileges(properties, version) : undefined;
      await revoke(connection, properties, objects, (object) =>
        object.granted.filter((privilege) => !mine || mine.includes(privilege)),
      );
    });
  },
};

async function apply(server: PgServer, properties: Properties): Promise<void> {
  const { version } = await server.facts();
  const wanted = wantedPrivileges(properties, version);
  await changeGrants(server, properties, async (connection, objects) => {
    const missing = missingNames(properties, objects);
    if (missing.length > 0) {
      throw new Error(missingProblem(properties, missing));
    }
    await revoke(connection, properties, objects, ({ granted }) =>
      granted.filter((p) => !wanted.includes(p)),
    );
    const incomplete = objects.filter(
      ({ granted, allGrantable }) =>
        !wanted.every((privilege) => granted.includes(privilege)) ||
        (properties.withGrantOption === true && !allGrantable),
    );
    if (wanted.length > 0 && incomplete.length > 0) {
      await connection.query(privilegeStatement("GRANT", properties, wanted, incomplete));
    }
  });
}

/** Revokes from each object what `extras` says, with one statement for all objects that lose the same. */
async function revoke(
  connection: Connection,
  properties: Properties,
  objects: readonly GrantObject[],
  extras: (object: GrantObject) => readonly string[],
): Promise<void> {
  const groups = Map.groupBy(objects, (object) => [...extras(object)].sort().join());
  for (const [key, group] of groups) {
    if (key === "") continue;
    await connection.query(privilegeStatement("REVOKE", properties, key.split(","), group));
  }
}

/** Makes a change in one transaction, with the powers of those who own the objects and what is around them. */
async function changeGrants(
  server: PgServer,
  properties: Properties,
  work: (connection: Connection, objects: readonly GrantObject[]) => Promise<void>,
): Promise<void> {
  const database = str(properties.database);
  await server.change(workplaceOf(properties), async (connection) => {
    const objects = await findObjects(connection, properties);
    const isDatabase = properties.objectType === "database";
    const around = isDatabase ? await databaseOwner(connection, database) : [];
    const schema = WITHOUT_SCHEMA.includes(str(properties.objectType)) ? "" : str(properties.schema);
    const owner = schema ? await schemaOwner(connection, schema) : undefined;
    if (schema && owner === undefined)
      throw new Error(`database ${database} has no schema ${schema} to grant on`);
    const lenders = [...around, ...(owner ? [owner] : []), ...objects.map((object) => object.owner)];
    await withMembership(server, connection, await resolveOwners(connection, lenders), () =>
      work(connection, objects),
    );
  });
}

/** Runs a query in the grant's database if database, role and schema are all there. */
async function inPlace<T>(
  server: PgServer,
  properties: Properties,
  work: (connection: Connection) => Promise<T>,
): Promise<T | undefined> {
  const database = str(properties.database);
  const role = str(properties.role);
  const there = await server.connected(undefined, async (connection) => {
    const { rows } = await connection.query<{ role: boolean; database: boolean }>(
      `SELECT $1 = '${PUBLIC}' OR EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role,
              EXISTS (SELECT FROM pg_database WHERE datname = $2) AS database`,
      [role, database],
    );
    return rows[0]?.role === true && rows[0].database;
  });
  if (!there) return undefined;
  return server.connected(workplaceOf(properties), async (connection) => {
    const schema = WITHOUT_SCHEMA.includes(str(properties.objectType)) ? "" : str(properties.schema);
    if (schema && (await schemaOwner(connection, schema)) === undefined) return undefined;
    return work(connection);
  });
}

/** Database to connect to. Grants on a database itself are made from outside: it may be closed to us. */
function workplaceOf(properties: Properties): string | undefined {
  return properties.objectType === "database" ? undefined : str(properties.database);
}

/** The official plugin's id. It orders names as its sets do: by their CRC-32, written in decimal. */
function grantId(properties: Properties): string {
  const objectType = str(properties.objectType);
  const order = (names: string[]) =>
    [...names].sort((a, b) => (String(crc32(a)) < String(crc32(b)) ? -1 : 1));
  return [
    str(properties.role),
    str(properties.database),
    ...(WITHOUT_SCHEMA.includes(objectType) ? [] : [str(properties.schema)]),
    objectType,
    ...order(list(properties.objects)),
    ...order(list(properties.columns)),
  ].join("_");
}

function checkObjects(inputs: Properties): CheckFailure[] {
  const { objectType, schema, objects, columns, privileges } = inputs;
  if (typeof objectType !== "string" || hasUnknown([schema ?? null, objects ?? null, columns ?? null]))
    return [];
  const failures: CheckFailure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  const named = list(objects).length;
  const isForeign = objectType.startsWith("foreign_");
  if (!WITHOUT_SCHEMA.includes(objectType) && str(schema) === "") {
    fail("schema", `must be given for the object type ${objectType}`);
  }
  if ((objectType === "database" || objectType === "schema") && named > 0) {
    fail("objects", `must not be given for the object type ${objectType}`);
  }
  if (isForeign && named !== 1) fail("objects", `must name one object for the object type ${objectType}`);
  if (objectType !== "column") {
    if (list(columns).length > 0) fail("columns", "may be given for the object type column only");
    return failures;
  }
  if (list(columns).length === 0) fail("columns", "must be given for the object type column");
  if (named !== 1) fail("objects", "must name one table for the object type column");
  if (!hasUnknown(privileges) && list(privileges).length !== 1) {
    fail("privileges", "must be exactly one for the object type column");
  }
  return failures;
}
