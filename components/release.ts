// Release: services that belong together, such as web, workers and scheduler of one image: all take over, or none.
import * as pulumi from "@pulumi/pulumi";
import type { BuildContext } from "./app-image.ts";
import type { AppServiceArgs } from "./app-service.ts";
import { rejectBadArgs } from "./app-service-checks.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { isLater } from "./checked-inputs.ts";
import type { Environment } from "./environment.ts";
import { createScheduler } from "./jobs.ts";
import type { MigrationSpec } from "./migration-spec.ts";
import { componentOptions } from "./providers.ts";
import { present } from "./secret-files.ts";
import { type ServiceInputs, serviceInputs, withoutUnset } from "./service-inputs.ts";
import { createContainers, createMigration, imageOf, statedArgs } from "./service-parts.ts";
import { type HeldService, takeOverTogether } from "./service-routes.ts";

/** A service of a release: an AppService's arguments, in the place of what the release says for all. */
export interface ReleasedService extends Partial<Omit<AppServiceArgs, "env" | "migration">> {}

/** Arguments of a `Release`. */
export interface ReleaseArgs
  extends Partial<
    Omit<
      AppServiceArgs,
      | "env"
      | "image"
      | "migration"
      | "command"
      | "port"
      | "route"
      | "routes"
      | "jobs"
      | "publish"
      | "names"
      | "replace"
    >
  > {
  /** Environment that it is part of. */
  env: Environment;
  /** Image reference with a tag or digest, or a folder to build: of the migration, and of each service that names none. */
  image: pulumi.Input<string> | BuildContext;
  /**
   * The services by name, each with its own arguments; `environment` and `secrets` come to those for all, `dependsOn` as well, and
   * anything else takes the place of what is said for all.
   */
  services: Record<string, ReleasedService>;
  /** One-shot step that must succeed before anything of a new version starts; it runs once, with the arguments for all. */
  migration?: MigrationSpec;
}

/** What the type of the arguments leaves out as well, for programs that nothing has checked. */
const ONE_SERVICES = ["jobs", "route", "routes", "publish", "names"] as const;
/** The migration has no health; its arguments are checked as a service's are. */
const NO_HEALTH = { command: ["true"] };

/**
 * Services that are released together: the migration runs to its end, new containers of all services start beside the old ones and
 * become healthy, what may exist once takes its turn (`replace: "stop-first"`), all routes move, all new ones are watched while
 * the old ones finish what is under way, the old ones are stopped with a grace. Whatever fails, all go back: every route leads to the
 * version before, what was ended runs again, and nothing new does.
 */
export class Release extends pulumi.ComponentResource {
  /** Names of the running containers, by service. */
  readonly containers: Record<string, pulumi.Output<string[]>>;
  /** Content address of the image that runs. */
  readonly imageId: pulumi.Output<string>;
  /** What must exist before a service that calls one of these starts: their healthy containers, and their routes. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: ReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    rejectBadServices(name, args);
    const { services, migration, ...shared } = args;
    const { variables } = args.env;
    // Variables that the stack has for the release are for all; a service of its name has them for itself.
    const all = Object.hasOwn(services, name)
      ? withoutUnset(shared as AppServiceArgs)
      : variables.addTo(name, withoutUnset(shared as AppServiceArgs));
    const given = Object.entries(services).map(([service, own]): [string, AppServiceArgs] => [
      service,
      variables.addTo(service, merged(all, own)),
    ]);
    const step = withoutUnset({ ...all, ...(migration && { migration }), health: NO_HEALTH });
    if (migration !== undefined) rejectBadArgs(name, step, "Release");
    for (const [service, one] of given) rejectBadArgs(service, one, kindOf(name));
    super("tandem:index:Release", name, {}, componentOptions(`Release '${name}'`, args.env, opts));
    const component = `Release '${name}'`;
    const image = imageOf(this, name, { component, env: args.env, image: args.image });
    const migrated =
      migration &&
      createMigration(this, name, serviceInputs(name, step, component), image, Object.keys(services));
    this.imageId = migrated?.imageId ?? image.imageId;
    const held = given.map(([service, one]) =>
      this.createService(name, service, one, { own: services[service]?.image, migrated }),
    );
    const { names, ready } = takeOverTogether(this, name, held);
    this.containers = names;
    this.ready = ready;
    for (const { name: service, args: own, component: parent, image: id } of held)
      createScheduler(parent, service, own, id, ready);
    this.registerOutputs({ containers: this.containers, imageId: this.imageId });
  }

  private createService(
    release: string,
    name: string,
    given: AppServiceArgs,
    { own, migrated }: { own: ReleasedService["image"]; migrated: pulumi.Resource | undefined },
  ): HeldService & { image: pulumi.Output<string> } {
    // It is found by its type and name like any other. One that stood for itself before goes on as it is.
    const component = new pulumi.ComponentResource("tandem:index:AppService", name, statedArgs(given), {
      parent: this,
      aliases: [{ parent: given.env }],
    });
    const dependsOn = [...(given.dependsOn ?? []), ...(migrated === undefined ? [] : [migrated])];
    const args: ServiceInputs = serviceInputs(name, { ...given, dependsOn }, `${kindOf(release)} '${name}'`);
    const image = own === undefined ? this.imageId : imageOf(component, name, args).imageId;
    return {
      name,
      args,
      image,
      running: createContainers(component, name, args, { image, held: true }),
      component,
    };
  }
}

const kindOf = (release: string) => `Release '${release}': service`;

/** A service's arguments with those for all. */
function merged(all: AppServiceArgs, given: ReleasedService): AppServiceArgs {
  const own = withoutUnset(present(given as Record<string, unknown>) as unknown as AppServiceArgs);
  const table = (key: "environment" | "secrets") =>
    all[key] === undefined && own[key] === undefined ? {} : { [key]: { ...all[key], ...own[key] } };
  const dependsOn = [...(all.dependsOn ?? []), ...(own.dependsOn ?? [])];
  return { ...all, ...own, ...table("environment"), ...table("secrets"), dependsOn };
}

function rejectBadServices(name: string, args: ReleaseArgs): void {
  const { env, image, services } = args;
  const checks = new ArgumentChecks("Release", name);
  for (const key of ONE_SERVICES) {
    if ((args as Partial<AppServiceArgs>)[key] !== undefined)
      checks.add(
        key,
        "must be one service's: no two can have the same, and jobs of all would run more than once",
      );
  }
  if (typeof services !== "object" || services === null || isLater(services) || Array.isArray(services)) {
    checks.add("services", "must be services by name, written down").done();
  }
  const entries = Object.entries(services);
  if (entries.length === 0) checks.add("services", "is empty; a release has at least one");
  if (image === undefined || image === null) checks.add("image", "is missing");
  for (const [service, own] of entries) {
    const argument = `services.${service}`;
    if (typeof own !== "object" || own === null || isLater(own)) {
      checks.add(argument, "must be a service's arguments, written down");
      continue;
    }
    if ("migration" in own)
      checks.add(`${argument}.migration`, "is the release's: it runs once, before all services");
    if ("env" in own && own.env !== env) checks.add(`${argument}.env`, "is the release's");
  }
  checks.done();
}
