// All five systems on one machine at the same time: staging and production of each, ten environments.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AllSystems, PLACES } from "../support/all-systems.ts";
import { SOAK } from "../support/long-form.ts";
import { eventually } from "../support/requests.ts";
import { snapshot } from "../support/snapshot.ts";

let all: AllSystems;

/** The status with which a place answers, once it does; readiness is refused for moments while the machine is busy. */
const answers = (place: (typeof PLACES)[number]) =>
  eventually(
    () => all.answer(place).catch(() => 0),
    (status) => status === 200,
    30,
  );

beforeAll(async () => {
  if (SOAK) all = await AllSystems.create();
});

afterAll(() => all?.remove());

/** Each system's own suite brings up its pair beside another system's every day; all at once only in the long form. */

describe.runIf(SOAK)("ten environments of five systems", () => {
  it("come up at the same time, and each answers to its own hostname", async () => {
    await all.up();
    await Promise.all(PLACES.map(answers));
  });

  it("stay as they are when one of them goes and comes back", async () => {
    const [gone, ...others] = PLACES;
    if (gone === undefined) throw new Error("no environment");
    const look = () =>
      Promise.all(others.map(({ system, stack }) => snapshot(all.project(system).name, stack)));
    const before = await look();
    await all.downOne(gone);
    expect(await look()).toEqual(before);
    await Promise.all(others.map(answers));
    await all.upOne(gone);
    expect(await look()).toEqual(before);
    await answers(gone);
  });

  it("leave nothing behind but their data", async () => {
    await all.down();
    const { containers, networks, volumes } = await all.left();
    expect([...containers, ...networks]).toEqual([]);
    expect(volumes.length).toBeGreaterThan(10);
    expect(volumes.filter((name) => !/(data|home|storage|restore)/.test(name))).toEqual([]);
  });
});
