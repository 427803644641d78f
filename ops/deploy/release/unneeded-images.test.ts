// Of a history, the images that a rollback may still need; and the repository of a reference.
import { expect, it } from "vitest";
import { judge, removeImage, repositoryOf, servedOver } from "./unneeded-images.ts";
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
  ["docker.io/library/redis:7", "redis"],
  ["index.docker.io/acme/app:1", "acme/app"],
  ["docker.io/acme/app@sha256:00", "acme/app"],
  ["registry.example.com/library/app", "registry.example.com/library/app"],
])("knows the repository of %s", (reference, repository) => {
  expect(repositoryOf(reference)).toBe(repository);
});

it("leaves alone what has a digest in a repository that no setting here names", async () => {
  const facts = {
    Id: "sha256:a",
    RepoTags: ["app:1"],
    RepoDigests: ["app@sha256:1", "other/app@sha256:1"],
    Size: 1,
  };
  const docker = {
    listContainers: async () => [],
    getImage: () => ({ inspect: async () => facts }),
  } as never;
  const found = await judge(docker, ["sha256:a"], new Set(["app"]));
  expect(found.map(({ stays }) => stays)).toEqual([expect.stringContaining("other/app@sha256:1 too")]);
  expect(await judge(docker, ["sha256:a"], new Set(["app", "other/app"]))).toEqual([
    { image: expect.objectContaining({ id: "sha256:a" }), bytes: 1 },
  ]);
});

it("removes every name of an image, also those that Docker removed with another one, and stops where it is refused", async () => {
  const gone: string[] = [];
  const answers: Record<string, number> = { "app@sha256:1": 404, "busy:1": 409 };
  const docker = {
    getImage: (name: string) => ({
      remove: async () => {
        const statusCode = answers[name];
        if (statusCode !== undefined) throw Object.assign(new Error("no"), { statusCode });
        gone.push(name);
      },
    }),
  } as never;
  await removeImage(docker, {
    id: "a",
    tags: ["app:1"],
    digests: ["app@sha256:1", "elsewhere/app@sha256:1"],
  });
  await removeImage(docker, { id: "b", tags: [], digests: [] });
  await expect(removeImage(docker, { id: "c", tags: ["busy:1"], digests: [] })).rejects.toThrow("no");
  expect(gone).toEqual(["app:1", "elsewhere/app@sha256:1", "b"]);
});
