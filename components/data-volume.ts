// A volume that holds data: kept, guarded, and owned by whom its container runs as.
import { Volume } from "@pulumi/docker/volume.js";
import * as pulumi from "@pulumi/pulumi";
import { image as imageCheck, owner as ownerCheck } from "../lib/docker/values.ts";
import type { GuardedServer } from "../provider/postgres/server-image.ts";
import { DataGuard, VolumeOwner } from "../provider/sdk.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedArgument, checkedDefault } from "./checked-inputs.ts";
import { type Environment, labelList } from "./environment.ts";
import { componentOptions } from "./providers.ts";
import { present } from "./secret-files.ts";

/** What the volume is for. */
interface GuardedVolume {
  /** Role of what has it; the config releases its data by this name. */
  role: string;
  /** Role of the volume, part of its name. */
  volumeRole: string;
  /** Where it is mounted, where another path would hide the data. */
  path?: string;
  /** What its image makes in it when it is empty, and never again, such as `user app`. */
  made?: string;
  /** A fingerprint of the password that its image makes so. */
  fingerprint?: pulumi.Input<string>;
  /** The server that reads it, where one does. */
  server?: Pick<GuardedServer, "kind" | "folder"> &
    Record<"image" | "user", pulumi.Input<string>> & {
      settings?: pulumi.Input<Record<string, string>>;
    };
}

/** Makes the volume `role` of what has the role `owner`; losing it takes a decision that is written down in config. */
export function guardedVolume(
  parent: pulumi.ComponentResource,
  name: string,
  env: Environment,
  { role, volumeRole, path, made, fingerprint, server }: GuardedVolume,
): Volume {
  const volumeName = env.name(volumeRole);
  const guard = new DataGuard(
    `${name}-guard`,
    {
      subject: `volume ${volumeName}`,
      identity: { volume: volumeName, host: env.dockerHost, ...present({ path, made, fingerprint }) },
      released: env.isReleased(role),
      releaseWith: env.releaseCommand(role),
      ...(server === undefined
        ? {}
        : { server: { ...server, container: env.name(role), volume: volumeName } }),
    },
    { parent },
  );
  return new Volume(
    `${name}-data`,
    { name: volumeName, labels: labelList(env.labels(role)) },
    // A changed label would replace the volume, and with it the data.
    { parent, dependsOn: guard, ignoreChanges: ["labels"], ...env.volumeOptions(role) },
  );
}

/** In the place of a volume, where nothing is kept: what was kept before by what has the role isn't left behind without a word. */
export function guardedNothing(
  parent: pulumi.ComponentResource,
  name: string,
  env: Environment,
  role: string,
): void {
  new DataGuard(
    `${name}-guard`,
    {
      ...{ subject: `memory of ${env.name(role)}`, identity: {} },
      ...{ released: env.isReleased(role), releaseWith: env.releaseCommand(role) },
    },
    { parent },
  );
}

/** Arguments of a `DataVolume`. */
export interface DataVolumeArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** Role in the environment, part of its name; the config releases its data by this name. */
  role: string;
  /** Any image on the Docker host; the volume is reached through a container of it that is never started. */
  image: pulumi.Input<string>;
  /** User that owns the volume's folder, as `uid:gid`. @default "1000:1000" */
  owner?: pulumi.Input<string>;
}

/** A volume for an application's files: `volumes: [{ volume: home.volume, path: "/data" }]`. */
export class DataVolume extends pulumi.ComponentResource {
  /** Name of the volume, once its folder has its owner. */
  readonly volume: pulumi.Output<string>;

  constructor(name: string, args: DataVolumeArgs, opts?: pulumi.ComponentResourceOptions) {
    new ArgumentChecks("DataVolume", name)
      .name(args.env.name(args.role))
      .optional("image", args.image, imageCheck)
      .optional("owner", args.owner, ownerCheck)
      .done();
    super("tandem:index:DataVolume", name, {}, componentOptions(`DataVolume '${name}'`, args.env, opts));
    const { env, role } = args;
    const component = `DataVolume '${name}'`;
    const image = checkedArgument(component, "image", args.image, imageCheck);
    const owner = checkedDefault(component, "owner", args.owner, ownerCheck, "1000:1000");
    const volume = guardedVolume(this, name, env, { role, volumeRole: role });
    this.volume = new VolumeOwner(
      `${name}-owner`,
      { volume: volume.name, image, owner },
      { parent: this },
    ).volume;
    this.registerOutputs({ volume: this.volume });
  }
}
