// What is known of common data services: how their official images are run, and what of it is easily got wrong. Each was run for real:
// tests/integration/stateful.test.ts, stateful-presets.test.ts.
import type { TemporaryFolder } from "../lib/docker/writable.ts";
import type { HealthCheck } from "./health-check.ts";

/**
 * A preset. Texts may hold `{user}`, `{password}`, `{root}`, `{database}`, `{host}` and `{port}`; `{root}` is a password of the
 * service's own administrator. `{memory:50}` is half of the memory limit, in MiB.
 */
export interface Preset {
  /** Repository of the official image. */
  image: string;
  /** Port on the network. */
  port: number;
  /** Folder of the data in the container; none where nothing is kept. */
  data?: string;
  /** Whom it runs as, and who owns the data: the numbers of the official image. */
  user: string;
  /** Command. @default the image's */
  command?: readonly string[];
  /** Folders in memory that it writes to, besides `/tmp`. */
  temporary?: Readonly<Record<string, TemporaryFolder>>;
  /** Plain variables. */
  environment?: Readonly<Record<string, string>>;
  /** Variables that hold secrets; they reach it as files. */
  secrets?: Readonly<Record<string, string>>;
  /** Files by absolute path. */
  files?: Readonly<Record<string, string>>;
  health: HealthCheck;
  /** Seconds until it must be healthy: a first start makes the data. */
  healthTimeoutSeconds: number;
  /** Seconds that it has to end: it writes down what it holds in memory. */
  stopGraceSeconds: number;
  /** Does the image make the login with the data, and never again? */
  loginWithData?: true;
  /** URL of the application's login. */
  url?: string;
  /** Commands in its container that write a dump to the standard output, and read one from the standard input. */
  dump?: { readonly command: readonly string[]; readonly restore: readonly string[] };
}

/** With a password that stands in a file: a variable of the container would show it in `docker inspect`. */
const withPassword = (name: string, line: string) =>
  ["sh", "-c", `MYSQL_PWD=$(cat /run/secrets/${name}) && export MYSQL_PWD && ${line}`] as const;

/** All presets by name. */
export const PRESETS = {
  /** https://hub.docker.com/_/mariadb */
  mariadb: {
    image: "mariadb",
    port: 3306,
    data: "/var/lib/mysql",
    user: "999:999",
    // Its own default is 128 MiB, whatever the container may use.
    command: ["mariadbd", "--innodb-buffer-pool-size={memory:50}M"],
    // Sorts that don't fit the memory, and its socket.
    temporary: { "/tmp": { sizeMb: 128 }, "/run/mysqld": { sizeMb: 1 } },
    environment: {
      MARIADB_USER: "{user}",
      MARIADB_DATABASE: "{database}",
      // The image's own default lets root in from everywhere.
      MARIADB_ROOT_HOST: "localhost",
      // Without it a new version runs on the system tables of the old one.
      MARIADB_AUTO_UPGRADE: "1",
    },
    secrets: { MARIADB_PASSWORD: "{password}", MARIADB_ROOT_PASSWORD: "{root}" },
    // By TCP: the server that makes the data has a socket only, and isn't the one that serves.
    health: { command: ["healthcheck.sh", "--connect", "--innodb_initialized"] },
    healthTimeoutSeconds: 180,
    stopGraceSeconds: 120,
    loginWithData: true,
    url: "mysql://{user}:{password}@{host}:{port}/{database}",
    dump: {
      // One snapshot, without a lock that writers would wait for; the users are not in it.
      command: withPassword(
        "MARIADB_ROOT_PASSWORD",
        'exec mariadb-dump --user=root --single-transaction --routines --triggers --events --hex-blob --add-drop-database --databases "$MARIADB_DATABASE"',
      ),
      // What the application made is run with its own rights, and not as root.
      restore: withPassword("MARIADB_PASSWORD", 'exec mariadb --user="$MARIADB_USER" --binary-mode'),
    },
  },
  /** https://hub.docker.com/_/rabbitmq */
  rabbitmq: {
    image: "rabbitmq",
    port: 5672,
    data: "/var/lib/rabbitmq",
    user: "999:999",
    // Its data lies in a folder with the node's name, which is the container's by default: each new one would begin with nothing.
    environment: { RABBITMQ_NODENAME: "rabbit@localhost" },
    files: {
      "/etc/rabbitmq/conf.d/20-tandem.conf":
        // It needs its queues and no administration, which the image's own default gives.
        "default_user = {user}\ndefault_pass = {password}\ndefault_user_tags.administrator = false\n" +
        // Publishers wait above it; the rest is for what comes and goes.
        "vm_memory_high_watermark.absolute = {memory:50}MiB\n",
    },
    // Its own check starts an Erlang VM each time; its listener comes last at a start.
    health: { tcp: true },
    healthTimeoutSeconds: 180,
    stopGraceSeconds: 120,
    loginWithData: true,
    url: "amqp://{user}:{password}@{host}:{port}/%2F",
    dump: {
      command: ["rabbitmqctl", "--quiet", "export_definitions", "-"],
      // By a file: its own reading of the standard input doesn't end with that.
      restore: [
        ...["sh", "-c"],
        'file=$(mktemp) && trap \'rm -f "$file"\' EXIT && cat > "$file" && rabbitmqctl --quiet import_definitions "$file"',
      ],
    },
  },
  /** https://hub.docker.com/_/nats */
  nats: {
    image: "nats",
    port: 4222,
    data: "/data",
    user: "1000:1000",
    command: ["--config", "/etc/nats/nats-server.conf"],
    files: {
      "/etc/nats/nats-server.conf":
        // Without a monitoring port there is no health to ask for; it listens inside the container only.
        'listen: "0.0.0.0:4222"\nhttp: "127.0.0.1:8222"\n' +
        'jetstream { store_dir: "/data", max_memory_store: {memory:50}MB }\n' +
        'authorization { user: "{user}", password: "{password}" }\n',
    },
    health: { http: "/healthz", port: 8222 },
    healthTimeoutSeconds: 60,
    stopGraceSeconds: 60,
    url: "nats://{user}:{password}@{host}:{port}",
  },
  /** https://hub.docker.com/_/memcached */
  memcached: {
    image: "memcached",
    port: 11_211,
    user: "11211:11211",
    // Its own default is 64 MiB, whatever the container may use; connections and their buffers need the rest.
    command: ["memcached", "--memory-limit={memory:75}"],
    health: { tcp: true },
    healthTimeoutSeconds: 60,
    stopGraceSeconds: 10,
  },
} as const satisfies Readonly<Record<string, Preset>>;

/** Name of a preset. */
export type PresetName = keyof typeof PRESETS;
