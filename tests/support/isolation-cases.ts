// Isolation by attack, on a pair of The Oracle that is up: what staging's app, its position and its credentials can reach of
// production, and the reverse.
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { askRedis } from "../../ops/inspect/verify/servers.ts";
import { connectFrom, endProbes, resolveFrom, scanFrom } from "./attacker.ts";
import { docker } from "./docker.ts";
import { long } from "./long-form.ts";
import type { TestProject } from "./project.ts";
import { containerOf } from "./snapshot.ts";

type Stack = "staging" | "production";
const PAIRS: [Stack, Stack][] = [
  ["staging", "production"],
  ["production", "staging"],
];

/** The cases, for a project whose staging and production are up. */
export function isolationCases(current: () => TestProject): void {
  /** Address of a component's container on its network. */
  async function addressOf(stack: Stack, component: string): Promise<string> {
    const { NetworkSettings } = await docker
      .getContainer(await containerOf(current().name, stack, component))
      .inspect();
    const [network] = Object.values(NetworkSettings.Networks);
    if (network === undefined) throw new Error(`${component} of ${stack} is on no network`);
    return network.IPAddress;
  }

  /** A secret variable of a stack's app, as the app itself has it. */
  async function variable(stack: Stack, name: string): Promise<URL> {
    const { Config } = await docker.getContainer(await containerOf(current().name, stack, "app")).inspect();
    const entry = Config.Env.find((line) => line.startsWith(`${name}=`));
    if (entry === undefined) throw new Error(`the app of ${stack} has no ${name}`);
    return new URL(entry.slice(name.length + 1));
  }

  /** The app's connection to Postgres, from the Docker host's loopback. */
  async function postgresUrl(login: Stack, server: Stack, database?: string): Promise<string> {
    const url = await variable(login, "DATABASE_URL");
    url.hostname = "127.0.0.1";
    url.port = String(current().config(server).postgresPort);
    if (database !== undefined) url.pathname = `/${database}`;
    return url.href;
  }

  /** Runs one statement; resolves to its rows, or rejects with the server's words. */
  async function query(url: string, sql: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Runs one Redis command on a container's address; gives the server's own words. */
  const redis = (host: string, login: URL | undefined, ...command: string[]) =>
    askRedis({ host, port: 6379 }, login, ...command);

  describe("isolation", () => {
    afterAll(endProbes);

    describe.each(PAIRS)("from %s's app to %s", (from, to) => {
      it.each(["postgres", "redis", "gateway"])("its %s can't be resolved", async (component) => {
        const app = await containerOf(current().name, from, "app");
        const name = `${current().name}_${to}_${component}`;
        expect(await resolveFrom(app, name)).toBe("");
        // The same look-up from inside answers: the check can tell the difference.
        expect(await resolveFrom(await containerOf(current().name, to, "app"), name)).toMatch(
          /^\d+\.\d+\.\d+\.\d+$/,
        );
      });

      (from === "staging" ? it : long).each([
        ["postgres", 5432],
        ["redis", 6379],
      ])("its %s can't be reached by address on any port", async (component, port) => {
        const address = await addressOf(to, component);
        expect(await scanFrom(await containerOf(current().name, from, "app"), address)).toEqual([]);
        expect(await connectFrom(await containerOf(current().name, to, "app"), address, port)).toBe("open");
      });

      it("its Postgres can't be reached through the host's addresses", async () => {
        const app = await containerOf(current().name, from, "app");
        const { NetworkSettings } = await docker.getContainer(app).inspect();
        const gateways = Object.values(NetworkSettings.Networks).map((network) => network.Gateway);
        for (const gateway of [...gateways, "172.17.0.1"]) {
          expect(await connectFrom(app, gateway, Number(current().config(to).postgresPort))).not.toBe("open");
        }
      });

      it("its Postgres refuses these credentials when it is reached from the host", async () => {
        await expect(query(await postgresUrl(from, to), "select 1")).rejects.toThrow(
          /password authentication failed/,
        );
        expect(await query(await postgresUrl(to, to), "select 1 as one")).toEqual([{ one: 1 }]);
      });

      it("its Redis refuses these credentials when it is reached from the host", async () => {
        const host = await addressOf(to, "redis");
        await expect(redis(host, await variable(from, "REDIS_URL"), "PING")).rejects.toThrow(
          /WRONGPASS|NOAUTH/,
        );
        await expect(redis(host, undefined, "PING")).rejects.toThrow(/NOAUTH/);
        expect(await redis(host, await variable(to, "REDIS_URL"), "PING")).toBe("+PONG");
      });
    });

    describe("the app's login", () => {
      it.each([
        ["create roles", "create role intruder"],
        ["create databases", "create database intruder"],
        ["load extensions", "create extension hstore"],
        ["create tables", "create table public.intruder (id int)"],
        ["change the app's tables", "alter table notes add column intruder int"],
        ["read password hashes", "select rolpassword from pg_authid"],
        ["read the server's files", "select pg_read_file('/etc/passwd')"],
        ["run programs on the server", "copy (select 1) to program 'id'"],
        ["become the owner", "set role oracle_owner"],
        ["change server settings", "alter system set log_statement = 'all'"],
      ])("can't %s", async (_what, sql) => {
        const database = current().name.replaceAll("-", "_");
        const statement = sql.replace("oracle_owner", `${database}_staging_owner`);
        await expect(query(await postgresUrl("staging", "staging"), statement)).rejects.toThrow(
          /permission denied|must be|only roles|only superusers/i,
        );
      });

      it.each(["postgres", "template1"])("can't connect to the database %s", async (database) => {
        await expect(query(await postgresUrl("staging", "staging", database), "select 1")).rejects.toThrow(
          /permission denied for database/,
        );
      });

      it("can read and write rows", async () => {
        const url = await postgresUrl("staging", "staging");
        expect(
          await query(url, "select has_table_privilege('notes', 'select,insert,update,delete') as may"),
        ).toEqual([{ may: true }]);
      });

      it.each([
        ["FLUSHALL"],
        ["CONFIG", "GET", "*"],
        ["KEYS", "*"],
        ["ACL", "LIST"],
        ["SHUTDOWN"],
        ["REPLICAOF", "127.0.0.1", "6379"],
      ])("may not run %s on Redis", async (...command) => {
        const host = await addressOf("staging", "redis");
        await expect(redis(host, await variable("staging", "REDIS_URL"), ...command)).rejects.toThrow(
          /NOPERM/,
        );
      });
    });

    describe("the containers", () => {
      it("are hardened, limited, and publish nothing beyond loopback", async () => {
        const filters = JSON.stringify({ label: [`tandem.system=${current().name}`] });
        const containers = await docker.listContainers({ filters });
        expect(containers.length).toBe(8);
        for (const { Id } of containers) {
          const { HostConfig, Config, Name } = await docker.getContainer(Id).inspect();
          expect(HostConfig.CapDrop, Name).toEqual(["ALL"]);
          expect(HostConfig.SecurityOpt, Name).toEqual(["no-new-privileges:true"]);
          expect(HostConfig.ReadonlyRootfs, Name).toBe(true);
          expect(HostConfig.Init, Name).toBe(true);
          expect(HostConfig.Privileged, Name).toBe(false);
          expect(Config.User, Name).not.toMatch(/^(|0|root)(:.*)?$/);
          expect(HostConfig.Memory, Name).toBeGreaterThan(0);
          expect(HostConfig.MemorySwap, Name).toBe(HostConfig.Memory);
          expect(HostConfig.NanoCpus || HostConfig.CpuQuota, Name).toBeGreaterThan(0);
          expect(HostConfig.PidsLimit, Name).toBeGreaterThan(0);
          expect(HostConfig.LogConfig?.Config, Name).toEqual({ "max-file": "3", "max-size": "10m" });
          expect(JSON.stringify([HostConfig.Binds, HostConfig.Mounts]), Name).not.toContain("docker.sock");
          const bindings = Object.values(HostConfig.PortBindings ?? {}).flat() as { HostIp: string }[];
          for (const { HostIp } of bindings) expect(HostIp, Name).toBe("127.0.0.1");
        }
      });
    });
  });
}
