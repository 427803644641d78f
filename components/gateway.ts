// Gateway: Caddy on the environment's host port, and the routes of its services.
import { Volume } from "@pulumi/docker/volume.js";
import * as pulumi from "@pulumi/pulumi";
import { Route, type RouteArgs, type UpstreamProtocol } from "../provider/sdk.ts";
import { lookUpImage } from "./app-image.ts";
import { hasLater, isLater } from "./checked-inputs.ts";
import { type Limits, runContainer } from "./container.ts";
import { type Environment, labelList } from "./environment.ts";
import { rejectBadArgs } from "./gateway-checks.ts";
import {
  CONFIG_DIR,
  CONTAINER_PORT,
  GATEWAY_COMMAND,
  GATEWAY_HEALTH,
  STOP_GRACE_SECONDS,
} from "./gateway-config.ts";
import { CONTAINER_TLS_PORT, type EntryOptions } from "./gateway-entry.ts";
import { gatewayVolume } from "./gateway-volume.ts";
import { fixedRole, takeNames } from "./network-names.ts";
import { componentOptions } from "./providers.ts";

/** Basic authentication in front of everything that the gateway serves. */
export interface BasicAuth {
  /** User name that the gateway asks for. */
  user: pulumi.Input<string>;
  /** bcrypt hash of the password. */
  hash: pulumi.Input<string>;
}

/** Arguments of a `Gateway`. */
export interface GatewayArgs extends Omit<EntryOptions, "connector" | "trustedProxies"> {
  /** Environment that it is part of. */
  env: Environment;
  /** Role in the environment, part of its names. @default "gateway" for the first in an environment, else the component's name */
  role?: string;
  /** Image with the contract of the official `caddy` image. */
  image: pulumi.Input<string>;
  /** Port on the Docker host. @default none: only the environment's own services reach it, by its `names` */
  hostPort?: number;
  /** Address that the port is bound to. @default "127.0.0.1" */
  bindAddress?: string;
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  /**
   * Whether the environment's own tunnel leads here: its connector is then believed as `trustedProxies` are. @default false
   */
  ownTunnel?: boolean;
  /**
   * Addresses of the proxies before this gateway that are believed, each an IP address or a range such as `10.1.0.0/16`:
   * what they say of the client in `X-Forwarded-For`, `-Proto` and `-Host` reaches the application. Nobody else's word
   * does. The range of a network holds everybody on it. @default nobody; the connector of an own tunnel where `ownTunnel` is set
   */
  trustedProxies?: pulumi.Input<string>[];
  /** Tell search engines to keep out. @default false */
  noindex?: pulumi.Input<boolean>;
  /** Ask for a user and password. @default none */
  basicAuth?: BasicAuth;
}

/** How a new version is watched after it has taken over; if it goes bad, the route moves back and the `up` fails. */
export interface WatchSpec {
  /**
   * Seconds. Most of what goes wrong under the first real requests does so within a few; the old version is stopped
   * only afterwards, so each deploy takes this much longer, though the new version serves from the beginning.
   * @default 10
   */
  seconds?: pulumi.Input<number>;
  /**
   * Share of requests answered with a server error, in percent, above which it counts as bad, unless the old version's
   * was as high; at least 5 such answers. @default 20
   */
  errorPercent?: pulumi.Input<number>;
}

/** What a gateway's route leads to. */
export interface RouteTarget {
  /** Hostnames that lead to the service. */
  hostnames: pulumi.Input<pulumi.Input<string>[]>;
  /** Only this path of theirs and what is below it, such as `/ws`. @default all that no other route has */
  path?: pulumi.Input<string> | undefined;
  /** What they speak. @default "http" */
  protocol?: pulumi.Input<UpstreamProtocol> | undefined;
  /** Containers of the service, each as `name:port`. */
  upstreams: pulumi.Input<pulumi.Input<string>[]>;
  /** Seconds that requests under way have to end when the route leaves a container. @default 30 */
  drainSeconds?: pulumi.Input<number>;
  /** How long, and by which measure, containers are watched that a route has moved to. @default not at all */
  watch?: WatchSpec;
}

/** Role of an own tunnel's connector, part of its container's name. */
export const CONNECTOR_ROLE = "tunnel";
const HEALTH_TIMEOUT_SECONDS = 60;
const DRAIN_SECONDS = 30;

/**
 * A reverse proxy on the environment's network and host port. It routes by hostname, passes WebSockets on, and takes
 * every change of its routes without dropping a request: the process that holds the connections is never reloaded.
 */
export class Gateway extends pulumi.ComponentResource {
  /** `address:port` on the Docker host; empty without one. */
  readonly address: string;
  /** URL on the environment's network. */
  readonly internalUrl: string;
  /** Whether anybody's word on a client is believed. */
  readonly believesProxies: boolean;
  private readonly args: GatewayArgs;
  private readonly role: string;
  private readonly containerId: pulumi.Output<string>;
  /** Routes by what they answer to. */
  private readonly claimed = new Map<string, string>();
  private readonly routes = new Set<string>();

  constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    const component = `Gateway '${name}'`;
    const role = fixedRole(args.env, component, {
      ...{ argument: "role", given: args.role, usual: "gateway", own: name },
    });
    rejectBadArgs(name, args, role);
    super("tandem:index:Gateway", name, {}, componentOptions(component, args.env, opts));
    this.args = args;
    this.believesProxies = args.ownTunnel === true || (args.trustedProxies ?? []).length > 0;
    this.role = role;
    this.address = args.hostPort === undefined ? "" : `${args.bindAddress ?? "127.0.0.1"}:${args.hostPort}`;
    this.internalUrl = `http://${args.env.name(this.role)}:${CONTAINER_PORT}`;
    const config = this.createConfigVolume(name);
    this.containerId = this.createContainer(name, config);
    this.registerOutputs({ address: this.address });
  }

  /**
   * Leads hostnames to a service's containers. A hostname that another route had until now goes over to this one without a
   * gap.
   *
   * @throws pulumi.RunError when another route of this gateway has one of the hostnames, with the same path; for hostnames
   * from outputs the update fails with it, before the route is made
   */
  route(name: string, target: RouteTarget, opts?: pulumi.CustomResourceOptions): Route {
    return new Route(`${name}-route`, this.routeArgs(name, target), { parent: this, ...opts });
  }

  /**
   * What the route's resource is told; the hostnames are this route's from then on.
   *
   * @throws as `route` does
   */
  routeArgs(name: string, target: RouteTarget): RouteArgs {
    if (this.routes.has(name))
      throw new pulumi.RunError(
        `Gateway: two of its routes are named '${name}'. Rename one of the services.`,
      );
    this.routes.add(name);
    const hostnames = this.claim(name, target);
    return {
      gatewayId: this.containerId,
      routeName: name,
      hostnames,
      path: target.path,
      protocol: target.protocol,
      upstreams: target.upstreams,
      drainSeconds: target.drainSeconds ?? DRAIN_SECONDS,
      watchSeconds: target.watch?.seconds,
      watchErrorPercent: target.watch?.errorPercent,
      noindex: this.args.noindex ?? false,
      basicAuthUser: this.args.basicAuth?.user,
      basicAuthHash: this.args.basicAuth?.hash,
    };
  }

  /** Two routes for one address would take it from each other at each update. */
  private claim(name: string, { hostnames, path }: RouteTarget): RouteTarget["hostnames"] {
    if (!hasLater(hostnames) && !isLater(path)) {
      this.claimKnown(name, hostnames as string[], path as string | undefined);
      return hostnames;
    }
    return pulumi.all([hostnames, path]).apply(([known, below]) => {
      this.claimKnown(name, known, below);
      return known;
    });
  }

  private claimKnown(name: string, hostnames: readonly string[], path = ""): void {
    for (const hostname of hostnames) {
      if (this.args.hostPort === undefined && !Object.hasOwn(this.args.names ?? {}, hostname))
        throw new pulumi.RunError(
          `Gateway: the route '${name}' has the hostname '${hostname}', which isn't among the gateway's names, and it has no hostPort.`,
        );
      const address = `${hostname.toLowerCase()}${path}`;
      const other = this.claimed.get(address);
      if (other !== undefined) {
        throw new pulumi.RunError(
          `Gateway: the routes '${other}' and '${name}' both lead ${address} to themselves. Leave it out of one of ` +
            "them, or give one a `path` of its own.",
        );
      }
      this.claimed.set(address, name);
    }
  }

  private createConfigVolume(name: string): Volume {
    const { env } = this.args;
    return new Volume(
      `${name}-config`,
      { name: env.nameOnHost(env.name(`${this.role}_config`)), labels: labelList(env.labels(this.role)) },
      { parent: this, ignoreChanges: ["labels"] },
    );
  }

  private createContainer(name: string, config: Volume): pulumi.Output<string> {
    const { env, image, limits, tls, bindAddress = "127.0.0.1", hostPort } = this.args;
    const connector = this.args.ownTunnel === true ? env.name(CONNECTOR_ROLE) : undefined;
    const tlsPort = tls === undefined ? [] : [{ hostPort: tls.hostPort, containerPort: CONTAINER_TLS_PORT }];
    const ports = [
      ...(hostPort === undefined ? [] : [{ hostPort, containerPort: CONTAINER_PORT }]),
      ...tlsPort,
    ];
    const names = Object.keys(this.args.names ?? {});
    const source = lookUpImage(`Gateway '${name}'`, `${name}-image`, image, { parent: this });
    const { started } = runContainer(this, env, name, {
      role: this.role,
      component: `Gateway '${name}'`,
      fixedName: env.name(this.role),
      image: source.imageId,
      command: GATEWAY_COMMAND,
      user: "1000:1000",
      environment: {
        XDG_CONFIG_HOME: "/tmp/config",
        XDG_DATA_HOME: "/tmp/data",
        // Share of the container's memory that each of the two processes may use.
        AUTOMEMLIMIT: "0.4",
      },
      ...gatewayVolume(`Gateway '${name}'`, { ...this.args, connector }),
      volumes: [{ volume: config.name, path: CONFIG_DIR }],
      ports: ports.map((port) => ({ bindAddress, ...port })),
      ...(names.length === 0 ? {} : { aliases: takeNames(env, `Gateway '${name}'`, this.role, names) }),
      // The official binary carries this file capability and can't be executed without it.
      capabilities: ["NET_BIND_SERVICE"],
      limits,
      health: { command: GATEWAY_HEALTH },
      healthTimeoutSeconds: HEALTH_TIMEOUT_SECONDS,
      stopGraceSeconds: STOP_GRACE_SECONDS,
    });
    return started.containerId;
  }
}
