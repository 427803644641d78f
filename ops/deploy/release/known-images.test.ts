// What environments together need of their images: their own, and those of systems whose images have the same names.
import { expect, it } from "vitest";
import { type Known, knownImages } from "./known-images.ts";
import type { Version } from "./versions.ts";

const version = (id: string, number: number): Version => ({
  ...{ number, kind: "update", result: "succeeded", startedAt: "", message: "", changes: {} },
  config: { image: `shop:${number}` },
  images: { image: id },
});

function environment(image: string, ...ids: string[]): Known & { asked: number } {
  const known = {
    ...{ host: undefined, named: { image }, asked: 0 },
    versions: async () => {
      known.asked++;
      return ids.map((id, at) => version(id, at + 1));
    },
  };
  return known;
}

it("keeps what each environment may go back to, and counts what all of them served", async () => {
  const [staging, production] = [environment("shop:3", "a", "b", "c"), environment("shop:1", "a")];
  const { needed, all, named, repositories } = await knownImages([staging, production], [], 1);
  expect([...needed].sort()).toEqual(["a", "c"]);
  expect([...all].sort()).toEqual(["a", "b", "c"]);
  expect([...named].sort()).toEqual(["shop:1", "shop:3"]);
  expect([...repositories]).toEqual(["shop"]);
});

it("keeps what another system needs of images with the same name, and counts none of its own", async () => {
  const other = environment("docker.io/library/shop:2", "x", "b");
  const { needed, all, named } = await knownImages([environment("shop:3", "a", "b", "c")], [other], 1);
  expect([...needed].sort()).toEqual(["b", "c"]);
  expect(all.has("x")).toBe(false);
  expect(named).toContain("docker.io/library/shop:2");
});

it("asks no history of a system whose images have other names", async () => {
  const other = environment("elsewhere/shop:2", "b");
  await knownImages([environment("shop:3", "a", "b", "c")], [other], 1);
  expect(other.asked).toBe(0);
});
