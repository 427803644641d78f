// Which tags are asked for, under which of the names that Docker gives an image; and what is said where the pull fails.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CallContext } from "../../plugin/handler.ts";
import type { DockerHost } from "./docker-host.ts";
import { image } from "./image.ts";
import { movedTo } from "./moved-tag.ts";

const [OLD, NEW] = ["a", "b"].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string];
const config = process.env.DOCKER_CONFIG;

beforeEach(() => {
  process.env.DOCKER_CONFIG = "/nonexistent";
});
afterEach(() => {
  if (config === undefined) delete process.env.DOCKER_CONFIG;
  else process.env.DOCKER_CONFIG = config;
});

/** A host whose registries have `NEW` under every tag. */
function context(): CallContext<DockerHost> {
  const client = {
    host: "unix:///nonexistent.sock",
    registryDigest: () => Promise.resolve(NEW),
    imageId: () => Promise.resolve("sha256:own"),
  };
  const rest = { signal: new AbortController().signal, log: () => undefined, status: () => undefined };
  return { client, ...rest } as never;
}

const moved = (reference: string, ...repositories: string[]) =>
  movedTo(reference, { id: "sha256:own", digests: repositories.map((each) => `${each}@${OLD}`) }, context());

describe("a tag", () => {
  it.each([
    ["redis", "redis"],
    ["library/redis:7", "redis"],
    ["docker.io/library/redis:7", "redis"],
    ["index.docker.io/library/redis:7", "redis"],
    ["index.docker.io/acme/app:staging", "acme/app"],
    ["localhost:5000/app", "localhost:5000/app"],
    ["registry.example.com:5000/library/app:v1", "registry.example.com:5000/library/app"],
  ])("that may move is asked for: %s, which Docker has as %s", async (reference, repository) => {
    expect(await moved(reference, repository)).toBe(NEW);
  });

  it.each([
    ["a digest", `app:1@${OLD}`, "app"],
    ["an id", OLD, "app"],
    ["a full version", "app:1.2.3-alpine", "app"],
    ["an image of another registry", "app:1", "registry.example.com/app"],
    ["an image of another folder", "registry.example.com/app:1", "registry.example.com/library/app"],
  ])("isn't asked for: %s", async (_, reference, repository) => {
    expect(await moved(reference, repository)).toBeUndefined();
  });

  it("is where the host's own is known by the digest of any of its pulls", async () => {
    const digests = [`app@${OLD}`, `app@${NEW}`];
    expect(await movedTo("app:1", { id: "sha256:own", digests }, context())).toBeUndefined();
  });

  it("whose registry is slow is told of as that: Docker is well", async () => {
    const said: string[] = [];
    const slow = (_: string, __: unknown, signal: AbortSignal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(new Error("Docker is down"))),
      );
    const ctx = {
      ...context(),
      client: { registryDigest: slow },
      log: (_: string, text: string) => said.push(text),
    };
    const host = { id: "sha256:own", digests: [`app@${OLD}`] };
    expect(await movedTo("app:1", host, ctx as never, 0.02)).toBeUndefined();
    expect(said).toEqual([
      "Whether app:1 means another image by now isn't known: its registry didn't answer within 0.02 s. The one on the Docker host is used.",
    ]);
  });

  it("that moved and can't be pulled isn't said to be missing on the host", async () => {
    const inputs = { reference: "app:staging", moved: NEW };
    const pull = async () => image.create({ inputs, news: inputs, timeoutSeconds: 5 } as never, context());
    await expect(pull()).rejects.toThrow(/means another image by now than the one on unix:.*can't be pulled/);
  });
});
