// The postgresql provider with a login that is no superuser: it lends itself the owner's role, again and again, side by side.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PgServer } from "../../provider/postgres/server.ts";
import { readSettings } from "../../provider/postgres/settings.ts";
import { grant } from "../../standins/providers/postgresql/grant.ts";
import { requirePostgresImage, TestPostgres } from "../support/postgres.ts";

const image = await requirePostgresImage();
const MANAGER = { user: "manager", password: "canary-manager-41d0" };
/** Rounds of changes and reads on each of the two providers. */
const ROUNDS = 15;
const READERS = 3;

const usage = (role: string, privileges = ["USAGE"]) => ({
  role,
  database: "shop",
  schema: "public",
  objectType: "schema",
  objects: [],
  columns: [],
  privileges,
  withGrantOption: false,
});

describe(`lent roles on ${image}`, () => {
  let server: TestPostgres;

  /** A provider as the engine starts it: one process for each provider of a program. */
  const provider = () =>
    new PgServer(
      readSettings(
        {
          host: "127.0.0.1",
          port: String(server.port),
          username: MANAGER.user,
          password: MANAGER.password,
          sslmode: "disable",
          superuser: "false",
        },
        {},
      ),
    );

  beforeAll(async () => {
    server = await TestPostgres.start(String(image));
    await server.ready();
    await server.query(
      `CREATE ROLE ${MANAGER.user} LOGIN CREATEDB CREATEROLE PASSWORD '${MANAGER.password}'`,
    );
    await server.query("CREATE ROLE shop_owner; CREATE ROLE shop_app; CREATE ROLE shop_readonly", MANAGER);
    await server.query("GRANT shop_owner TO manager", MANAGER);
    await server.query("CREATE DATABASE shop OWNER shop_owner", MANAGER);
    await server.query("REVOKE shop_owner FROM manager", MANAGER);
    // Like every database of PgDatabase: closed to whoever is neither the owner nor named.
    await server.query("REVOKE ALL ON DATABASE shop FROM PUBLIC");
  });

  afterAll(() => server?.remove());

  it("last as long as the work that needs them, with two providers and reads in between", async () => {
    const providers = [provider(), provider()];
    const work = providers.flatMap((one, n) => {
      const role = n === 0 ? "shop_app" : "shop_readonly";
      const change = async () => {
        for (let round = 0; round < ROUNDS; round++) {
          await grant.create(one, usage(role, round % 2 === 0 ? ["USAGE"] : []));
        }
        await grant.create(one, usage(role));
      };
      const read = async () => {
        for (let round = 0; round < ROUNDS; round++) await grant.read(one, usage(role));
      };
      return [change(), ...Array.from({ length: READERS }, read)];
    });
    const outcomes = await Promise.allSettled(work);
    expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
    for (const one of providers) {
      expect(await grant.read(one, usage("shop_app"))).toMatchObject({ privileges: ["USAGE"] });
    }
    const left = "SELECT 1 FROM pg_auth_members WHERE member = 'manager'::regrole AND set_option";
    expect(await server.query(left)).toEqual([]);
  });
});
