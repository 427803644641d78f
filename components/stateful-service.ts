// StatefulService: a server that keeps data and runs once, such as MariaDB or a message broker: a service that is replaced
// stop-first, with guarded volumes and what a preset knows of its image.
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { image as imageCheck } from "../lib/docker/values.ts";
import { Dump, VolumeOwner } from "../provider/sdk.ts";
import type { AppServiceArgs } from "./app-service.ts";
import { rejectBadArgs } from "./app-service-checks.ts";
import { checkedArgument } from "./checked-inputs.ts";
import { guardedVolume } from "./data-volume.ts";
import type { HealthCheck } from "./health-check.ts";
import { createScheduler } from "./jobs.ts";
import { sqlName } from "./names.ts";
import { fixedRole } from "./network-names.ts";
import { filled, needs, type PresetValues, presetOf, serviceArgsOf } from "./preset-values.ts";
import type { PresetName } from "./presets.ts";
import { componentOptions } from "./providers.ts";
import { DEFAULT_USER, serviceInputs, withoutUnset } from "./service-inputs.ts";
import { createContainers, imageOf, statedArgs } from "./service-parts.ts";
import { createRoute } from "./service-routes.ts";
import { password, rejectOwnArgs } from "./stateful-checks.ts";

/** Login of the application on a service with a preset. The image makes it with the data: later changes change nothing there. */
export interface StatefulLogin {
  /** Name. @default "app" */
  user?: string;
  /** Database, where the service has some. @default the system's and the environment's name */
  database?: string;
  /** Password (secret), of letters, digits and `._~-`, such as that of data which was there before. @default a generated one */
  password?: pulumi.Input<string>;
}

/** How a service dumps its data. */
export interface DumpCommands {
  /** Writes a dump to the standard output; another exit code than 0 stops the update. */
  command: readonly string[];
  /** Reads a dump from the standard input, and leaves nothing else there. */
  restore: readonly string[];
}

/** Arguments of a `StatefulService`: those of an `AppService` that runs once, and these. */
export interface StatefulServiceArgs
  extends Omit<
    AppServiceArgs,
    "image" | "health" | "migration" | "names" | "replace" | "replicas" | "routes"
  > {
  /** Image reference with a tag or digest. */
  image: pulumi.Input<string>;
  /** What is known of the image's kind: port, data, user, variables, health, dump. Each can be said otherwise. @default none */
  preset?: PresetName;
  /**
   * Where its data lies in the container: one path, or several by the role of their volume, which is part of the volume's name.
   * Each becomes a guarded volume. @default the preset's, in a volume of the role `<name>data`
   */
  data?: string | Record<string, string>;
  /** Who owns the data, as `uid:gid`. @default `user` */
  owner?: string;
  /** Login of the application; needs `preset`. */
  login?: StatefulLogin;
  /**
   * Commands in its container, as words: `command` writes a dump of the data to the standard output, `restore` reads one from the
   * standard input. With them a restore point is made before the container gets another image, and `tandem rollback --service` brings
   * one back. @default the preset's
   */
  dump?: DumpCommands;
  /** Restore points that are kept; 0 makes none. @default 3 */
  restorePoints?: number;
  /** How to find out whether it works. @default the preset's */
  health?: pulumi.Input<HealthCheck>;
}

/**
 * A service that keeps data and runs once. The old container ends, with its grace, before a new one starts, and starts again if the
 * new one fails. The others reach it by its own name. Its volumes are guarded: a change that would leave data behind is refused.
 */
export class StatefulService extends pulumi.ComponentResource {
  /** Name on the network: the service's own. */
  readonly host: string;
  /** Port on the network. */
  readonly port: pulumi.Output<number>;
  /** The application's login, where a preset makes one. */
  readonly user: string | undefined;
  /** Its password (secret), where a preset makes one. */
  readonly password: pulumi.Output<string> | undefined;
  /** Its database, where a preset makes one. */
  readonly database: string | undefined;
  /** URL of the application's login (secret), where a preset has one. */
  readonly url: pulumi.Output<string> | undefined;
  /** Names of its volumes by role, once their folders have their owner. */
  readonly volumes: Record<string, pulumi.Output<string>>;
  /** Name of the running container. */
  readonly containers: pulumi.Output<string[]>;
  /** Content address of the image that runs. */
  readonly imageId: pulumi.Output<string>;
  /** What must exist before a service that calls this one starts. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: StatefulServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    const component = `StatefulService '${name}'`;
    const data = dataOf(name, args);
    rejectOwnArgs(name, args, data);
    const { env } = args;
    const names = { ...loginOf(args), host: name };
    const draft = withVariables(name, args, { ...names, password: LATER, root: LATER }, mounts(args, data));
    rejectBadArgs(name, draft, "StatefulService");
    for (const role of Object.keys(data))
      fixedRole(env, component, { argument: "data", given: role, usual: role, own: role });
    super("tandem:index:StatefulService", name, statedArgs(draft), componentOptions(component, env, opts));
    const values = { ...names, ...this.passwords(name, args), port: pulumi.output(draft.port).apply(String) };
    this.volumes = this.createVolumes(name, args, data, draft.user, madeWithData(args, values.password));
    const mounted = Object.entries(data).map(([role, where]) => ({
      volume: this.volumes[role] as pulumi.Output<string>,
      path: where,
    }));
    const given = withVariables(name, args, values, mounted);
    const inputs = serviceInputs(name, given, component);
    this.imageId = imageOf(this, name, inputs).imageId;
    const dumped = this.createDump(name, args);
    if (dumped !== undefined) inputs.dependsOn = [...(inputs.dependsOn ?? []), dumped];
    const running = createContainers(this, name, inputs, { image: this.imageId, held: false });
    const { names: containers, ready } = createRoute(this, name, inputs, running);
    this.containers = containers[name] as pulumi.Output<string[]>;
    this.ready = ready;
    createScheduler(this, name, inputs, this.imageId, ready);
    const preset = presetOf(args);
    this.host = name;
    this.port = pulumi.output(inputs.port as pulumi.Input<number>);
    this.user = needs(preset, "user") ? names.user : undefined;
    this.database = needs(preset, "database") ? names.database : undefined;
    this.password = values.password;
    this.url = preset?.url === undefined ? undefined : pulumi.secret(filled(preset.url, values));
    this.registerOutputs({ host: this.host });
  }

  /** Passwords that the preset needs. */
  private passwords(name: string, args: StatefulServiceArgs) {
    const preset = presetOf(args);
    const generated = (key: string) =>
      pulumi.secret(
        new RandomPassword(`${name}-${key}`, { length: 32, special: false }, { parent: this }).result,
      );
    const own = args.login?.password;
    const given =
      own === undefined
        ? undefined
        : pulumi.secret(checkedArgument(`StatefulService '${name}'`, "login.password", own, password));
    return {
      password: needs(preset, "password") ? (given ?? generated("password")) : undefined,
      root: needs(preset, "root") ? generated("root-password") : undefined,
    };
  }

  /** What dumps the data before the container gets another image. */
  private createDump(name: string, args: StatefulServiceArgs): Dump | undefined {
    const { env, restorePoints: keep = RESTORE_POINTS } = args;
    const commands = args.dump ?? presetOf(args)?.dump;
    if (commands === undefined) return undefined;
    const volumeRole = `${name}dumps`;
    fixedRole(env, `StatefulService '${name}'`, { argument: "data", given: volumeRole, usual: "", own: "" });
    const volume = guardedVolume(this, `${name}-dumps`, env, { role: name, volumeRole });
    return new Dump(
      `${name}-dump`,
      {
        service: name,
        labels: env.labels(name),
        imageId: this.imageId,
        ...commands,
        volume: volume.name,
        keep,
      },
      { parent: this },
    );
  }

  private createVolumes(
    name: string,
    args: StatefulServiceArgs,
    data: Record<string, string>,
    user: pulumi.Input<string> | undefined,
    made: ReturnType<typeof madeWithData>,
  ): Record<string, pulumi.Output<string>> {
    const component = `StatefulService '${name}'`;
    const { env, image, owner } = args;
    const volumes = Object.entries(data).map(([role, where], index): [string, pulumi.Output<string>] => {
      // By its place and not by its role: another role is a change that the guard must see.
      const own = index === 0 ? name : `${name}-${index + 1}`;
      const volume = guardedVolume(this, own, env, { role: name, volumeRole: role, path: where, ...made });
      const owned = new VolumeOwner(
        `${own}-owner`,
        {
          volume: volume.name,
          image: checkedArgument(component, "image", image, imageCheck),
          owner: owner ?? user ?? DEFAULT_USER,
        },
        { parent: this },
      );
      return [role, owned.volume];
    });
    return Object.fromEntries(volumes);
  }
}

/** Restore points that are kept of a service that dumps itself. */
const RESTORE_POINTS = 3;

/** A value that is made after the checks. */
const LATER = pulumi.secret("");

type Mounts = NonNullable<AppServiceArgs["volumes"]>;

/** The service's arguments with its volumes and the stack's variables. */
function withVariables(name: string, args: StatefulServiceArgs, values: PresetValues, mounted: Mounts) {
  const service = serviceArgsOf(name, args, values);
  const volumes = [...mounted, ...(args.volumes ?? [])];
  return args.env.variables.addTo(name, withoutUnset({ ...service, volumes }), "StatefulService");
}

const mounts = ({ env }: StatefulServiceArgs, data: Record<string, string>): Mounts =>
  Object.entries(data).map(([role, where]) => ({ volume: env.name(role), path: where }));

/** Paths of the data by role. */
function dataOf(name: string, args: StatefulServiceArgs): Record<string, string> {
  const given = args.data ?? presetOf(args)?.data;
  if (given === undefined) return {};
  return typeof given === "string" ? { [`${name}data`]: given } : given;
}

function loginOf({ env, login = {} }: StatefulServiceArgs) {
  return {
    user: login.user ?? "app",
    database: login.database ?? sqlName(`${env.system}_${env.environment}`),
  };
}

/** What the image makes with the data and never again: in words, and a fingerprint of the password. */
function madeWithData(args: StatefulServiceArgs, password: pulumi.Output<string> | undefined) {
  const preset = presetOf(args);
  if (preset?.loginWithData !== true || password === undefined) return {};
  const { user, database } = loginOf(args);
  const made = needs(preset, "database") ? `login ${user}, database ${database}` : `login ${user}`;
  return { made, fingerprint: args.env.fingerprint([password]) };
}
