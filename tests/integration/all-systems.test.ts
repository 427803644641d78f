// All five systems on one machine at the same time: staging and production of each, ten environments.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AllSystems, PLACES } from "../support/all-systems.ts";
import { snapshot } from "../support/snapshot.ts";

let all: AllSystems;

beforeAll(async () => {
  all = await AllSystems.create();
});

afterAll(() => all?.remove());

describe("ten environments of five systems", () => {
  it("come up at the same time, and each answers to its own hostname", async () => {
    await all.up();
    const answers = await Promise.all(PLACES.map((place) => all.answer(place)));
    expect(answers).toEqual(PLACES.map(() => 200));
  });

  it("stay as they are when one of them goes and comes back", async () => {
    const [gone, ...others] = PLACES;
    if (gone === undefined) throw new Error("no environment");
    const look = () =>
      Promise.all(others.map(({ system, stack }) => snapshot(all.project(system).name, stack)));
    const before = await look();
    await all.downOne(gone);
    expect(await look()).toEqual(before);
    expect(await Promise.all(others.map((place) => all.answer(place)))).toEqual(others.map(() => 200));
    await all.upOne(gone);
    expect(await look()).toEqual(before);
    expect(await all.answer(gone)).toBe(200);
  });

  it("leave nothing behind but their data", async () => {
    await all.down();
    const { containers, networks, volumes } = await all.left();
    expect([...containers, ...networks]).toEqual([]);
    expect(volumes.length).toBeGreaterThan(10);
    expect(volumes.filter((name) => !/(data|home|storage|restore)/.test(name))).toEqual([]);
  });
});
