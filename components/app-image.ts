// A component's image, looked up on the Docker host or built there from a folder.
import { RemoteImage } from "@pulumi/docker/remoteImage.js";
import type * as pulumi from "@pulumi/pulumi";
import { image as imageCheck } from "../lib/docker/values.ts";
import { Image } from "../provider/sdk.ts";
import { contextHash } from "./build-context.ts";
import { checkedArgument, isLater } from "./checked-inputs.ts";

/** A folder with a Dockerfile. */
export interface BuildContext {
  /** Path of the folder. */
  context: string;
  /** Reference that the built image gets, with a tag. */
  tag: pulumi.Input<string>;
  /** Path of the Dockerfile inside the folder. @default "Dockerfile" */
  dockerfile?: string;
  /** Stage of the Dockerfile that becomes the image. @default the last */
  target?: string;
  /** Build arguments; never secrets, they stay in the image's history. */
  args?: Record<string, pulumi.Input<string>>;
}

/** What AppService needs of an image, built or pulled. */
export interface AppImage {
  imageId: pulumi.Output<string>;
}

/** Whether an image is a folder to build. */
export function isBuildContext(
  image: pulumi.Input<string> | BuildContext | null | undefined,
): image is BuildContext {
  return typeof image === "object" && image !== null && !isLater(image);
}

/** Looks an image up on the Docker host; a reference that comes from an output is checked before. */
export function lookUpImage(
  component: string,
  name: string,
  image: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): Image {
  return new Image(name, { reference: checkedArgument(component, "image", image, imageCheck) }, opts);
}

/** Builds an image on the Docker host; built again when a file changes that the build gets. */
export function buildImage(name: string, build: BuildContext, opts: pulumi.CustomResourceOptions): AppImage {
  const image = new RemoteImage(
    name,
    {
      name: build.tag,
      build: {
        context: build.context,
        dockerfile: build.dockerfile ?? "Dockerfile",
        target: build.target,
        buildArgs: build.args,
      },
      triggers: { source: contextHash(build.context, build.dockerfile) },
      // The old image stays for a rollback.
      keepLocally: true,
    },
    opts,
  );
  return { imageId: image.imageId };
}
