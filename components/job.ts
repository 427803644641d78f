// Job: a command of an image that must end well before others start, once for each version.
import * as pulumi from "@pulumi/pulumi";
import { seconds, user } from "../lib/docker/values.ts";
import { Migration } from "../provider/sdk.ts";
import { type BuildContext, isBuildContext } from "./app-image.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedDefault, checkedLimits } from "./checked-inputs.ts";
import type { Limits } from "./container.ts";
import type { Environment } from "./environment.ts";
import { type ImageOptions, openedLabel } from "./image-options.ts";
import { componentOptions } from "./providers.ts";
import { present, type SecretDelivery, secretsAsFiles } from "./secret-files.ts";
import { DEFAULT_USER, IMAGE_USER, withoutUnset } from "./service-inputs.ts";
import { imageOf, oneShotOptions, variablesOf } from "./service-parts.ts";

/** Arguments of a `Job`. */
export interface JobArgs extends Omit<ImageOptions, "stopSignal" | "devices" | "gpus" | "ulimits"> {
  /** Environment that it is part of. */
  env: Environment;
  /** Image reference with a tag or digest, or a folder to build. */
  image: pulumi.Input<string> | BuildContext;
  /** Command inside the image; its entry point gets it. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /** Plain environment variables; one that is undefined is left out. The stack may add others. */
  environment?: Record<string, pulumi.Input<string> | undefined>;
  /** Secret environment variables; one that is undefined is left out. */
  secrets?: Record<string, pulumi.Input<string> | undefined>;
  /** How secrets reach it: as variables, or as /run/secrets/NAME with NAME_FILE pointing there. @default "env" */
  secretsAs?: SecretDelivery;
  /** Files by absolute path, read-only to it. @default none */
  files?: Record<string, pulumi.Input<string>>;
  /** Networks to join besides the environment's own. @default none */
  networks?: pulumi.Input<string>[];
  /** User inside the container; `image` is whom the image says, which may be root. @default "1000:1000" */
  user?: pulumi.Input<string>;
  /** Most that it may use. */
  limits: pulumi.Input<Limits>;
  /** Seconds that it may take; it is killed after them. @default 600 */
  timeoutSeconds?: pulumi.Input<number>;
  /** What must exist before it: databases, queues, the `ready` of services that it calls. */
  dependsOn?: pulumi.Resource[];
}

const TIMEOUT_SECONDS = 600;

/**
 * A command that runs to its end when the stack is brought up, and again when its image, command, variables or secrets change, but
 * not for an image that has run before. If it doesn't end well, what waits for its `ready` isn't touched and the `up` fails.
 */
export class Job extends pulumi.ComponentResource {
  /** What must exist before a service that waits for it starts: the run that ended well. */
  readonly ready: pulumi.Resource[];
  /** Content address of the image that ran last. */
  readonly imageId: pulumi.Output<string>;

  constructor(name: string, own: JobArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = withoutUnset(own.env.variables.addTo(name, own, "Job"));
    const component = `Job '${name}'`;
    rejectBadArgs(name, args);
    const { env, environment = {}, secrets = {} } = args;
    super(
      "tandem:index:Job",
      name,
      { environment, secrets: Object.keys(secrets).sort() },
      componentOptions(component, env, opts),
    );
    const delivery = secretsAsFiles(env, secrets, args.secretsAs ?? "env", args.files);
    const options = oneShotOptions(args);
    const asUser = args.user === IMAGE_USER ? undefined : args.user;
    const runs = checkedDefault(component, "user", asUser, user, DEFAULT_USER);
    const limits = checkedLimits(component, args.limits);
    const run = new Migration(
      `${name}-run`,
      {
        noun: "job",
        containerName: `${env.name(name)}_job`,
        imageId: imageOf(this, name, { component, env, image: args.image }).imageId,
        command: args.command,
        user: args.user === IMAGE_USER ? undefined : runs,
        environment: { ...present(variablesOf({ ...args, environment })), ...delivery.environment },
        files: delivery.files,
        options,
        network: env.network,
        networks: args.networks,
        labels: {
          ...env.labels(name),
          ...openedLabel(options ?? {}, args.user === IMAGE_USER ? undefined : runs),
        },
        logOptions: env.logOptions,
        timeoutSeconds: checkedDefault(
          component,
          "timeoutSeconds",
          args.timeoutSeconds,
          seconds(),
          TIMEOUT_SECONDS,
        ),
        memoryMb: limits.memoryMb,
        cpus: limits.cpus,
        pids: limits.pids,
      },
      { parent: this, dependsOn: args.dependsOn },
    );
    this.imageId = run.imageId;
    this.ready = [run];
    this.registerOutputs({ imageId: this.imageId });
  }
}

/** @throws pulumi.RunError that names all arguments which are wrong */
function rejectBadArgs(name: string, args: JobArgs): void {
  const folder = isBuildContext(args.image) ? args.image : undefined;
  const checks = new ArgumentChecks("Job", name)
    .name(`${args.env.name(name)}_job`)
    .container({
      ...args,
      image: folder === undefined ? (args.image ?? null) : undefined,
      user: args.user === IMAGE_USER ? undefined : args.user,
    })
    .command("command", args.command)
    .optional("timeoutSeconds", args.timeoutSeconds, seconds());
  if (folder !== undefined) checks.build(folder);
  if (args.secretsAs === "files") checks.fileNames(args.secrets ?? {}, args.environment);
  checks.done();
}
