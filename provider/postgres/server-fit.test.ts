// Unit tests of whether a server's image can read what a volume holds.
import { describe, expect, it } from "vitest";
import { postgresProblem, redisProblem } from "./server-fit.ts";

const postgres = (written: string, image: string | undefined, more = {}) =>
  postgresProblem({ written, image, missing: [], owner: 999, uid: 999, user: "postgres", ...more });
const DEBIAN = "postgres (PostgreSQL) 17.6 (Debian 17.6-1.pgdg13+1)";

describe("Postgres", () => {
  it("reads what the same major version wrote", () => {
    expect(postgres("17\n", DEBIAN)).toBeUndefined();
    expect(postgres("9.6\n", "postgres (PostgreSQL) 9.6.24")).toBeUndefined();
  });

  it("reads no other's, in neither direction", () => {
    expect(postgres("16\n", DEBIAN)).toMatch(/by PostgreSQL 16, and the image is PostgreSQL 17.6/);
    expect(postgres("18\n", DEBIAN)).toMatch(/by PostgreSQL 18/);
    expect(postgres("9.5\n", "postgres (PostgreSQL) 9.6.24")).toMatch(/by PostgreSQL 9.5/);
  });

  it("reads no files of another user, as Debian's by Alpine's", () => {
    expect(postgres("17", DEBIAN, { uid: 70 })).toMatch(/belong to user 999, and postgres is user 70/);
    expect(postgres("17", DEBIAN, { uid: undefined })).toMatch(/no user postgres/);
  });

  it("needs the extensions that databases have, and to be Postgres", () => {
    expect(postgres("17", DEBIAN, { missing: ["vector"] })).toMatch(
      /use vector, which the image doesn't have/,
    );
    expect(postgres("17", undefined)).toMatch(/no Postgres/);
  });
});

const snapshot = (format: string, key: string, version: string) => {
  const length = (text: string) => String.fromCharCode(text.length);
  return Buffer.from(`${format}\xfa${length(key)}${key}${length(version)}${version}\xfa`, "latin1");
};
const redis = (written: Buffer, image: string | undefined) =>
  redisProblem({ written, image, owner: 999, uid: 999, user: "redis" });
const says = (product: string, version: string) =>
  `${product} server v=${version} sha=00000000:0 malloc=jemalloc`;

describe("Redis", () => {
  it("reads what it or an older one wrote", () => {
    expect(redis(snapshot("REDIS0012", "redis-ver", "8.0.2"), says("Redis", "8.0.9"))).toBeUndefined();
    expect(redis(snapshot("REDIS0012", "redis-ver", "8.0.9"), says("Redis", "8.0.2"))).toBeUndefined();
    expect(redis(snapshot("REDIS0009", "redis-ver", "6.2.14"), says("Redis", "8.0.2"))).toBeUndefined();
  });

  it("reads nothing of a newer one", () => {
    expect(redis(snapshot("REDIS0012", "redis-ver", "8.0.2"), says("Redis", "7.2.11"))).toMatch(
      /by Redis 8.0.2, and the image is Redis 7.2.11/,
    );
  });

  it("and Valkey read each other's where both know the format", () => {
    expect(redis(snapshot("REDIS0011", "redis-ver", "7.2.5"), says("Valkey", "8.1.1"))).toBeUndefined();
    expect(redis(snapshot("REDIS0011", "valkey-ver", "8.1.1"), says("Redis", "8.0.2"))).toBeUndefined();
    expect(redis(snapshot("REDIS0012", "redis-ver", "8.0.2"), says("Valkey", "8.1.1"))).toMatch(
      /Valkey 8.1.1/,
    );
    expect(redis(snapshot("VALKEY080", "valkey-ver", "9.0.0"), says("Redis", "8.0.2"))).toMatch(
      /by Valkey 9/,
    );
  });

  it("goes on where the volume tells nothing, and not with what is no Redis", () => {
    expect(redis(Buffer.from("*2\r\n"), says("Redis", "7.2.11"))).toBeUndefined();
    expect(redis(Buffer.alloc(0), undefined)).toMatch(/no Redis/);
  });
});
