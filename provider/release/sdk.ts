// The program's side of tandem:docker:TakeOver.
import * as pulumi from "@pulumi/pulumi";
import type { RouteArgs } from "../gateway/sdk.ts";

/** A container of a release. */
export interface TakeOverStart {
  /** Service that it runs. */
  service: string;
  /** Container that is ready to be started. */
  containerId: pulumi.Input<string>;
  /** Its name, for messages. */
  containerName: pulumi.Input<string>;
  /** Do others of its service end before it starts? @default false */
  stopFirst?: boolean;
  /** Seconds until its health check must have passed. */
  healthTimeoutSeconds: pulumi.Input<number>;
  /** Seconds for which it is watched after the release has taken over. @default 0 */
  watchSeconds?: pulumi.Input<number>;
}

export interface TakeOverArgs {
  /** Name of the release. */
  release: string;
  /** Its containers. */
  starts: TakeOverStart[];
  /** Its routes, each with the service that it leads to; they have resources of their own, which come after this one. */
  routes: (Omit<RouteArgs, "basicAuthHash"> & { service: string })[];
  /** bcrypt hashes of the passwords before its routes, by route. */
  passwords?: Record<string, pulumi.Input<string>>;
}

/**
 * Lets the services of a release take over together: all become healthy, all routes move, all are watched. Whatever fails, all
 * go back: the routes lead to the version before, which runs as it did, and nothing new does.
 */
export class TakeOver extends pulumi.CustomResource {
  constructor(name: string, args: TakeOverArgs, opts?: pulumi.CustomResourceOptions) {
    const { passwords, ...plain } = args;
    super(
      "tandem:docker:TakeOver",
      name,
      { ...plain, ...(passwords === undefined ? {} : { passwords: pulumi.secret(passwords) }) },
      opts,
    );
  }
}
