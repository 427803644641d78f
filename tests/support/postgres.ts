// A Postgres server for tests, in a container of its own that logs every statement.
import pRetry from "p-retry";
import pg from "pg";
import { exec } from "../../provider/docker/containers.ts";
import { docker, requireImage, uniqueName } from "./docker.ts";
import { freePort } from "./project.ts";

/** Password of the superuser; a canary too, which must be found in no log. */
export const ADMIN_PASSWORD = "canary-admin-7f3a";

/** An image of pgvector's that is on the machine. */
export async function requirePostgresImage(): Promise<string> {
  return await requireImage("pgvector/pgvector");
}

/** A running server. */
export class TestPostgres {
  readonly port: number;
  readonly #host: string;
  /** The container's id. */
  readonly containerId: string;

  private constructor(container: string, host: string, port: number) {
    this.containerId = container;
    this.#host = host;
    this.port = port;
  }

  /** Starts a server on an address of this machine, without waiting until it answers: the provider has to. */
  static async start(
    image: string,
    host = "127.0.0.1",
    limits?: { memoryMb: number; cpus: number },
  ): Promise<TestPostgres> {
    const port = await freePort();
    const container = await docker.createContainer({
      name: uniqueName("tandem-test-postgres-"),
      Image: image,
      Cmd: ["postgres", "-c", "log_statement=all", "-c", "fsync=off"],
      Env: [`POSTGRES_PASSWORD=${ADMIN_PASSWORD}`],
      Labels: { "tandem.test": "providers" },
      HostConfig: {
        PortBindings: { "5432/tcp": [{ HostIp: host, HostPort: String(port) }] },
        ...(limits && {
          Memory: limits.memoryMb * 2 ** 20,
          CpuPeriod: 100_000,
          CpuQuota: limits.cpus * 100_000,
        }),
      },
    });
    await container.start();
    return new TestPostgres(container.id, host, port);
  }

  /** Waits until the server answers. */
  async ready(): Promise<void> {
    await pRetry(() => this.query("SELECT 1"), { retries: 240, minTimeout: 250, factor: 1 });
  }

  /** Runs statements as the superuser, or as another login. */
  async query<T extends pg.QueryResultRow>(
    sql: string,
    login: { user?: string; password?: string; database?: string } = {},
  ): Promise<T[]> {
    const client = new pg.Client({
      host: this.#host,
      port: this.port,
      user: "postgres",
      password: ADMIN_PASSWORD,
      database: "postgres",
      ...login,
    });
    await client.connect();
    try {
      const result = (await client.query<T>(sql)) as pg.QueryResult<T> | pg.QueryResult<T>[];
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  /** Runs a command in its container as root. */
  async run(command: string[], input?: string): Promise<void> {
    const { exitCode, output } = await exec(docker, this.containerId, command, input);
    if (exitCode !== 0) throw new Error(output);
  }

  /** Everything that the server has logged. */
  async log(): Promise<string> {
    const output = await docker.getContainer(this.containerId).logs({ stdout: true, stderr: true });
    return output.toString("utf8");
  }

  /** Removes the server with its data. */
  async remove(): Promise<void> {
    await docker.getContainer(this.containerId).remove({ force: true, v: true });
  }
}
