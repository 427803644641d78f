// The extensions of a database, made by its server's administrator.
import { Extension } from "@pulumi/postgresql/extension.js";
import type * as pulumi from "@pulumi/pulumi";
import { SharedExtension } from "../provider/shared-sdk.ts";
import type { ServerHandle } from "./pg-servers.ts";

/** Extensions that say themselves which schema they must have; all others go to `public`. */
const HAS_SCHEMA = [
  ...[
    "age",
    "citus",
    "pg_cron",
    "pg_tle",
    "pgmq",
    "pgsodium",
    "plv8",
    "postgis_tiger_geocoder",
    "postgis_topology",
  ],
  "supabase_vault",
];

/** Makes the extensions; on a server with databases of others by its own administrator, who does it inside the container. */
export function createExtensions(
  name: string,
  extensions: readonly string[],
  { containerId, tenant, provider }: ServerHandle,
  database: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  return extensions.map((extension) => {
    const resource = `${name}-extension-${extension}`;
    if (tenant === undefined || containerId === undefined) {
      const schema = HAS_SCHEMA.includes(extension) ? undefined : "public";
      return new Extension(resource, { name: extension, database, schema }, { ...opts, provider });
    }
    return new SharedExtension(resource, { container: containerId, database, extension }, opts);
  });
}
