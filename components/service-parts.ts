// What an application's service is made of, whether alone or in a release: its image, its migration, its containers.
import type * as pulumi from "@pulumi/pulumi";
import { image as imageCheck } from "../lib/docker/values.ts";
import { Migration } from "../provider/sdk.ts";
import { type AppImage, type BuildContext, buildImage, isBuildContext, lookUpImage } from "./app-image.ts";
import type { AppServiceArgs } from "./app-service.ts";
import { checkedArgument } from "./checked-inputs.ts";
import { type RunningContainer, runContainer } from "./container.ts";
import { type ImageOptions, openedLabel, optionsOf } from "./image-options.ts";
import { databaseOf } from "./migration-spec.ts";
import { takeNames } from "./network-names.ts";
import { present, secretsAsFiles } from "./secret-files.ts";
import type { ServiceInputs } from "./service-inputs.ts";

/** Whose image it is, and what is wanted. */
type Imaged = Pick<ServiceInputs, "component" | "image" | "env">;

/** The service's image, looked up or built. */
export function imageOf(parent: pulumi.ComponentResource, name: string, args: Imaged): AppImage {
  const { component, image } = args;
  const opts = { parent };
  return isBuildContext(image)
    ? buildImage(`${name}-image`, buildOf(args, image), opts)
    : lookUpImage(component, `${name}-image`, image, opts);
}

function buildOf({ component, env }: Imaged, build: BuildContext): BuildContext {
  const tag = checkedArgument(component, "image.tag", build.tag, imageCheck);
  return { ...build, tag: env.nameOnHost(tag) };
}

/**
 * Its migration, if it has one.
 *
 * @param services whose jobs it pauses. @default its own
 */
export function createMigration(
  parent: pulumi.ComponentResource,
  name: string,
  args: ServiceInputs,
  image: AppImage,
  services?: string[],
): Migration | undefined {
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
      options: oneShotOptions(args),
      network: args.env.network,
      networks: args.networks,
      labels: { ...args.env.labels(name), ...openedLabel(oneShotOptions(args) ?? {}, args.user) },
      logOptions: args.env.logOptions,
      timeoutSeconds: args.migrationSeconds,
      memoryMb: args.limits.memoryMb,
      cpus: args.limits.cpus,
      pids: args.limits.pids,
      ...(services === undefined ? {} : { services }),
      ...databaseOf(name, args.migration),
    },
    { parent, dependsOn: args.dependsOn },
  );
}

/** What containers are made with besides the service's arguments. */
interface Made {
  /** Image id. */
  image: pulumi.Output<string>;
  /** Are they only made ready, to start with others? */
  held: boolean;
}

/** Its containers, one for each replica. */
export function createContainers(
  parent: pulumi.ComponentResource,
  name: string,
  args: ServiceInputs,
  { image, held }: Made,
): RunningContainer[] {
  const delivery = secretsAsFiles(args.env, args.secrets ?? {}, args.secretsAs ?? "env", args.files);
  const replicas = Array.from({ length: args.replicas ?? 1 }, (_, index) => index + 1);
  return replicas.map((replica) =>
    runContainer(parent, args.env, `${args.env.name(name)}-${replica}`, {
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
      ...(held ? { held } : { watchSeconds: args.routes.length === 0 ? args.watch.seconds : undefined }),
      dependsOn: args.dependsOn,
    }),
  );
}

/** Variables with the time zone's, as a container of a service has it. */
export function variablesOf({ environment, timeZone }: Pick<ServiceInputs, "environment" | "timeZone">) {
  return timeZone === undefined ? environment : { ...environment, TZ: timeZone };
}

/** What of the options a command of the same image needs as well. */
export function oneShotOptions(args: ImageOptions) {
  const { stopSignal, timeZone, devices, gpus, ulimits, ...options } = optionsOf(args);
  return Object.keys(options).length === 0 ? undefined : options;
}

/** What the state and a preview tell of the service: its variables, of its secrets the names, and its jobs. */
export function statedArgs({
  environment = {},
  secrets = {},
  jobs = {},
}: Pick<AppServiceArgs, "environment" | "secrets" | "jobs">) {
  const known = { environment, secrets: Object.keys(secrets).sort() };
  return Object.keys(jobs).length === 0 ? known : { ...known, jobs };
}
