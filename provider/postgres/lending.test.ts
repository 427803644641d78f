// Tests of who may lend at a time.
import { expect, it } from "vitest";
import { Lending } from "./lending.ts";
import type { Connection } from "./server.ts";

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

it("lets one lender work at a time, on a connection that holds the lock, and lets it lend again inside", async () => {
  const events: string[] = [];
  const lending = new Lending(async (work) => {
    const query = async (sql: string) => events.push(sql);
    const result = await work({ query } as unknown as Connection);
    events.push("end");
    return result;
  });
  const lender = (name: string) =>
    lending.alone(async () => {
      events.push(`${name} starts`);
      await pause();
      await lending.alone(pause);
      events.push(`${name} is done`);
      return name;
    });
  expect(await Promise.all([lender("one"), lender("other")])).toEqual(["one", "other"]);
  const turn = (name: string) => [
    "BEGIN",
    "SELECT pg_advisory_xact_lock($1)",
    `${name} starts`,
    `${name} is done`,
    "end",
  ];
  expect(events).toEqual([...turn("one"), ...turn("other")]);
});

it("goes on to the next lender after one that failed", async () => {
  const lending = new Lending((work) => work({ query: async () => undefined } as unknown as Connection));
  const failing = lending.alone(async () => {
    throw new Error("refused");
  });
  const next = lending.alone(async () => "next");
  await expect(failing).rejects.toThrow("refused");
  expect(await next).toBe("next");
});
