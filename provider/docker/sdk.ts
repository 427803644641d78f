// The program's side of tandem:docker: images, started containers, owners of volumes.
import * as pulumi from "@pulumi/pulumi";

export interface ImageArgs {
  /** Image reference with a tag or digest, for example `redis:7.2.11-bookworm`. */
  reference: pulumi.Input<string>;
}

/**
 * An image on the Docker host. A preview looks the reference up on the host, so a tag that has moved shows as a
 * replacement of the containers that use it, in the preview and not only in the `up`. A missing image is pulled by
 * the `up`. Deleting it leaves the image where it is: a rollback may need it.
 */
export class Image extends pulumi.CustomResource {
  /** Content address of the image on the host (`sha256:…`). */
  declare readonly imageId: pulumi.Output<string>;
  /** The reference as it was asked for. */
  declare readonly reference: pulumi.Output<string>;

  constructor(name: string, args: ImageArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:docker:Image", name, { imageId: undefined, reference: args.reference }, opts);
  }
}

export interface ContainerStartArgs {
  /** Container that was created and not started. */
  containerId: pulumi.Input<string>;
  /** Its name, for messages. */
  containerName: pulumi.Input<string>;
  /** Most processes and threads in it (CIS Docker Benchmark 5.29). */
  pids: pulumi.Input<number>;
  /** CPUs, set by quota: unlike the Docker provider's `cpus` it can change while the container runs. */
  cpus?: pulumi.Input<number>;
  /** Seconds until its health check must have passed. */
  healthTimeoutSeconds: pulumi.Input<number>;
  /** Seconds for which it is watched while one of an earlier version still runs; for what no route leads to. @default 0 */
  watchSeconds?: pulumi.Input<number>;
  /** Do containers of earlier versions end before it starts? They start again if it fails. @default false */
  stopFirst?: pulumi.Input<boolean>;
  /** Is it only made ready, for a `TakeOver` to start it together with others? @default false */
  held?: pulumi.Input<boolean>;
  /** The image with the program of its health check, and the folder of the container that it is put into. @default none */
  probe?: pulumi.Input<{ image: pulumi.Input<string>; folder: string }>;
  /** The image of the scheduler that it gets, and the entry point of its jobs in the place of its image's. @default none */
  scheduler?: pulumi.Input<{ image: pulumi.Input<string>; entrypoint?: string[] }>;
  /** Files to put into it before it starts, by absolute path; each in a volume, where its root is read-only. */
  files?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Starts a container that was created beforehand: writes its files, sets its pid limit, starts it and waits until it
 * is healthy. If it isn't in time, it is stopped and the error carries its last log lines.
 */
export class ContainerStart extends pulumi.CustomResource {
  /** The container, once it is healthy: what must come after health depends on this output. */
  declare readonly containerId: pulumi.Output<string>;
  /** Name of the container, once it is healthy. */
  declare readonly containerName: pulumi.Output<string>;

  constructor(name: string, args: ContainerStartArgs, opts?: pulumi.CustomResourceOptions) {
    const secretFiles = args.files === undefined ? undefined : pulumi.secret(args.files);
    super("tandem:docker:ContainerStart", name, { running: undefined, ...args, files: secretFiles }, opts);
  }
}

export interface VolumeOwnerArgs {
  /** Name of the volume. */
  volume: pulumi.Input<string>;
  /** Any image on the Docker host. */
  image: pulumi.Input<string>;
  /** `uid:gid` */
  owner: pulumi.Input<string>;
}

/** Gives a volume's folder its owner: Docker makes it root's, where the image has no such folder. */
export class VolumeOwner extends pulumi.CustomResource {
  /** The volume, once it has its owner. */
  declare readonly volume: pulumi.Output<string>;

  constructor(name: string, args: VolumeOwnerArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:docker:VolumeOwner", name, { ...args }, opts);
  }
}
