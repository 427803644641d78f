// A database on a server that no stack owns, over TLS, and PgBouncer in front of it.
import { createConnection } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../ops/inspect/verify/servers.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { docker } from "../support/docker.ts";
import { MANAGER, type OutsidePostgres, startOutsidePostgres } from "../support/outside-postgres.ts";
import { TestProgram } from "../support/program.ts";

const POOL_SIZE = 2;
let outside: OutsidePostgres;
let program: TestProgram;
let pooled: URL;
let outputs: Record<string, string>;

function source(caFile: string): string {
  const { host, server } = outside;
  return `
    import * as postgresql from "@pulumi/postgresql";
    import * as pulumi from "@pulumi/pulumi";
    import { Environment, PgDatabase } from "tandem";
    const env = new Environment("dev", { system: "$SYSTEM", environment: "dev", data: { protect: false } });
    const server = {
      kind: "managed" as const,
      host: pulumi.output("${host}"),
      port: pulumi.output(${server.port}),
      caFile: ${JSON.stringify(caFile)},
    };
    const login = { username: "${MANAGER.user}", password: pulumi.secret("${MANAGER.password}") };
    const limits = { cpus: 0.25, memoryMb: 64, pids: 32 };
    const database = new PgDatabase("postgres", {
      env,
      server: { ...server, ...login },
      database: "shop",
      extensions: ["vector"],
      pooler: { image: "${referenceOf("pgbouncer")}", limits, poolSize: ${POOL_SIZE} },
    });
    // A provider of the program's own takes the place of a login.
    const { host, port } = server;
    const settings = { host, port, ...login, sslmode: "verify-full", sslrootcert: ${JSON.stringify(caFile)} };
    const provider = new postgresql.Provider("mine", { ...settings, superuser: false, connectTimeout: 30 });
    const other = new PgDatabase("other", { env, server, database: "library" }, { providers: [provider] });
    export const app = database.url;
    export const owner = database.ownerUrl;
    export const files = Object.keys(database.files).join();
    export const otherApp = other.url;
  `;
}

/** The login of a URL, by the address at which this machine reaches the server or the pooler. */
function reach(
  url: string,
  { hostname, port }: { hostname: string; port: string | number },
): pg.ClientConfig {
  const { username, password, pathname } = new URL(url);
  const database = pathname.slice(1);
  return {
    host: hostname,
    port: Number(port),
    user: username,
    password: decodeURIComponent(password),
    database,
  };
}

/** Connects, works and disconnects. */
async function connected<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionTimeoutMillis: 10_000, ...config });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const direct = (url: string): pg.ClientConfig => ({
  ...reach(url, { hostname: outside.host, port: outside.server.port }),
  ssl: { rejectUnauthorized: false },
});

beforeAll(async () => {
  outside = await startOutsidePostgres(referenceOf("postgres"));
  program = await TestProgram.create(source(outside.foreignCaFile));
});

afterAll(async () => {
  await program?.remove();
  await outside?.remove();
});

describe("a managed server", () => {
  it("is not used when somebody else's certificates signed its own", async () => {
    const up = await program.pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode).not.toBe(0);
    expect(up.output).toMatch(/certificate/);
    expect(await outside.server.query("SELECT datname FROM pg_database WHERE datname = 'shop'")).toEqual([]);
  });

  it("gets databases with three logins each from a login that is no superuser, over TLS, and shows no change", async () => {
    program.write(source(outside.caFile));
    const up = await program.pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.output).toBe(0);
    expect(up.output).not.toContain(MANAGER.password);
    const refresh = await program.pulumi("refresh", "--preview-only", "--expect-no-changes", "--diff");
    expect(refresh.exitCode, refresh.output).toBe(0);
    const shown = await program.pulumi("stack", "output", "--json", "--show-secrets", "--stack");
    outputs = JSON.parse(shown.output) as Record<string, string>;
    pooled = new URL(outputs.app ?? "");
    const { NetworkSettings } = await docker.getContainer(pooled.hostname).inspect();
    pooled.hostname = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "";
    const owned =
      "SELECT datname, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname IN ('shop', 'library') ORDER BY 1";
    expect(await outside.server.query(owned)).toEqual([
      { datname: "library", owner: "library_owner" },
      { datname: "shop", owner: "shop_owner" },
    ]);
  });

  it("is named to clients with the certificates to check it by", () => {
    const query = "?sslmode=verify-full&sslrootcert=%2Frun%2Fsecrets%2Fpostgres-ca.pem";
    expect(outputs.owner).toContain(query);
    expect(outputs.otherApp).toContain(query);
    expect(outputs.files).toBe("/run/secrets/postgres-ca.pem");
  });

  it("refuses one database's logins at the other, and the app's login what only the owner may", async () => {
    const { otherApp = "", owner = "", app = "" } = outputs;
    await connected(direct(owner), (client) => client.query("CREATE TABLE items (id int, name text)"));
    await expect(connected({ ...direct(otherApp), database: "shop" }, async () => undefined)).rejects.toThrow(
      /permission denied for database/,
    );
    await connected(direct(app), async (client) => {
      await client.query("INSERT INTO items VALUES (1, 'lamp')");
      await expect(client.query("DROP TABLE items")).rejects.toThrow(/must be owner/);
      await expect(client.query("CREATE TABLE mine ()")).rejects.toThrow(/permission denied/);
    });
  });
});

describe("the pooler", () => {
  const login = () => reach(outputs.app ?? "", pooled);

  it("asks for scram-sha-256, and lets nobody in with a wrong password or another login", async () => {
    expect(await offeredAuthentication(pooled)).toBe("SCRAM-SHA-256");
    const wrong = connected({ ...login(), password: "wrong" }, async () => undefined);
    await expect(wrong).rejects.toThrow(/authentication failed/);
    await expect(wrong).rejects.toSatisfy((error) => isRefusal(error, false));
    for (const user of ["shop_owner", "library_app", MANAGER.user, "pgbouncer"]) {
      const refused = connected({ ...login(), user }, async () => undefined);
      await expect(refused).rejects.toThrow(/authentication failed/);
      await expect(refused).rejects.toSatisfy((error) => isRefusal(error, false));
    }
    await expect(connected({ ...login(), database: "pgbouncer" }, async () => undefined)).rejects.toThrow();
  });

  it("serves many clients with few connections, each encrypted, one transaction at a time", async () => {
    const clients = Array.from({ length: 20 }, () => new pg.Client(login()));
    await Promise.all(clients.map((client) => client.connect()));
    try {
      const backends = await Promise.all(
        clients.map(async (client) => {
          await client.query("BEGIN");
          const { rows } = await client.query(
            "SELECT pg_backend_pid() AS pid, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
          );
          const again = await client.query("SELECT pg_backend_pid() AS pid");
          await client.query("COMMIT");
          expect(again.rows[0].pid).toBe(rows[0].pid);
          expect(rows[0].ssl).toBe(true);
          return rows[0].pid as number;
        }),
      );
      expect(new Set(backends).size).toBeLessThanOrEqual(POOL_SIZE);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("keeps prepared statements apart and alive across connections", async () => {
    const clients = Array.from({ length: 6 }, () => new pg.Client(login()));
    await Promise.all(clients.map((client) => client.connect()));
    try {
      // The same name for another statement in each client, again and again over connections that they share.
      for (let round = 0; round < 10; round++) {
        const answers = await Promise.all(
          clients.map((client, n) =>
            client.query({ name: "same", text: `SELECT $1::int * ${n + 2} AS product`, values: [round] }),
          ),
        );
        expect(answers.map(({ rows }) => rows[0].product)).toEqual(clients.map((_, n) => round * (n + 2)));
      }
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("holds the passwords in files only", async () => {
    const container = await docker.getContainer(new URL(outputs.app ?? "").hostname).inspect();
    const { password } = new URL(outputs.app ?? "");
    expect(JSON.stringify(container)).not.toContain(password);
  });
});

describe("afterwards", () => {
  it("a destroy keeps both databases, and what somebody else has on the server is as it was", async () => {
    await outside.server.query("CREATE DATABASE foreign_data");
    const destroy = await program.pulumi("destroy", "--yes", "--skip-preview");
    expect(destroy.exitCode, destroy.output).toBe(0);
    const kept =
      "SELECT datname FROM pg_database WHERE datname IN ('shop', 'library', 'foreign_data') ORDER BY 1";
    expect(await outside.server.query(kept)).toHaveLength(3);
  });
});

/** The SASL mechanisms that a server offers to a login, read from its first answer. */
async function offeredAuthentication({ hostname, port, username, pathname }: URL): Promise<string> {
  const text = ["user", username, "database", pathname.slice(1), "", ""].join("\0").slice(0, -1);
  const startup = Buffer.alloc(8 + Buffer.byteLength(text));
  startup.writeInt32BE(startup.length, 0);
  startup.writeInt32BE(196_608, 4);
  startup.write(text, 8);
  return await new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) }, () => socket.write(startup));
    socket.once("error", reject);
    socket.once("data", (answer) => {
      socket.destroy();
      // 'R', a length, 10 for SASL, then names that end with a zero byte each.
      const isSasl = answer.toString("latin1", 0, 1) === "R" && answer.readInt32BE(5) === 10;
      resolve(isSasl ? answer.toString("latin1", 9).split("\0").filter(Boolean).join() : "no SASL");
    });
  });
}
