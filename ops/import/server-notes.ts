// What the import tells of a database and of Redis: what of compose's servers is not taken, and what of their clients must change.
import type { Notes } from "./notes.ts";
import type { PairedService } from "./pair.ts";
import type { Variables } from "./variables.ts";

/** Tells of what a server of compose has that the component in its place has not. */
export function tellOfServer({ name, main, kind }: PairedService, notes: Notes): void {
  const scripts = main.mounts.filter(({ target }) => target.startsWith("/docker-entrypoint-initdb.d"));
  if (scripts.length > 0) {
    notes.decide(
      name,
      "its scripts in /docker-entrypoint-initdb.d are not run: name its extensions, and give SQL that its owner may run as initScripts",
      'extensions: ["vector"], initScripts: [readFileSync("init.sql", "utf8")]',
    );
  }
  if (
    main.mounts.some(({ readOnly, target }) => !readOnly && !scripts.some((one) => one.target === target))
  ) {
    notes.decide(name, "its data is not taken along: dump it there, and restore it here after the first up");
  }
  if (main.command !== undefined || main.entrypoint !== undefined) {
    notes.left(
      name,
      kind === "redis"
        ? "its command: Redis keeps an append-only file here, and refuses writes rather than to lose a queue's keys; a cache is one by `mode`"
        : "its command: memory settings follow from the limit, and others are given by `settings` and `preload`",
    );
  }
  if (main.ports.length > 0) {
    notes.left(
      name,
      "its published port: nobody outside reaches it, and docs/console.md says how to open it",
    );
  }
}

/** Tells of what the clients of the servers must be told. */
export function tellOfClient(
  role: string,
  { environment, secrets, servers }: Variables,
  login: "url" | "ownerUrl",
  notes: Notes,
): void {
  const codes = Object.values({ ...environment, ...secrets });
  const names = (word: string) => codes.some((code) => code.includes(word));
  if (servers.includes("postgres") && !names("postgres")) {
    notes.decide(
      role,
      "it waits for the database, and no variable that is known here leads to it",
      `secrets: { DATABASE_URL: postgres.${login} }`,
    );
  } else if (servers.includes("postgres") && login === "ownerUrl") {
    notes.decide(
      role,
      "it connects to the database as its owner, since nothing else here makes the tables. With a migration of its own it needs the application's login only",
      'migration: { command: ["your-migration"], secrets: { DATABASE_URL: postgres.ownerUrl } }',
    );
  }
  if (!servers.includes("redis") || names("redis.url")) return;
  const text = names("redis.host")
    ? "it has Redis' host, and Redis here asks for the user app and a password as well"
    : "it waits for Redis, and no variable that is known here leads to it";
  notes.decide(role, text, "secrets: { REDIS_URL: redis.url }");
}
