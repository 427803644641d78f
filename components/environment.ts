// Environment: the names, labels, network and providers that everything in one environment shares.

import { createHmac } from "node:crypto";
import { Network } from "@pulumi/docker/network.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { labels } from "../lib/docker/labels.ts";
import { dockerHost as dockerHostCheck, network, whole } from "../lib/docker/values.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { isLater } from "./checked-inputs.ts";
import { type GivenVariables, ServiceVariables } from "./given-variables.ts";
import { nameProblem } from "./names.ts";
import { DEFAULT_DOCKER_HOST, type EnvironmentProviders, environmentProviders } from "./providers.ts";

/** How much container log is kept on the host, per container. */
export interface LogRotation {
  /** Size of one file in MiB. @default 10 */
  maxSizeMb?: number;
  /** Number of files. @default 3 */
  maxFiles?: number;
}

/** How hard data is to lose. */
export interface DataPolicy {
  /** Refuse to delete volumes, databases and servers. @default true */
  protect?: boolean;
  /** Roles whose data the stack's config releases: they may be replaced or deleted. @default none */
  released?: string[];
  /** Command that releases the data of a role, for error messages. */
  releaseCommand?: (role: string) => string;
}

/** Arguments of an `Environment`. */
export interface EnvironmentArgs {
  /** The system, for example `oracle`: lower-case letters, digits and hyphens. */
  system: string;
  /** The environment, for example `staging`; it is part of every name. */
  environment: string;
  /** Name of a thing from its role. @default `<system>_<environment>_<role>` */
  naming?: (role: string) => string;
  /** Docker host, `unix://…` or `ssh://user@host[:port]`. @default `unix:///var/run/docker.sock` */
  dockerHost?: string;
  /** Log rotation of every container. */
  logging?: LogRotation;
  /** How hard data is to lose. */
  data?: DataPolicy;
  /** Variables that its services get besides those that the topology sets. @default none */
  variables?: GivenVariables;
}

/** Most that a log's file may have, in MiB, and most files: more is no rotation. */
const MOST_LOG_MB = 100_000;
const MOST_LOG_FILES = 1000;

/**
 * One environment of a system: its own network, names and labels, and the providers for its Docker host. Everything
 * else of the environment is created under it and joins nothing but its network.
 */
export class Environment extends pulumi.ComponentResource {
  /** The system's name. */
  readonly system: string;
  /** The environment's name. */
  readonly environment: string;
  /** Docker host of the environment. */
  readonly dockerHost: string;
  /** Providers of what is made in it, by package; `docker` is for its Docker host. */
  readonly providers: Readonly<EnvironmentProviders>;
  /** Name of the environment's network. */
  readonly network: pulumi.Output<string>;
  /** Log rotation of its containers, in the Docker provider's form. */
  readonly logOptions: Record<string, string>;
  /** Variables that the stack gives its services. */
  readonly variables: ServiceVariables;
  private readonly naming: (role: string) => string;
  private readonly host: pulumi.Input<string>;
  private readonly fingerprintKey: pulumi.Output<string>;
  private readonly data: Required<DataPolicy>;

  constructor(name: string, args: EnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    rejectBadNames(args);
    const dockerHost = args.dockerHost ?? DEFAULT_DOCKER_HOST;
    const { providers, host } = environmentProviders(name, dockerHost, opts);
    super("tandem:index:Environment", name, {}, { ...opts, provider: undefined, providers });
    this.providers = providers;
    this.host = host;
    this.system = args.system;
    this.environment = args.environment;
    this.dockerHost = dockerHost;
    this.naming = args.naming ?? ((role) => `${args.system}_${args.environment}_${role}`);
    this.logOptions = logOptions(args.logging);
    this.variables = new ServiceVariables(args.variables);
    this.data = {
      protect: args.data?.protect ?? true,
      released: args.data?.released ?? [],
      releaseCommand:
        args.data?.releaseCommand ?? ((role) => `release the data of '${role}' in the stack's config`),
    };
    this.network = this.createNetwork(name);
    this.fingerprintKey = new RandomPassword(
      `${name}-fingerprint-key`,
      { length: 32, special: false },
      { parent: this },
    ).result;
    this.registerOutputs({ network: this.network });
  }

  /** Fixed name of a thing: containers that hold data, volumes, databases, networks. */
  name(role: string): string {
    if (typeof role !== "string")
      throw new pulumi.RunError("Environment: a role must be text; it is part of names");
    return this.naming(role);
  }

  /**
   * A name of something that the Docker provider makes by itself: with a provider that the program brings it is known once
   * that is known to be for the environment's host.
   */
  nameOnHost(name: pulumi.Input<string>): pulumi.Input<string> {
    return isLater(this.host) ? pulumi.all([this.host, name]).apply(([, known]) => known) : name;
  }

  /** Labels that everything of a component carries. */
  labels(component: string): Record<string, string> {
    return {
      [labels.system]: this.system,
      [labels.environment]: this.environment,
      [labels.component]: component,
    };
  }

  /** Whether the stack's config releases the data of a role. */
  isReleased(role: string): boolean {
    return this.data.released.includes(role);
  }

  /** Command that releases the data of a role. */
  releaseCommand(role: string): string {
    return this.data.releaseCommand(role);
  }

  /**
   * Options of a resource that is data: kept when it leaves the program, and protected unless the stack says
   * otherwise. Losing data takes a decision that is written down in config, never a slip.
   */
  dataOptions(role: string): { protect: boolean; retainOnDelete: boolean } {
    const released = this.isReleased(role);
    return { protect: this.data.protect && !released, retainOnDelete: !released };
  }

  /**
   * The same for a volume, which is retained even when its data is released: a release lets an `up` leave the volume
   * behind, and only `down --delete-data` removes one.
   */
  volumeOptions(role: string): { protect: boolean; retainOnDelete: boolean } {
    return { ...this.dataOptions(role), retainOnDelete: true };
  }

  /**
   * A short keyed hash of secrets, fit for a label: it changes when one of them does, and without the environment's
   * key it can't be used to try out guesses.
   */
  fingerprint(values: pulumi.Input<string>[]): pulumi.Output<string> {
    const digest = pulumi
      .all([this.fingerprintKey, pulumi.all(values)])
      .apply(([key, all]) =>
        createHmac("sha256", key).update(JSON.stringify(all)).digest("hex").slice(0, 16),
      );
    return pulumi.unsecret(digest);
  }

  private createNetwork(name: string): pulumi.Output<string> {
    const network = new Network(
      `${name}-network`,
      {
        name: this.nameOnHost(this.name("network")),
        driver: "bridge",
        labels: labelList(this.labels("network")),
      },
      // The provider reads the address range back that the daemon chose; without this the next preview shows it as
      // a change. Labels can't change without replacing the network, and with it every container.
      { parent: this, deleteBeforeReplace: true, ignoreChanges: ["ipamConfigs", "labels", "options"] },
    );
    return network.name;
  }
}

/** Labels in the Docker provider's form, in a fixed order. */
export function labelList(labels: Record<string, string>): { label: string; value: string }[] {
  return Object.entries(labels).map(([label, value]) => ({ label, value }));
}

function rejectBadNames(args: EnvironmentArgs): void {
  for (const key of ["system", "environment"] as const) {
    const problem = nameProblem(args[key]);
    if (problem !== undefined) {
      throw new pulumi.ResourceError(`Environment: ${key} ${problem}`, undefined);
    }
  }
  const { logging, dockerHost } = args;
  new ArgumentChecks("Environment")
    .optional("naming('network')", args.naming?.("network"), network)
    .optional("logging.maxSizeMb", logging?.maxSizeMb, whole(1, MOST_LOG_MB))
    .optional("logging.maxFiles", logging?.maxFiles, whole(1, MOST_LOG_FILES))
    .optional("dockerHost", dockerHost === "" ? undefined : dockerHost, dockerHostCheck)
    .done();
}

function logOptions(logging: LogRotation = {}): Record<string, string> {
  return { "max-file": String(logging.maxFiles ?? 3), "max-size": `${logging.maxSizeMb ?? 10}m` };
}
