// AppService: an application's containers, its migration and its route.
import * as pulumi from "@pulumi/pulumi";
import { hostname, image as imageCheck, percent, whole } from "../lib/docker/values.ts";
import { Migration, type UpstreamProtocol } from "../provider/sdk.ts";
import { type AppImage, type BuildContext, buildImage, isBuildContext, lookUpImage } from "./app-image.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedArgument } from "./checked-inputs.ts";
import {
  AUTONAME_LENGTH,
  type HealthCheck,
  type Limits,
  type RunningContainer,
  runContainer,
  type VolumeMount,
} from "./container.ts";
import type { Environment } from "./environment.ts";
import type { Gateway, WatchSpec } from "./gateway.ts";
import { databaseOf, type MigrationSpec } from "./migration-spec.ts";
import { componentOptions } from "./providers.ts";
import { type SecretDelivery, secretsAsFiles } from "./secret-files.ts";
import { type ServiceInputs, serviceInputs, watchSeconds } from "./service-inputs.ts";

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
export interface AppServiceArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** Image reference with a tag or digest, or a folder to build. */
  image: pulumi.Input<string> | BuildContext;
  /** Command. @default the image's */
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /** Plain environment variables. The stack may add others, never another value: see `Environment`. */
  environment?: Record<string, pulumi.Input<string>>;
  /** Secret environment variables. */
  secrets?: Record<string, pulumi.Input<string>>;
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
  /** Files under /run/secrets by path, such as `database.files` of a managed server with its own certificates. @default none */
  files?: Record<string, pulumi.Input<string>>;
  /**
   * Networks to join besides the environment's own: those of the shared servers that it uses, such as
   * `database.networks`. @default none
   */
  networks?: pulumi.Input<string>[];
  /** User inside the container. @default "1000:1000" */
  user?: pulumi.Input<string>;
  /** What must exist before migration and containers: databases, queues, the `ready` of services that it calls. */
  dependsOn?: pulumi.Resource[];
}

/** More containers of one service than any one machine is for. */
const MOST_REPLICAS = 99;

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
    const given = own.env.variables.addTo(name, own);
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
        environment: { ...args.environment, ...delivery.environment },
        files: delivery.files,
        network: args.env.network,
        networks: args.networks,
        labels: args.env.labels(name),
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
        user: args.user,
        environment: { ...args.environment, ...delivery.environment },
        files: delivery.files,
        filesVersion: delivery.version,
        volumes: args.volumes,
        networks: args.networks,
        limits: args.limits,
        health: args.health,
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

/** What the state and a preview tell of the service: its variables, and of its secrets the names. */
function statedArgs({ environment = {}, secrets = {} }: AppServiceArgs) {
  return { environment, secrets: Object.keys(secrets).sort() };
}

function rejectBadArgs(name: string, args: AppServiceArgs): void {
  if (args.route !== undefined && args.port === undefined) {
    throw new pulumi.RunError(
      `AppService '${name}': a route needs a port; set \`port\` or leave \`route\` out.`,
    );
  }
  const { image, secrets = {}, migration, watch } = args;
  const folder = isBuildContext(image) ? image : undefined;
  const replicas = args.replicas ?? 1;
  const checks = new ArgumentChecks("AppService", name)
    .name(`${args.env.name(name)}-1`, AUTONAME_LENGTH + 1)
    .container({ ...args, image: folder === undefined ? (image ?? null) : undefined })
    .health(args.health)
    .required("replicas", replicas, whole(1, MOST_REPLICAS))
    .port("port", args.port)
    .each("route.hostnames", args.route?.hostnames, hostname)
    .optional("watch.seconds", watch?.seconds, watchSeconds)
    .optional("watch.errorPercent", watch?.errorPercent, percent);
  if (folder !== undefined) checks.build(folder);
  if (args.secretsAs === "files") checks.fileNames({ ...secrets, ...migration?.secrets }, args.environment);
  if (migration !== undefined) checks.name(`${args.env.name(name)}_migration`).migration(migration);
  checks.done();
  const twice = Object.keys(secrets).filter((key) => key in (args.environment ?? {}));
  if (twice.length > 0) {
    throw new pulumi.RunError(
      `AppService '${name}': ${twice.join(", ")} stands in environment and in secrets.`,
    );
  }
}
