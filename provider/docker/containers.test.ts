// How much of a command's answer is kept.
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { collect } from "./containers.ts";

it("an answer that has no end is read up to the limit, and no further", async () => {
  let given = 0;
  const endless = new Readable({
    read() {
      given += 65_536;
      this.push(Buffer.alloc(65_536));
    },
  });
  await expect(collect(endless, 1024 * 1024, "yes")).rejects.toThrow("yes gave more than 1 MiB");
  expect(endless.destroyed).toBe(true);
  expect(given).toBeLessThan(2 * 1024 * 1024);
  expect(await collect(Readable.from([Buffer.from("ab"), Buffer.from("c")]), 3, "echo")).toEqual(
    Buffer.from("abc"),
  );
});
