// An image that a run looked up and that is another one when its container is made: what `up` then tells.
import { afterEach, beforeEach, expect, it } from "vitest";
import { goneImages, lookedUpImages } from "../../ops/deploy/recovery/gone-images.ts";
import { AppVersions, imageIdOf } from "../support/app-versions.ts";
import { uniqueName } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";

let versions: AppVersions;
let reference: string;
let imageId: string;

beforeEach(async () => {
  versions = new AppVersions(uniqueName("gone-"));
  reference = await versions.make("one");
  imageId = await imageIdOf(reference);
});

afterEach(() => versions.remove());

/** A state after a run that looked the image up. */
const images = () =>
  lookedUpImages({
    resources: [
      { urn: "urn:image", type: "tandem:docker:Image", outputs: { reference, imageId } },
      { urn: "urn:network", type: "docker:index/network:Network", outputs: {} },
    ],
  });

it("is not told of while it is there, under whichever name", async () => {
  expect(await goneImages(undefined, images())).toEqual([]);
});

it("is told of with what its name means now, or that it was removed", async () => {
  await dockerOk(["rmi", reference]);
  const was = `${reference} was ${imageId.slice(0, 19)} when this run looked it up`;
  expect(await goneImages(undefined, images())).toEqual([`${was}; it was removed meanwhile`]);
  await versions.make("one", { "9999_late.sql": "SELECT 1;" });
  const now = (await imageIdOf(reference)).slice(0, 19);
  expect(await goneImages(undefined, images())).toEqual([
    `${was}; it was built or pulled anew meanwhile, and is ${now} now`,
  ]);
});
