// The postgresql provider: its resources, under the type tokens of the official plugin.
import sdk from "@pulumi/postgresql/package.json" with { type: "json" };
import type { ProviderDefinition } from "../../../plugin/handler.ts";
import { packageSchema } from "../../../plugin/package-schema.ts";
import { PgServer } from "../../../provider/postgres/server.ts";
import { checkSettings, readSettings } from "../../../provider/postgres/settings.ts";
import { database } from "./database.ts";
import { defaultPrivileges } from "./default-privileges.ts";
import { extension } from "./extension.ts";
import { grant } from "./grant.ts";
import { grantRole } from "./grant-role.ts";
import { type PgResource, pgResource } from "./resource.ts";
import { role } from "./role.ts";
import { schema } from "./schema.ts";

/** Everything that the provider serves, by type token. */
export const pgResources: Readonly<Record<string, PgResource>> = {
  "postgresql:index/database:Database": database,
  "postgresql:index/defaultPrivileg:DefaultPrivileg": defaultPrivileges,
  "postgresql:index/defaultPrivileges:DefaultPrivileges": defaultPrivileges,
  "postgresql:index/extension:Extension": extension,
  "postgresql:index/grant:Grant": grant,
  "postgresql:index/grantRole:GrantRole": grantRole,
  "postgresql:index/role:Role": role,
  "postgresql:index/schema:Schema": schema,
};

/** Applies a function to every resource. */
function each<T>(make: (resource: PgResource) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(pgResources).map(([token, resource]) => [token, make(resource)]));
}

/** The provider, with the version of the SDK whose resources it serves. */
export const postgresqlProvider: ProviderDefinition<PgServer> = {
  name: "postgresql",
  version: sdk.version,
  resources: each(pgResource),
  schema: () =>
    packageSchema(
      "postgresql",
      sdk.version,
      each(({ table }) => table),
    ),
  checkConfig: (settings) => checkSettings(settings),
  configure: (settings) => new PgServer(readSettings(settings)),
  refusal: (token) =>
    `"${token}" is served by the official postgresql plugin only (pulumi plugin install resource postgresql ${sdk.version}); ` +
    `this one serves ${Object.keys(pgResources).join(", ")}`,
};
