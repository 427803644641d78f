// What a test asks of shared servers: as an environment's app would, with the credentials that the app has.
import { Redis } from "ioredis";
import pg from "pg";
import { exec } from "../../provider/docker/containers.ts";
import { docker } from "./docker.ts";
import type { TestProject } from "./project.ts";
import { containerOf } from "./snapshot.ts";

/** A secret of a stack's app, as the app itself reads it. */
export async function appSecret(project: TestProject, stack: string, name: string): Promise<URL> {
  const container = await containerOf(project.name, stack, "app");
  const { stdout } = await exec(docker, container, ["cat", `/run/secrets/${name}`]);
  return new URL(stdout);
}

/** Runs a statement on the shared Postgres server with a stack's own login, from the Docker host's loopback. */
export async function queryAs(
  project: TestProject,
  stack: string,
  sql: string,
  database?: string,
): Promise<Record<string, unknown>[]> {
  const url = await urlOf(project, stack);
  if (database !== undefined) url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** URL of a stack's own login, at the port that the shared server has on this machine. */
async function urlOf(project: TestProject, stack: string): Promise<URL> {
  const url = await appSecret(project, stack, "DATABASE_URL");
  url.hostname = "127.0.0.1";
  url.port = String(project.config("shared").postgresPort);
  return url;
}

/** Opens connections with a stack's own login, all before any is closed. @returns why those that were refused were */
export async function refusals(project: TestProject, stack: string, count: number): Promise<string[]> {
  const { href } = await urlOf(project, stack);
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: href }));
  const opened = await Promise.allSettled(clients.map((client) => client.connect()));
  await Promise.allSettled(clients.map((client) => client.end()));
  return opened.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
}

/** Runs a script on the shared Postgres server as its administrator; gives what psql printed. */
export async function psqlAsAdmin(project: TestProject, sql: string, database = "postgres"): Promise<string> {
  const command = ["psql", "-XqAt", "-U", "postgres", "-d", database, "-f", "-"];
  return (await exec(docker, `${project.name}_shared_postgres`, command, sql)).output.trim();
}

/** The shared Redis server's URL with a stack's own login, through the stack's own network. */
export async function redisUrl(project: TestProject, stack: string): Promise<string> {
  const url = await appSecret(project, stack, "REDIS_URL");
  const { NetworkSettings } = await docker.getContainer(`${project.name}_shared_redis`).inspect();
  const network = NetworkSettings.Networks[`${project.name}_shared_${stack}`];
  url.hostname = network?.IPAddress ?? "";
  return url.href;
}

/** A client on the shared Redis server with a stack's own login. */
export async function redisAs(project: TestProject, stack: string): Promise<Redis> {
  const url = await redisUrl(project, stack);
  return new Redis(url, { maxRetriesPerRequest: 1, lazyConnect: true, enableReadyCheck: false });
}

/** Runs a command on the shared Redis server as its administrator. */
export async function redisAsAdmin(project: TestProject, ...args: string[]): Promise<string> {
  const login = 'REDISCLI_AUTH="$(cat /run/secrets/admin-password)" exec redis-cli --user admin "$@"';
  const command = ["sh", "-c", login, "sh", "--no-auth-warning", ...args];
  return (await exec(docker, `${project.name}_shared_redis`, command)).output.trim();
}

/** What a Redis command answers, or the server's words when it refuses. */
export async function answerOf(redis: Redis, ...command: [string, ...(string | number)[]]): Promise<unknown> {
  const [name, ...args] = command;
  return await redis.call(name, ...args).catch((error: Error) => error.message);
}
