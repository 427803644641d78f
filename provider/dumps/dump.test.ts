// When a service is dumped before it gets an image.
import { expect, it } from "vitest";
import { dump, toDump } from "./dump.ts";

const container = (ImageID: string, State = "running", Labels = {}) => ({ ImageID, State, Labels });
const old = container("old");

it("is dumped where it runs another image, and not where the new one runs already", () => {
  expect(toDump([], "new")).toBeUndefined();
  expect(toDump([old], "new")).toBe(old);
  expect(toDump([container("new", "exited"), old], "new")).toBe(old);
  expect(toDump([container("new")], "new")).toBeUndefined();
  expect(toDump([container("old", "exited"), container("new")], "new")).toBeUndefined();
  expect(toDump([container("old", "exited")], "new")).toBe("stopped");
  expect(toDump([container("new", "exited")], "new")).toBeUndefined();
});

const inputs = {
  service: "db",
  labels: { "tandem.component": "db" },
  imageId: "new",
  keep: 3,
  volume: "dumps",
};
const logged: string[] = [];
const context = (...containers: unknown[]) =>
  ({
    client: { docker: async () => ({ listContainers: async () => containers }) },
    log: (severity: string, message: string) => logged.push(`${severity}: ${message}`),
  }) as never;
const changes = async (news: object, ...containers: unknown[]) =>
  (await dump.diff({ oldInputs: inputs, news: { ...inputs, ...news } } as never, context(...containers)))
    .changes;

it("is dumped again after a run that dumped and failed, though the state has the new image", async () => {
  expect(await changes({}, container("new"))).toEqual({});
  expect(await changes({})).toEqual({});
  expect(await changes({}, old)).toEqual({ imageId: "update" });
  expect(await changes({}, old, container("old", "running", { "tandem.jobs-of": "db" }))).toEqual({
    imageId: "update",
  });
  expect(await changes({ imageId: "newer" }, container("new"))).toEqual({ imageId: "update" });
  expect(await dump.diff({ oldInputs: inputs, news: inputs } as never, context(old))).toEqual({
    changes: { imageId: "update" },
  });
});

it("is told of where it gets another image while it is down, when nothing can dump it", async () => {
  await dump.update?.({ oldInputs: { ...inputs, imageId: "old" }, inputs } as never, context());
  expect(logged).toEqual([expect.stringMatching(/^warning: db is not up: .* without a restore point/)]);
  await dump.update?.({ oldInputs: inputs, inputs: { ...inputs, keep: 2 } } as never, context());
  expect(logged).toHaveLength(1);
});
