// What of an environment is still there after its data was deleted: nothing that a tenant made may stay for the next one.
import { exec } from "../../provider/docker/containers.ts";
import { restorePointFolder } from "../../provider/postgres/restore-point.ts";
import { docker } from "../support/docker.ts";
import { partsOf } from "../support/pair.ts";
import { redisAsAdmin } from "../support/shared-servers.ts";
import { prefixOf } from "./redis-login.ts";
import type { Site } from "./site.ts";

/** On a Postgres server: roles, databases, and restore points, which are copies of one. */
async function inPostgres(site: Site): Promise<string[]> {
  const named = (column: string) => `starts_with(${column}, '${site.database}')`;
  const found = await site.sql(`SELECT 'role ' || rolname FROM pg_roles WHERE ${named("rolname")}
    UNION ALL SELECT 'database ' || datname FROM pg_database WHERE ${named("datname")};`);
  const folder = await restorePointFolder(docker, { containerId: site.server, name: site.database });
  const { exitCode } = await exec(docker, site.server, ["test", "-e", folder]);
  return [...found.split("\n"), exitCode === 0 ? folder : ""].filter((line) => line !== "");
}

/** On a Redis server: logins, and keys of every database. */
async function inRedis(site: Site): Promise<string[]> {
  const info = await redisAsAdmin(site.project, "INFO", "keyspace");
  const numbers = [...info.matchAll(/\bdb(\d+):keys=/g)].map(([, number]) => String(number));
  const scan = ["--scan", "--pattern", `${prefixOf(site)}*`];
  const keys = await Promise.all(numbers.map((number) => redisAsAdmin(site.project, "-n", number, ...scan)));
  const users = await redisAsAdmin(site.project, "ACL", "USERS");
  return [...keys, ...users.split("\n").filter((user) => user.includes(site.stack))].filter(
    (text) => text !== "",
  );
}

/** What is left; empty where all is gone. */
export async function remains(site: Site): Promise<string[]> {
  const { containers, networks, volumes } = await partsOf(site.project.name, site.stack);
  const parts = [...containers, ...networks].map(({ name }) => name);
  const servers = site.system === "lugh" ? [...(await inPostgres(site)), ...(await inRedis(site))] : [];
  return [...parts, ...volumes, ...servers];
}
