// AppService: an application's containers, its migration and its route.
import * as pulumi from "@pulumi/pulumi";
import { image as imageCheck } from "../lib/docker/values.ts";
import { Migration, type UpstreamProtocol } from "../provider/sdk.ts";
import { type AppImage, type BuildContext, buildImage, isBuildContext, lookUpImage } from "./app-image.ts";
import { rejectBadArgs } from "./app-service-checks.ts";
import { checkedArgument } from "./checked-inputs.ts";
import { type Limits, type RunningContainer, runContainer, type VolumeMount } from "./container.ts";
import type { Environment } from "./environment.ts";
import type { Gateway, WatchSpec } from "./gateway.ts";
import type { HealthCheck } from "./health-check.ts";
import { type ImageOptions, openedLabel, optionsOf, type PublishedPort } from "./image-options.ts";
import { databaseOf, type MigrationSpec } from "./migration-spec.ts";
import { takeNames } from "./network-names.ts";
import { componentOptions } from "./providers.ts";
import { present, type SecretDelivery, secretsAsFiles } from "./secret-files.ts";
import { type ServiceInputs, serviceInputs, withoutUnset } from "./service-inputs.ts";

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
  /** One-shot step that must succeed before a new version starts. */
  migration?: MigrationSpec;
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
  /** What must exist before a service that calls this one starts: its healthy containers, and its route. */
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
    const image = this.resolveImage(name, args);
    const migration = this.createMigration(name, args, image);
    this.imageId = migration?.imageId ?? image.imageId;
    const running = this.createContainers(name, args, this.imageId);
    this.containers = pulumi.all(running.map(({ started }) => started.containerName));
    this.ready = [...running.map(({ started }) => started), ...this.createRoute(name, args)];
    this.registerOutputs({ containers: this.containers, imageId: this.imageId });
  }

  private resolveImage(name: string, args: ServiceInputs): AppImage {
    const { component, image } = args;
    const opts = { parent: this };
    return isBuildContext(image)
      ? buildImage(`${name}-image`, this.buildOf(args, image), opts)
      : lookUpImage(component, `${name}-image`, image, opts);
  }

  private buildOf({ component, env }: ServiceInputs, build: BuildContext): BuildContext {
    const tag = checkedArgument(component, "image.tag", build.tag, imageCheck);
    return { ...build, tag: env.nameOnHost(tag) };
  }

  private createMigration(name: string, args: ServiceInputs, image: AppImage): Migration | undefined {
    if (args.migration === undefined) return undefined;
    const secrets = { ...args.secrets, ...args.migration.secrets };
    const delivery = secretsAsFiles(args.env, secrets, args.secretsAs ?? "env", args.files);
    return new Migration(
      `${name}-migration`,
      {
        containerName: `${args.env.name(name)}_migration`,
        imageId: image.imageId,
        command: args.migration.command,
        user: args.user,
        environment: { ...present(variablesOf(args)), ...delivery.environment },
        files: delivery.files,
        options: migrationOptions(args),
        network: args.env.network,
        networks: args.networks,
        labels: { ...args.env.labels(name), ...openedLabel(migrationOptions(args) ?? {}, args.user) },
        logOptions: args.env.logOptions,
        timeoutSeconds: args.migrationSeconds,
        memoryMb: args.limits.memoryMb,
        cpus: args.limits.cpus,
        pids: args.limits.pids,
        ...databaseOf(name, args.migration),
      },
      { parent: this, dependsOn: args.dependsOn },
    );
  }

  private createContainers(
    name: string,
    args: ServiceInputs,
    image: pulumi.Output<string>,
  ): RunningContainer[] {
    const delivery = secretsAsFiles(args.env, args.secrets ?? {}, args.secretsAs ?? "env", args.files);
    const replicas = Array.from({ length: args.replicas ?? 1 }, (_, index) => index + 1);
    return replicas.map((replica) =>
      runContainer(this, args.env, `${args.env.name(name)}-${replica}`, {
        role: name,
        component: args.component,
        image,
        command: args.command,
        ...optionsOf(args),
        user: args.user,
        environment: { ...present(args.environment), ...delivery.environment },
        ports: args.publish?.map(({ port, hostPort, protocol, bindAddress = "127.0.0.1" }) => ({
          ...{ bindAddress, hostPort, containerPort: port, protocol },
        })),
        ...(args.replace === "stop-first"
          ? { stopFirst: true, aliases: takeNames(args.env, args.component, name, args.names) }
          : {}),
        files: delivery.files,
        filesVersion: delivery.version,
        volumes: args.volumes,
        networks: args.networks,
        limits: args.limits,
        health: args.health,
        probe: args.probe,
        healthTimeoutSeconds: args.healthTimeoutSeconds,
        stopGraceSeconds: args.stopGraceSeconds,
        watchSeconds: args.route === undefined ? args.watch.seconds : undefined,
        dependsOn: args.dependsOn,
      }),
    );
  }

  private createRoute(name: string, args: ServiceInputs): pulumi.Resource[] {
    if (args.route === undefined) return [];
    const { gateway, hostnames, path, protocol } = args.route;
    const { stopGraceSeconds: drainSeconds, watch } = args;
    const upstreams = pulumi
      .all([this.containers, args.port])
      .apply(([names, port]) => names.map((container) => `${container}:${port}`));
    const target = { hostnames, path, protocol, upstreams, drainSeconds, watch };
    return [gateway.route(name, target, { parent: this })];
  }
}

function variablesOf({ environment, timeZone }: AppServiceArgs) {
  return timeZone === undefined ? environment : { ...environment, TZ: timeZone };
}

/** What of the options a command of the same image needs as well. */
function migrationOptions(args: AppServiceArgs) {
  const { stopSignal, timeZone, devices, gpus, ulimits, ...options } = optionsOf(args);
  return Object.keys(options).length === 0 ? undefined : options;
}

/** What the state and a preview tell of the service: its variables, and of its secrets the names. */
function statedArgs({ environment = {}, secrets = {} }: AppServiceArgs) {
  return { environment, secrets: Object.keys(secrets).sort() };
}
