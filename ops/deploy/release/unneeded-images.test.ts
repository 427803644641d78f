// Of a history, the images that a rollback may still need; and the repository of a reference.
import { expect, it } from "vitest";
import { repositoryOf, servedOver } from "./unneeded-images.ts";
import type { Version } from "./versions.ts";

const version = (image: string | undefined, result = "succeeded", kind = "update"): Version => ({
  number: 1,
  ...{ kind, result, startedAt: "", message: "", changes: {}, config: {} },
  ...(image === undefined ? {} : { images: { image } }),
});
const needed = (versions: Version[], keep: number) => [...servedOver(versions, keep).needed].sort();

it("keeps the last versions that served well, counting each image once", () => {
  const versions = ["a", "b", "c", "c", "b", "d"].map((image) => version(image));
  expect(needed(versions, 1)).toEqual(["d"]);
  expect(needed(versions, 2)).toEqual(["b", "d"]);
  expect(needed(versions, 3)).toEqual(["b", "c", "d"]);
  expect([...servedOver(versions, 1).all].sort()).toEqual(["a", "b", "c", "d"]);
});

it("counts no failed run and no destroy, and keeps what the newest run left", () => {
  const versions = [version("a"), version("b", "failed"), version("c"), version("d", "failed")];
  expect(needed(versions, 2)).toEqual(["a", "c", "d"]);
  expect(needed([version("a"), version(undefined, "succeeded", "destroy")], 1)).toEqual(["a"]);
  expect(needed([], 5)).toEqual([]);
});

it("keeps what a rollback without a number goes back to, though versions that were left lie between", () => {
  const numbered = ["a", "b", "c", "b"].map((image, at) => ({ ...version(image), number: at + 1 }));
  const versions = numbered.map((one, at) =>
    at === 3 ? { ...one, message: "rollback to 2 by somebody" } : one,
  );
  expect(needed(versions, 2)).toEqual(["a", "b", "c"]);
  expect(needed(versions, 1)).toEqual(["b"]);
});

it.each([
  ["app", "app"],
  ["app:1.2", "app"],
  ["registry.example.com:5000/team/app", "registry.example.com:5000/team/app"],
  ["registry.example.com:5000/team/app:1@sha256:00", "registry.example.com:5000/team/app"],
  ["app@sha256:00", "app"],
  ["sha256:00", "sha256"],
])("knows the repository of %s", (reference, repository) => {
  expect(repositoryOf(reference)).toBe(repository);
});
