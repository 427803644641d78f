// How many connections each login of a database may hold.
import * as pulumi from "@pulumi/pulumi";
import { checkedArgument } from "./checked-inputs.ts";
import { connectionLimitCheck } from "./pg-arguments.ts";
import type { PgDatabaseArgs, Purpose } from "./pg-database.ts";
import type { ServerHandle } from "./pg-servers.ts";
import { DEFAULT_POOL_SIZE } from "./pgbouncer-config.ts";

/** What a login may hold; a pooler's connections are the application's. */
export function connectionLimit(
  name: string,
  purpose: Purpose,
  { connectionLimit: wanted, pooler }: PgDatabaseArgs,
  { connections }: ServerHandle,
): pulumi.Input<number> {
  if (purpose === "app" && wanted !== undefined)
    return checkedArgument(`PgDatabase '${name}'`, "connectionLimit", wanted, connectionLimitCheck);
  if (connections === undefined) return -1;
  if (pooler === undefined || purpose === "owner") return connections[purpose];
  return pulumi
    .output(pooler.poolSize)
    .apply((size) => Math.max(connections[purpose], size ?? DEFAULT_POOL_SIZE));
}
