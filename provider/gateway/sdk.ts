// The program's side of tandem:gateway:Route.
import * as pulumi from "@pulumi/pulumi";
import type { UpstreamProtocol } from "./route-config.ts";

export type { UpstreamProtocol };

export interface RouteArgs {
  /** The gateway's container. */
  gatewayId: pulumi.Input<string>;
  /** Name of the route; one file in the gateway's configuration. */
  routeName: pulumi.Input<string>;
  /** Hostnames that it answers. */
  hostnames: pulumi.Input<pulumi.Input<string>[]>;
  /** Only this path of theirs and what is below it. @default all that no other route has */
  path?: pulumi.Input<string>;
  /** Where requests go, each as `container:port`. */
  upstreams: pulumi.Input<pulumi.Input<string>[]>;
  /** Seconds that a move of the route waits for requests to end on the containers that it leaves. @default 0 */
  drainSeconds?: pulumi.Input<number>;
  /** Seconds for which new containers are watched after the route has moved to them. @default 0 */
  watchSeconds?: pulumi.Input<number>;
  /** Share of server errors, in percent, above which the route moves back within that time. @default 100 */
  watchErrorPercent?: pulumi.Input<number>;
  /** What the containers speak: HTTP/1.1, or HTTP/2 without TLS. @default "http" */
  protocol?: pulumi.Input<UpstreamProtocol>;
  /** Add `X-Robots-Tag: noindex, nofollow`. */
  noindex: pulumi.Input<boolean>;
  /** User of basic authentication. */
  basicAuthUser?: pulumi.Input<string>;
  /** bcrypt hash of its password. */
  basicAuthHash?: pulumi.Input<string>;
}

/**
 * A route of the gateway. When it moves, the next request goes to the new containers, requests under way finish on the
 * old ones, and the move isn't done before they have. The new ones are watched: if they go bad, the route moves back
 * and the update fails.
 */
export class Route extends pulumi.CustomResource {
  declare readonly hostnames: pulumi.Output<string[]>;
  declare readonly upstreams: pulumi.Output<string[]>;

  constructor(name: string, args: RouteArgs, opts?: pulumi.CustomResourceOptions) {
    const hash = args.basicAuthHash === undefined ? undefined : pulumi.secret(args.basicAuthHash);
    super("tandem:gateway:Route", name, { ...args, basicAuthHash: hash }, opts);
  }
}
