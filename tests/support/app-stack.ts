// Postgres and Redis for the example app, set up as the components set them up: an owner that migrates, an app login
// that owns nothing, a Redis user without dangerous commands. Credentials reach containers as files in a volume.
import { createHash, randomBytes } from "node:crypto";
import { appReference, referenceOf } from "../../setup/images/catalog.ts";
import { removeLabelled } from "./docker.ts";
import { dockerCli, dockerOk, until } from "./docker-cli.ts";

const hardened = [
  "--read-only",
  "--cap-drop",
  "ALL",
  "--security-opt",
  "no-new-privileges",
  "--tmpfs",
  "/tmp",
];

/** A private network with Postgres, Redis and any number of app containers. */
export class AppStack {
  readonly name: string;
  readonly label: string;
  /** Password of every login; must appear in no log. */
  readonly password = randomBytes(12).toString("hex");
  readonly #secrets: string;

  constructor(name: string) {
    this.name = name;
    this.label = `tandem.test=${name}`;
    this.#secrets = `${name}-secrets`;
  }

  /** Starts Postgres and Redis and waits until both answer. */
  async start(): Promise<void> {
    await dockerOk(["network", "create", "--label", this.label, this.name]);
    await dockerOk(["volume", "create", "--label", this.label, this.#secrets]);
    const url = (user: string) => `postgres://${user}:${this.password}@postgres:5432/app`;
    const hash = createHash("sha256").update(this.password).digest("hex");
    await this.putSecret("password", this.password);
    await this.putSecret("app-url", url("notes_app"));
    await this.putSecret("owner-url", url("notes_owner"));
    await this.putSecret("redis-url", `redis://app:${this.password}@redis:6379/0`);
    await this.putSecret("redis-wrong-url", `redis://app:${this.password}x@redis:6379/0`);
    const user = `user app on #${hash} resetchannels ~* &* +@all -@admin -@dangerous +info`;
    await this.putSecret("users.acl", `user default off\n${user}\n`);
    await this.#startPostgres();
    await this.#startRedis();
  }

  /** Runs the app in one of its roles. @returns the container's name */
  async run(role: string, env: Readonly<Record<string, string>> = {}, name: string = role): Promise<string> {
    const container = `${this.name}-${name}`;
    const variables = {
      APP_ENV: "staging",
      DATABASE_URL_FILE: "/run/secrets/app-url",
      MIGRATE_DATABASE_URL_FILE: "/run/secrets/owner-url",
      REDIS_URL_FILE: "/run/secrets/redis-url",
      ...env,
    };
    const set = Object.entries(variables).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
    const publish = ["-p", "127.0.0.1::8080"];
    await this.#run(container, [...publish, ...set], appReference(), [role]);
    return container;
  }

  /** Runs SQL as administrator. @returns rows, `|` between columns */
  async sql(statements: string, database = "app"): Promise<string> {
    return dockerOk(
      [
        "exec",
        "-i",
        `${this.name}-postgres`,
        "psql",
        "-qXAt",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        "boss",
        database,
      ],
      statements,
    );
  }

  /** Removes everything that was made. */
  async remove(): Promise<void> {
    await removeLabelled(this.label);
  }

  async putSecret(file: string, text: string): Promise<void> {
    const image = referenceOf("redis");
    const mount = ["run", "--rm", "-i", "--network", "none", "-v", `${this.#secrets}:/secrets`];
    const script = `cat > /secrets/${file}; chmod 644 /secrets/${file}`;
    await dockerOk([...mount, "--entrypoint", "sh", image, "-c", script], text);
  }

  async #run(container: string, options: string[], image: string, command: string[]): Promise<void> {
    const common = ["run", "-d", "--name", container, "--label", this.label, "--network", this.name];
    const secrets = ["-v", `${this.#secrets}:/run/secrets:ro`];
    await dockerOk([...common, ...hardened, ...secrets, ...options, image, ...command]);
  }

  async #startPostgres(): Promise<void> {
    const container = `${this.name}-postgres`;
    const env = ["-e", "POSTGRES_USER=boss", "-e", "POSTGRES_PASSWORD_FILE=/run/secrets/password"];
    const options = ["--user", "postgres", "--network-alias", "postgres", "--tmpfs", "/var/run/postgresql"];
    await this.#run(container, [...options, ...env], referenceOf("postgres"), ["-c", "fsync=off"]);
    const ready = ["exec", container, "pg_isready", "-h", "127.0.0.1", "-U", "boss"];
    await until("Postgres", async () => (await dockerCli(ready)).code === 0);
    await this.sql(
      `CREATE ROLE notes_owner LOGIN PASSWORD '${this.password}';
       CREATE ROLE notes_app LOGIN PASSWORD '${this.password}';
       CREATE DATABASE app OWNER notes_owner;`,
      "boss",
    );
    await this.sql(
      `REVOKE ALL ON DATABASE app FROM PUBLIC;
       GRANT CONNECT ON DATABASE app TO notes_app;
       CREATE EXTENSION vector;
       ALTER DEFAULT PRIVILEGES FOR ROLE notes_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO notes_app;
       ALTER DEFAULT PRIVILEGES FOR ROLE notes_owner GRANT USAGE, SELECT ON SEQUENCES TO notes_app;`,
    );
  }

  async #startRedis(): Promise<void> {
    const container = `${this.name}-redis`;
    const command = [
      "redis-server",
      "--aclfile",
      "/run/secrets/users.acl",
      "--maxmemory-policy",
      "noeviction",
    ];
    const options = ["--user", "redis", "--network-alias", "redis", "--tmpfs", "/data:uid=999,gid=999"];
    await this.#run(container, options, referenceOf("redis"), command);
    const ping = ["exec", container, "redis-cli", "ping"];
    await until("Redis", async () => (await dockerCli(ping)).stdout.includes("NOAUTH"));
  }
}
