// SharedService: a stateless service of the stack `shared` that several environments call.
import * as pulumi from "@pulumi/pulumi";
import { port as portCheck, seconds, user as userCheck } from "../lib/docker/values.ts";
import { lookUpImage } from "./app-image.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedArgument, checkedDefault } from "./checked-inputs.ts";
import { type Limits, runContainer, type VolumeMount } from "./container.ts";
import type { Environment } from "./environment.ts";
import { type HealthCheck, probed } from "./health-check.ts";
import type { ImageOptions } from "./image-options.ts";
import { sharedNetwork } from "./pg-servers.ts";
import { componentOptions } from "./providers.ts";
import type { SharedNetworks } from "./shared-networks.ts";

/** Arguments of a `SharedService`. */
export interface SharedServiceArgs extends ImageOptions {
  /** Environment that it is part of. */
  env: Environment;
  /** Image reference with a tag or digest. */
  image: pulumi.Input<string>;
  /** Port that it listens on. */
  port: pulumi.Input<number>;
  /** Networks of the environments that it serves. */
  networks: SharedNetworks;
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  /** How to find out whether it works. */
  health: pulumi.Input<HealthCheck>;
  /** Seconds that it has to become healthy: a model may have to be loaded. @default 120 */
  healthTimeoutSeconds?: pulumi.Input<number>;
  /** Variables; nothing secret. @default none */
  environment?: Record<string, pulumi.Input<string>>;
  /** Volumes, such as one for models that it downloads. @default none */
  volumes?: VolumeMount[];
  /** User inside the container. @default "1000:1000" */
  user?: pulumi.Input<string>;
}

/** Where a shared service is: what its stack hands out to the environments. */
export interface SharedEndpoint {
  /** Name of its container, and its name on the networks. */
  container: string;
  /** Port on the networks. */
  port: number;
  /** Network of each environment that it serves. */
  networks: Record<string, string>;
}

/** A request that is under way is answered. */
const STOP_GRACE_SECONDS = 30;

/**
 * A service that keeps nothing between two requests, so that environments may share it. It has one address on the network
 * of each environment and forwards nothing from one to another.
 */
export class SharedService extends pulumi.ComponentResource {
  /** For the environments that it serves. */
  readonly shared: pulumi.Output<SharedEndpoint>;
  /** The healthy service. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: SharedServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    new ArgumentChecks("SharedService", name)
      .name(args.env.name(name))
      .container({ ...args, image: args.image ?? null, networks: Object.values(args.networks ?? {}) })
      .health(args.health)
      .required("port", args.port, portCheck)
      .done();
    super(
      "tandem:index:SharedService",
      name,
      {},
      componentOptions(`SharedService '${name}'`, args.env, opts),
    );
    const { env, image: reference, port, networks, ...spec } = args;
    const component = `SharedService '${name}'`;
    const { user, healthTimeoutSeconds: timeout } = spec;
    const container = env.name(name);
    const image = lookUpImage(component, `${name}-image`, reference, { parent: this });
    const { started } = runContainer(this, env, name, {
      ...spec,
      role: name,
      fixedName: container,
      component,
      image: image.imageId,
      user: checkedDefault(component, "user", user, userCheck, "1000:1000"),
      ...probed(component, args.health, port),
      networks: Object.values(networks),
      healthTimeoutSeconds: checkedDefault(component, "healthTimeoutSeconds", timeout, seconds(), 120),
      stopGraceSeconds: STOP_GRACE_SECONDS,
    });
    this.ready = [started];
    this.shared = pulumi
      .all([networks, checkedArgument(component, "port", port, portCheck), started.containerId])
      .apply(([served, known]) => ({ container, port: known, networks: served }));
    this.registerOutputs({ shared: this.shared });
  }
}

/** How an environment calls a shared service. @throws RunError if the environment isn't served. */
export function reachService(env: Environment, service: SharedEndpoint): { url: string; networks: string[] } {
  const network = sharedNetwork(env, service, "service");
  return { url: `http://${service.container}:${service.port}`, networks: [network] };
}
