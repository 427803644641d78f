// Tests of what stands between the resources and the server: settings, passwords, SQL of roles, failures, the gate.
import { describe, expect, it } from "vitest";
import { keepsPassword } from "../../../lib/kept-password.ts";
import { UnprovenServerError } from "../../../lib/pg-client.ts";
import { scramVerifier } from "../../../lib/scram.ts";
import { UNKNOWN } from "../../../plugin/values.ts";
import { describeConnectFailure, isConflict, isNotYetReady } from "../../../provider/postgres/failures.ts";
import { Gate } from "../../../provider/postgres/gate.ts";
import { checkSettings, readSettings } from "../../../provider/postgres/settings.ts";
import { passwordClause } from "./password.ts";
import { attributeOptions, readSettings as readRoleSettings, settingStatements } from "./role-options.ts";

const given = {
  host: "db.example",
  port: "5433",
  sslmode: "disable",
  database: "admin",
  connectTimeout: "7",
};
const settings = readSettings(given, {});

describe("passwords", () => {
  it("go to the server as verifiers that it would have made itself", () => {
    const clause = passwordClause("pencil");
    expect(clause).toMatch(/^PASSWORD 'SCRAM-SHA-256\$4096:[^$]+\$[^:]+:[^']+'$/);
    expect(clause).not.toContain("pencil");
    expect(passwordClause("null")).toBe("PASSWORD NULL");
    const hashed = "md5a6343a68d964ca596d9752250d54bb8a";
    expect(passwordClause(hashed)).toBe(`PASSWORD '${hashed}'`);
    // As Postgres 15 kept it after ALTER ROLE ... PASSWORD 'pencil'.
    const kept =
      "SCRAM-SHA-256$4096:4x/zE98YHHGxViVf2qe0yg==$G5RuR52K0kSSolqzSrePR4nGzJtLuzaTAnj78yNmsAU=:O9eKLgfkGNKjAxLfSa5DcV1DhyelfC/99YPsmsqC5e4=";
    expect(scramVerifier("pencil", Buffer.from("4x/zE98YHHGxViVf2qe0yg==", "base64"))).toBe(kept);
    expect(keepsPassword(kept, "pencil")).toBe(true);
  });

  it("are recognised in the server's keeping", () => {
    expect(keepsPassword(scramVerifier("pencil"), "pencil")).toBe(true);
    expect(keepsPassword(scramVerifier("pencil"), "other")).toBe(false);
    expect(keepsPassword(null, "pencil")).toBe(false);
    expect(keepsPassword(null, "NULL")).toBe(true);
    expect(keepsPassword("md5a6343a68d964ca596d9752250d54bb8a", "pencil")).toBe(true);
  });
});

describe("roles", () => {
  it("quote whatever they are given", () => {
    const properties = {
      name: 'a"b',
      searchPaths: ["$user", 'x"; DROP'],
      assumeRole: "c",
      statementTimeout: 5,
    };
    expect(settingStatements(properties, () => true)).toEqual([
      'ALTER ROLE "a""b" SET search_path TO "$user", "x""; DROP"',
      'ALTER ROLE "a""b" SET statement_timeout TO 5',
      'ALTER ROLE "a""b" RESET idle_in_transaction_session_timeout',
      'ALTER ROLE "a""b" SET role TO "c"',
    ]);
    expect(
      attributeOptions({ login: true, validUntil: "x'y" }, (key) =>
        ["login", "superuser", "validUntil"].includes(key),
      ),
    ).toEqual(["NOSUPERUSER", "LOGIN", "VALID UNTIL 'x''y'"]);
  });

  it("read settings in every form in which the server keeps them", () => {
    expect(
      readRoleSettings(['search_path="$user", public, "a""b"', "statement_timeout=5min", "role=boss"]),
    ).toEqual({
      searchPaths: ["$user", "public", 'a"b'],
      statementTimeout: 300_000,
      idleInTransactionSessionTimeout: 0,
      assumeRole: "boss",
    });
  });
});

describe("settings", () => {
  it("are read with the environment's defaults", () => {
    expect(settings).toMatchObject({
      host: "db.example",
      port: 5433,
      username: "postgres",
      tls: false,
      connectTimeout: 7,
      superuser: true,
    });
    const env = {
      PGHOST: "h",
      PGPORT: "1",
      PGUSER: "u",
      PGPASSWORD: "p",
      PGDATABASE: "d",
      PGSSLMODE: "verify-full",
    };
    expect(readSettings({}, env)).toMatchObject({
      host: "h",
      port: 1,
      username: "u",
      password: "p",
      database: "d",
      tls: { rejectUnauthorized: true },
    });
    expect(readSettings({}, {})).toMatchObject({
      host: "localhost",
      tls: { rejectUnauthorized: false },
      connectTimeout: 180,
    });
  });

  it("are refused with every problem at once", () => {
    const wrong = {
      port: "0",
      sslmode: "prefer",
      awsRdsIamAuth: "true",
      hots: "x",
      superuser: "maybe",
      connectTimeout: "soon",
    };
    const properties = checkSettings(wrong, {}).map(({ property }) => property);
    expect(properties.sort()).toEqual([
      "awsRdsIamAuth",
      "connectTimeout",
      "hots",
      "port",
      "sslmode",
      "superuser",
    ]);
    expect(() => readSettings(wrong, {})).toThrow("postgresql:port must be a whole number from 1 to 65535");
    expect(checkSettings({ host: UNKNOWN, port: UNKNOWN, password: UNKNOWN }, {})).toEqual([]);
    expect(
      checkSettings({ host: "h", awsRdsIamAuth: "false", azureTenantId: "", version: "3.18.1" }, {}),
    ).toEqual([]);
  });
});

describe("failures", () => {
  const failure = (code: string, message = "x") => Object.assign(new Error(message), { code });

  it("are waited for, tried again, or explained", () => {
    expect(isNotYetReady(failure("ECONNREFUSED"))).toBe(true);
    expect(isNotYetReady(failure("57P03"))).toBe(true);
    expect(isNotYetReady(new Error("Connection terminated unexpectedly"))).toBe(true);
    expect(isNotYetReady(failure("28P01"))).toBe(false);
    expect(isConflict(failure("40P01"))).toBe(true);
    expect(isConflict(failure("42501"))).toBe(false);
    const explain = (error: Error) => describeConnectFailure(error, settings, "d").message;
    expect(explain(failure("ECONNREFUSED"))).toContain("db.example:5433 did not answer within 7 s");
    expect(explain(failure("28P01"))).toContain('refused the login "postgres"');
    expect(explain(new UnprovenServerError("asked for an MD5 hash"))).toContain("ask for scram-sha-256");
    expect(isNotYetReady(new UnprovenServerError("let us in without a proof"))).toBe(false);
    expect(explain(failure("3D000"))).toContain('no database "d"');
    expect(explain(new Error("The server does not support SSL connections"))).toContain(
      'sslmode to "disable"',
    );
  });
});

describe("the gate", () => {
  it("lets so many in at a time, in order, and goes on after a failure", async () => {
    const gate = new Gate(2);
    const order: number[] = [];
    let inside = 0;
    let most = 0;
    const work = (n: number) => async () => {
      inside++;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      order.push(n);
      inside--;
      if (n === 1) throw new Error("one fails");
    };
    await Promise.allSettled([0, 1, 2, 3, 4].map((n) => gate.enter(work(n))));
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });
});
