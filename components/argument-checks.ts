// The first look of every component at its arguments: nothing is registered before Docker could take all of them. What
// comes from outputs is looked at again as soon as it is known: checked-inputs.ts.
import { statSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { containerProblems } from "../lib/docker/container.ts";
import { type ArgumentProblem, Problems, requiredCommand } from "../lib/docker/problems.ts";
import {
  anyText,
  type Check,
  image,
  nameWith,
  path,
  port,
  seconds,
  variableName,
  whole,
  word,
} from "../lib/docker/values.ts";
import type { BuildContext } from "./app-image.ts";
import {
  healthNow,
  isLater,
  listNow,
  nowKnown,
  problemMessage,
  requiredLimits,
  tableNow,
} from "./checked-inputs.ts";
import type { Limits, VolumeMount } from "./container.ts";
import type { HealthCheck } from "./health-check.ts";
import { type ImageOptions, optionsOf, type PublishedPort } from "./image-options.ts";
import type { MigrationSpec } from "./migration-spec.ts";

/** What components have in common of what Docker is told. */
export interface CommonArgs extends ImageOptions {
  image?: unknown;
  command?: unknown;
  user?: unknown;
  environment?: unknown;
  secrets?: unknown;
  files?: unknown;
  volumes?: VolumeMount[] | undefined;
  networks?: unknown;
  limits?: pulumi.Input<Limits> | undefined;
  health?: pulumi.Input<HealthCheck> | undefined;
  healthTimeoutSeconds?: unknown;
  stopGraceSeconds?: unknown;
  /** Where something else is mounted besides /tmp. */
  mounted?: string[];
  publish?: PublishedPort[];
}

/** Kernel parameters that make a router of a container. */
const FORWARDING = /^net\.ipv[46]\.(ip_forward|conf\.[^.]+\.(mc_)?forwarding)$/;

/** Checks a component's arguments, and throws all that is wrong at once. */
export class ArgumentChecks {
  readonly #problems = new Problems();
  readonly #component: string;

  /**
   * @param kind of component, such as `AppService`
   * @param name the component's, for the message; whatever a program gave
   */
  constructor(kind: string, name?: unknown) {
    this.#component = typeof name === "string" ? `${kind} '${name}'` : kind;
  }

  /** Checks one argument that may be missing. */
  optional(argument: string, value: unknown, check: Check): this {
    this.#problems.optional(argument, nowKnown(value), check);
    return this;
  }

  /** Checks one argument that must be there. */
  required(argument: string, value: unknown, check: Check): this {
    this.#problems.required(argument, nowKnown(value), check);
    return this;
  }

  /** Checks each of a list that may be missing. */
  each(argument: string, values: unknown, check: Check): this {
    if (values === undefined || isLater(values)) return this;
    if (!Array.isArray(values)) return this.add(argument, "must be a list");
    for (const value of values) this.required(argument, value, check);
    return this;
  }

  /** Checks which of several kinds an argument is. */
  kind(argument: string, value: unknown, kinds: readonly string[]): this {
    const kind = (value as { kind?: unknown } | undefined | null)?.kind;
    return kinds.some((each) => each === kind)
      ? this
      : this.add(argument, `must be of one of the kinds ${kinds.join(", ")}`);
  }

  /** What is wrong by another measure. */
  add(argument: string, reason: string | undefined): this {
    if (reason !== undefined) this.#problems.add(argument, reason);
    return this;
  }

  /** Checks the name of what the component makes, with how many characters the engine adds. */
  name(name: string, added = 0): this {
    return this.required("name", name, nameWith(added));
  }

  /** Checks what Docker is told of the component's container. `limits` must be there. */
  container(args: CommonArgs): this {
    const { environment, secrets, networks, volumes, limits, health } = args;
    this.#tell(
      containerProblems({
        image: nowKnown(args.image),
        command: listNow(args.command),
        entrypoint: args.entrypoint,
        user: nowKnown(args.user),
        environment: tableNow(environment),
        ...(Array.isArray(networks) ? { networks: networks.map(nowKnown) } : {}),
        ...(Array.isArray(volumes) ? { volumes: volumes.map(mountNow) } : {}),
        mounted: ["/tmp", ...(args.mounted ?? [])],
        limits: requiredLimits(limits),
        health: healthNow(health),
        shmMb: nowKnown(args.shmMb),
        options: { ...optionsOf(args), publish: args.publish },
        stopGraceSeconds: nowKnown(args.stopGraceSeconds),
      }),
    );
    for (const { argument, reason } of containerProblems({ environment: tableNow(secrets) })) {
      this.add(argument.replace(/^environment/, "secrets"), reason);
    }
    if (networks !== undefined && !Array.isArray(networks)) this.add("networks", "must be a list");
    if (volumes !== undefined && !Array.isArray(volumes)) this.add("volumes", "must be a list");
    for (const file of Object.keys(args.files ?? {})) {
      this.required(`files['${file}']`, file, path);
      this.add(`files['${file}']`, unfillable(file, args));
    }
    for (const [name, value] of Object.entries(args.sysctls ?? {}))
      if (networks !== undefined && FORWARDING.test(name) && value !== "0")
        this.add(
          `sysctls['${name}']`,
          "can't be set where `networks` joins others: a container in several must be no way from one to another",
        );
    if (Object.hasOwn(environment ?? {}, "TZ") && args.timeZone !== undefined)
      this.add("timeZone", "stands in environment.TZ, too; leave one of them out");
    return this.optional("healthTimeoutSeconds", args.healthTimeoutSeconds, seconds());
  }

  /** Checks a health check that must be there. */
  health(health: pulumi.Input<HealthCheck> | undefined): this {
    if (health === undefined || health === null)
      this.add("health", "is missing; it says whether the container works");
    return this;
  }

  /** Checks names of secrets that become files, and of the variables that name those. */
  fileNames(secrets: object, environment: object = {}): this {
    for (const name of Object.keys(secrets)) {
      if (Object.hasOwn(environment ?? {}, `${name}_FILE`))
        this.add(
          `environment['${name}_FILE']`,
          `is what names the file of the secret ${name}, as secretsAs wants`,
        );
      if (/[/:]/.test(name) || name === "." || name === "..")
        this.add("secrets", "has a name that can't be a file's, as secretsAs wants: leave / and : out of it");
    }
    return this;
  }

  /** Checks an image that is built from a folder. */
  build({ context, tag, dockerfile, target, args = {} }: BuildContext): this {
    this.required("image.tag", tag, image)
      .optional("image.dockerfile", dockerfile, word)
      .optional("image.target", target, word);
    for (const [key, value] of Object.entries(args))
      this.add("image.args", variableName(key) ?? (isLater(value) ? undefined : anyText(value)));
    const wrong = word(context);
    if (wrong !== undefined) return this.add("image.context", wrong);
    const folder = statSync(context, { throwIfNoEntry: false })?.isDirectory() ?? false;
    return folder ? this : this.add("image.context", `is '${context}', which is no folder on this machine`);
  }

  /** Checks a command that must be there. */
  command(argument: string, command: unknown): this {
    requiredCommand(this.#problems, argument, listNow(command));
    return this;
  }

  /** Checks a migration's own arguments. */
  migration(migration: MigrationSpec): this {
    this.command("migration.command", migration.command);
    for (const { argument, reason } of containerProblems({ environment: tableNow(migration.secrets) })) {
      this.add(`migration.${argument.replace(/^environment/, "secrets")}`, reason);
    }
    return this.optional("migration.timeoutSeconds", migration.timeoutSeconds, seconds())
      .optional("migration.files", migration.files, path)
      .optional("migration.restorePoints", migration.restorePoints, whole(0, 1000));
  }

  /** Checks a port that may be missing. */
  port(argument: string, value: unknown): this {
    return this.optional(argument, value, port);
  }

  #tell(problems: readonly ArgumentProblem[]): void {
    for (const { argument, reason } of problems) this.add(argument, reason);
  }

  /** Throws what is wrong; says nothing otherwise. */
  done(): void {
    const { found } = this.#problems;
    if (found.length > 0) throw new pulumi.RunError(problemMessage(this.#component, found));
  }
}

/** Why a file can't be put where it should lie. */
function unfillable(file: string, { temporary = {}, writableRoot }: CommonArgs): string | undefined {
  const folder = ["/tmp", ...Object.keys(temporary)].find((place) => file.startsWith(`${place}/`));
  if (folder !== undefined)
    return `lies in ${folder}, a folder in memory, which is empty at each start; choose another folder`;
  const inRoot = file.startsWith("/") && file.lastIndexOf("/") === 0;
  return inRoot && writableRoot !== true
    ? "lies in /, which is read-only; choose a folder, or set writableRoot"
    : undefined;
}

function mountNow(mount: VolumeMount): { volume?: unknown; path?: unknown } {
  return { volume: nowKnown(mount?.volume), path: nowKnown(mount?.path) };
}
