// The store of restore points: what it keeps, and what it does about a dump that fails, a second run and a host that went down.
import { expect, it } from "vitest";
import { dumpService, restoreService } from "./service-dump.ts";
import { freeSlot, PointStore } from "./store.ts";
import { memoryDocker } from "./testing/memory-docker.ts";

const place = { service: "db", containerId: "db", volume: "dumps", keep: 1 };
let data = "first";
const setUp = (command: Parameters<typeof memoryDocker>[1] = () => ({ exitCode: 0, out: data })) => {
  const files = new Map<string, Buffer>();
  const docker = memoryDocker(files, command);
  const open = <T>(work: (store: PointStore) => Promise<T>, alone = false) =>
    PointStore.with(docker, { volume: "dumps", image: "one", alone }, work);
  const dump = (why: Parameters<typeof dumpService>[3] = "by-hand") =>
    dumpService(docker, place, ["dump"], why);
  const list = () => open((store) => store.list());
  return { files, docker, open, dump, list };
};

it("takes a slot that nothing lies in", () => {
  expect(freeSlot([])).toBe(1);
  expect(freeSlot([{ slot: 2 }, { slot: 1 }])).toBe(3);
  expect(freeSlot([{ slot: 3 }, { slot: 1 }])).toBe(2);
});

it("keeps the newest, and the one before until the new one is there", async () => {
  let exitCode = 0;
  const { dump, list } = setUp(() => ({ exitCode, out: "rows", err: "no disk" }));
  await dump();
  await dump("before-restore");
  exitCode = 3;
  await expect(dump()).rejects.toThrow("the dump of db failed: no disk");
  expect(await list()).toHaveLength(2);
  exitCode = 0;
  const { name } = await dump("before-update");
  expect((await list()).map((point) => point.name)).toEqual([name]);
});

it("removes none before a restore: one that fails and is tried again would cost what was there before", async () => {
  const { dump, list } = setUp();
  for (let round = 0; round < 3; round++) await dump("before-restore");
  expect(await list()).toHaveLength(3);
});

it("lets no second run write, and says how to go on after one that was killed", async () => {
  const { open, dump, list } = setUp();
  await open(async () => {
    await expect(dump()).rejects.toThrow(/another run dumps or restores .* `docker rm dumps\.open`/);
    expect(await list()).toEqual([]);
  }, true);
  await dump();
});

it("goes on where a host that went down left half a text", async () => {
  const { files, dump, list } = setUp();
  const { name } = await dump();
  files.set("slot-2/facts.json", Buffer.from('{"name":"2026'));
  expect((await list()).map((point) => point.name)).toEqual([name]);
  await dump("before-restore");
  expect(await list()).toHaveLength(2);
});

it("gives back what it got; says what the command said, and touches nothing with a damaged one", async () => {
  const given: string[] = [];
  const fake = (input: string) => {
    if (input === "") return { exitCode: 0, out: data };
    given.push(input);
    return { exitCode: input === "first" ? 0 : 1, err: "not\u001b[2Jmine" };
  };
  const { files, docker, dump, list } = setUp(fake);
  await dump();
  const restore = async () => restoreService(docker, place, ["load"], (await list())[0] as never);
  await restore();
  data = "second";
  await dump();
  await expect(restore()).rejects.toThrow("the restore of db failed: not\\x1b[2Jmine");
  expect(given).toEqual(["first", "second"]);
  files.set("slot-2/part-000001", Buffer.from("other"));
  await expect(restore()).rejects.toThrow("is damaged");
  expect(given).toHaveLength(2);
});

it("says so where a restore point can't be read to its end", async () => {
  const { files, docker, dump, list } = setUp((input) => ({
    exitCode: 0,
    ...(input === "" && { out: "x" }),
  }));
  await dump();
  const [point] = await list();
  let reads = 0;
  // The first reading is the proof that it is whole.
  const lost = new Map(files);
  const entries = lost[Symbol.iterator].bind(lost);
  lost[Symbol.iterator] = () => {
    if (++reads > 1) throw new Error("connection lost");
    return entries();
  };
  await expect(restoreService(memoryDocker(lost), place, ["load"], point as never)).rejects.toThrow(
    "connection lost",
  );
  await expect(restoreService(docker, place, ["load"], point as never)).resolves.toBeUndefined();
});

it("ends with a command that ends without reading, though Docker keeps its streams open", async () => {
  const { docker, dump, list } = setUp((input) => (input === "" ? { exitCode: 0, out: "x" } : undefined));
  await dump();
  const [point] = await list();
  await restoreService(docker, place, ["load"], point as never);
});
