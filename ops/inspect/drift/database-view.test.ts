import { expect, it } from "vitest";
import { unseen } from "./database-view.ts";

it("a database that ends every session in it is a finding, in the server's words", () => {
  const error = new Error(
    "psql:<stdin>:1: FATAL:  terminating connection due to idle-session timeout\npsql:<stdin>:1: server closed the connection",
  );
  expect(unseen("staging_shop", error)).toMatchObject({
    subject: "database staging_shop",
    text: "can't be looked into: terminating connection due to idle-session timeout",
    fix: expect.stringContaining('ALTER DATABASE "staging_shop" RESET'),
  });
});
