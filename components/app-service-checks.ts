// The first look of an AppService at its arguments: before anything is registered.
import * as pulumi from "@pulumi/pulumi";
import { hostname, percent, whole } from "../lib/docker/values.ts";
import { isBuildContext } from "./app-image.ts";
import type { AppServiceArgs } from "./app-service.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { hasLater } from "./checked-inputs.ts";
import { AUTONAME_LENGTH } from "./container.ts";
import { type HttpHealth, needsProbe } from "./health-check.ts";
import { checkJobs } from "./job-checks.ts";
import { networkName } from "./names.ts";
import { IMAGE_USER, routeArgument, watchSeconds } from "./service-inputs.ts";

/** More containers of one service than any one machine is for. */
const MOST_REPLICAS = 99;

/**
 * @param kind what messages call it
 * @throws pulumi.RunError that names all arguments which are wrong
 */
export function rejectBadArgs(name: string, args: AppServiceArgs, kind = "AppService"): void {
  const { route, routes } = args;
  if ((route !== undefined || (routes ?? []).length > 0) && args.port === undefined) {
    throw new pulumi.RunError(
      `${kind} '${name}': a route needs a port; set \`port\` or leave \`${route === undefined ? "routes" : "route"}\` out.`,
    );
  }
  const { image, secrets = {}, migration, watch, user } = args;
  const folder = isBuildContext(image) ? image : undefined;
  const replicas = args.replicas ?? 1;
  const checks = new ArgumentChecks(kind, name)
    .name(`${args.env.name(name)}-1`, AUTONAME_LENGTH + 1)
    .container({
      ...args,
      image: folder === undefined ? (image ?? null) : undefined,
      user: user === IMAGE_USER ? undefined : user,
    })
    .health(args.health)
    .add("health.port", withoutPort(args))
    .add("replace", replaceProblem(args))
    .add("names", namesLater(args.names))
    .each("names", args.names, networkName)
    .required("replicas", replicas, whole(1, MOST_REPLICAS))
    .port("port", args.port)
    .add("routes", routesProblem(args))
    .optional("watch.seconds", watch?.seconds, watchSeconds)
    .optional("watch.errorPercent", watch?.errorPercent, percent);
  for (const [index, each] of routesOf(args).entries()) {
    const argument = routeArgument(args, index);
    checks.each(`${argument}.hostnames`, each?.hostnames, hostname);
    if (typeof each?.gateway?.route !== "function") checks.add(`${argument}.gateway`, "must be a Gateway");
  }
  if (folder !== undefined) checks.build(folder);
  if (args.secretsAs === "files") checks.fileNames({ ...secrets, ...migration?.secrets }, args.environment);
  checkJobs(checks, name, args);
  if (migration !== undefined) checks.name(`${args.env.name(name)}_migration`).migration(migration);
  checks.done();
  const twice = Object.keys(secrets).filter((key) => key in (args.environment ?? {}));
  if (twice.length > 0) {
    throw new pulumi.RunError(`${kind} '${name}': ${twice.join(", ")} stands in environment and in secrets.`);
  }
}

const routesOf = ({ route, routes }: AppServiceArgs) =>
  route !== undefined ? [route] : Array.isArray(routes) ? routes : [];

function routesProblem({ route, routes }: AppServiceArgs): string | undefined {
  if (routes === undefined) return undefined;
  if (!Array.isArray(routes)) return "must be a list that is written down";
  return route === undefined ? undefined : "stands beside route; put all of them into routes";
}

function withoutPort({ health, port }: AppServiceArgs): string | undefined {
  if (!needsProbe(health)) return undefined;
  return ((health as HttpHealth).port ?? port) === undefined
    ? "is missing: the service has no `port` either"
    : undefined;
}

/** Who has which name is looked at before anything is made. */
function namesLater(names: unknown): string | undefined {
  return hasLater(names) ? "must be written down: a name can't come from an output" : undefined;
}

function replaceProblem({
  replace,
  publish = [],
  replicas = 1,
  names = [],
}: AppServiceArgs): string | undefined {
  if (replace !== undefined && replace !== "beside" && replace !== "stop-first")
    return "must be beside or stop-first";
  if (replace === "stop-first")
    return replicas === 1 ? undefined : "is stop-first, for what may exist once; replicas must be 1";
  if (Array.isArray(names) && names.length > 0)
    return "must be stop-first: of two versions beside each other, one that isn't ready would have the same names";
  return Array.isArray(publish) && publish.length > 0
    ? "must be stop-first: two versions beside each other can't publish the same port"
    : undefined;
}
