// AppService: an application's containers, its migration and its routes.
import * as pulumi from "@pulumi/pulumi";
import type { UpstreamProtocol } from "../provider/sdk.ts";
import type { BuildContext } from "./app-image.ts";
import { rejectBadArgs } from "./app-service-checks.ts";
import type { Limits, VolumeMount } from "./container.ts";
import type { Environment } from "./environment.ts";
import type { Gateway, WatchSpec } from "./gateway.ts";
import type { HealthCheck } from "./health-check.ts";
import type { ImageOptions, PublishedPort } from "./image-options.ts";
import { createScheduler, type ScheduledJob } from "./jobs.ts";
import type { MigrationSpec } from "./migration-spec.ts";
import { componentOptions } from "./providers.ts";
import type { SecretDelivery } from "./secret-files.ts";
import { serviceInputs, withoutUnset } from "./service-inputs.ts";
import { createContainers, createMigration, imageOf, statedArgs } from "./service-parts.ts";
import { createRoute, takeOverTogether } from "./service-routes.ts";

/** What leads to a service. */
export interface RouteSpec {
  /** Gateway that has the route. */
  gateway: Gateway;
  /** Hostnames that lead to this service. */
  hostnames: pulumi.Input<pulumi.Input<string>[]>;
  /** Only this path of theirs and what is below it, such as `/ws`. @default all that no other service has */
  path?: pulumi.Input<string>;
  /**
   * What the service speaks on its port: `http` is HTTP/1.1 with WebSockets, `h2c` HTTP/2 without TLS, as servers of gRPC
   * do. A deploy whose containers answer in another protocol ends before the route moves. @default "http"
   */
  protocol?: pulumi.Input<UpstreamProtocol>;
}

/** Arguments of an `AppService`. */
export interface AppServiceArgs extends ImageOptions {
  /** Environment that it is part of. */
  env: Environment;
  /** Image reference with a tag or digest, or a folder to build. */
  image: pulumi.Input<string> | BuildContext;
  /** Command. @default the image's */
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Plain environment variables; one that is undefined is left out. The stack may add others, never another value: see
   * `Environment`.
   */
  environment?: Record<string, pulumi.Input<string> | undefined>;
  /** Secret environment variables; one that is undefined is left out. */
  secrets?: Record<string, pulumi.Input<string> | undefined>;
  /**
   * How secrets reach the application: `env` as variables, which whoever may call the Docker API can read with
   * `docker inspect`; `files` as /run/secrets/NAME with NAME_FILE pointing there. @default "env"
   */
  secretsAs?: SecretDelivery;
  /** Port that the application listens on; none for a worker. */
  port?: pulumi.Input<number>;
  /** Route to it; needs `port`. */
  route?: RouteSpec;
  /**
   * Routes to it in the place of `route`, where several gateways, or several sets of hostnames, lead to it; needs `port`. They move
   * together, and back together. @default `route` alone
   */
  routes?: RouteSpec[];
  /** One-shot step that must succeed before a new version starts. */
  migration?: MigrationSpec;
  /**
   * Commands of the same image that run at set times, each by its name, never two of one at a time. A scheduler in a
   * container of its own runs them, with the service's variables, secrets, files, volumes, networks, user and limits. @default none
   */
  jobs?: Record<string, ScheduledJob>;
  /** How to find out whether it works. */
  health: pulumi.Input<HealthCheck>;
  /** Seconds until a new container must be healthy. @default 60 */
  healthTimeoutSeconds?: pulumi.Input<number>;
  /** Containers that run at the same time. @default 1 */
  replicas?: number;
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  /**
   * Seconds that requests under way have to end after the route has left a container, and then once more between
   * SIGTERM and SIGKILL. @default 30
   */
  stopGraceSeconds?: pulumi.Input<number>;
  /** How a new version is watched after it has taken over. @default 10 seconds, at most 20 % server errors */
  watch?: WatchSpec;
  /**
   * Volumes. While a new container takes over, the old one has them as well: what is written must bear two writers.
   * @default none
   */
  volumes?: VolumeMount[];
  /**
   * Files by absolute path, such as a configuration where the image wants it, or `database.files` of a managed server with
   * its own certificates. Read-only to the application. Unless `writableRoot` is set, the folder of each becomes a copy of
   * the image's: choose none that is large. @default none
   */
  files?: Record<string, pulumi.Input<string>>;
  /**
   * Networks to join besides the environment's own: those of the shared servers that it uses, such as
   * `database.networks`. @default none
   */
  networks?: pulumi.Input<string>[];
  /** User inside the container; `image` is whom the image says, which may be root. @default "1000:1000" */
  user?: pulumi.Input<string>;
  /**
   * Ports of the container that the host listens on, besides the gateway's. Only one container can have a port: `replace`
   * must be `stop-first`. @default none
   */
  publish?: PublishedPort[];
  /**
   * How a new version takes over: beside the old one, which ends when the new one is healthy; or `stop-first`, for what may
   * exist once, as a scheduler: the old one ends before the new one starts, and starts again if the new one fails.
   * @default "beside"
   */
  replace?: "beside" | "stop-first";
  /**
   * Names under which other services of the environment reach it, as in `mysql://db:3306`. Only what runs once can have one:
   * `replace` must be `stop-first`. For the others: a route of a gateway with `names`. @default its own name where `replace` is `stop-first`
   */
  names?: string[];
  /** What must exist before migration and containers: databases, queues, the `ready` of services that it calls. */
  dependsOn?: pulumi.Resource[];
}

/**
 * An application: its migration runs to its end, new containers start beside all of the old ones and become healthy,
 * the route moves, the new ones are watched while the old ones finish what is under way, the old ones are stopped with
 * a grace. A step that fails leaves the old ones serving.
 */
export class AppService extends pulumi.ComponentResource {
  /** Names of the running containers. */
  readonly containers: pulumi.Output<string[]>;
  /** Content address of the image that runs. */
  readonly imageId: pulumi.Output<string>;
  /** What must exist before a service that calls this one starts: its healthy containers, and its routes. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, own: AppServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    const given = own.env.variables.addTo(name, withoutUnset(own));
    rejectBadArgs(name, given);
    super(
      "tandem:index:AppService",
      name,
      statedArgs(given),
      componentOptions(`AppService '${name}'`, given.env, opts),
    );
    const args = serviceInputs(name, given);
    const image = imageOf(this, name, args);
    const migration = createMigration(this, name, args, image);
    this.imageId = migration?.imageId ?? image.imageId;
    // One route moves when the containers are healthy; several are a release of one service.
    const together = args.routes.length > 1;
    const running = createContainers(this, name, args, { image: this.imageId, held: together });
    const { names, ready } = together
      ? takeOverTogether(this, name, [{ name, args, running, component: this }])
      : createRoute(this, name, args, running);
    this.containers = names[name] as pulumi.Output<string[]>;
    this.ready = ready;
    createScheduler(this, name, args, this.imageId, ready);
    this.registerOutputs({ containers: this.containers, imageId: this.imageId });
  }
}
