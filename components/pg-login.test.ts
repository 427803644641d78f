// A login in all its forms: what a client of each kind needs, and nothing of it in plain text.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { type LoginParts, pgLogin } from "./pg-login.ts";

const PARTS: LoginParts = { host: "db", port: 5432, database: "shop", user: "shop_app", password: "s3cret" };

const known = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

describe("pgLogin", () => {
  it("N8: has every part, and URLs with what a driver wants to have said", async () => {
    const login = pgLogin(PARTS);
    expect(await known(login.url)).toBe("postgresql://shop_app:s3cret@db:5432/shop");
    expect(await known(login.urlWith({ sslmode: login.sslmode }))).toBe(
      "postgresql://shop_app:s3cret@db:5432/shop?sslmode=disable",
    );
    expect(await known(login.jdbcUrl)).toBe("jdbc:postgresql://db:5432/shop?user=shop_app&password=s3cret");
    expect(await known(pulumi.all([login.host, login.port, login.user, login.password]))).toEqual([
      ...["db", 5432, "shop_app", "s3cret"],
    ]);
  });

  it("N8: keeps how a managed server wants to be reached", async () => {
    const login = pgLogin({ ...PARTS, tls: { sslmode: "verify-full", caPath: "/run/secrets/ca.pem" } });
    const wanted = "sslmode=verify-full&sslrootcert=%2Frun%2Fsecrets%2Fca.pem";
    expect(await known(login.url)).toBe(`postgresql://shop_app:s3cret@db:5432/shop?${wanted}`);
    expect(await known(login.jdbcUrl)).toContain(wanted);
    expect(login.sslmode).toBe("verify-full");
  });

  it("keeps what holds the password secret", async () => {
    const login = pgLogin(PARTS);
    for (const output of [login.password, login.url, login.jdbcUrl, login.urlWith({ a: "b" })])
      expect(await pulumi.isSecret(output)).toBe(true);
  });
});
