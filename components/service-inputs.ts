// An AppService's arguments with their defaults; what of them is known only later is checked then, once for all that it makes.
import { hostname, percent, port, seconds, shmMb, user, wholeSeconds } from "../lib/docker/values.ts";
import type { AppServiceArgs } from "./app-service.ts";
import { checkedArgument, checkedDefault, checkedLimits, checkedList } from "./checked-inputs.ts";
import type { VariableArgs } from "./given-variables.ts";
import { probed } from "./health-check.ts";
import type { MigrationSpec } from "./migration-spec.ts";
import { present } from "./secret-files.ts";

/** Word for the user that the image names. */
export const IMAGE_USER = "image";
/** Whom a container runs as that is told nothing else. */
export const DEFAULT_USER = "1000:1000";
const HEALTH_TIMEOUT_SECONDS = 60;
const STOP_GRACE_SECONDS = 30;
const MIGRATION_SECONDS = 600;
const WATCH = { seconds: 10, errorPercent: 20 };

/** What a route is called in the arguments. */
export const routeArgument = ({ route }: AppServiceArgs, index: number) =>
  route === undefined ? `routes[${index}]` : "route";

/** Seconds of a watch; none at all is fine. */
export const watchSeconds = (value: unknown) => (value === 0 ? undefined : seconds()(value));

/** A service's arguments as they are used. */
export type ServiceInputs = ReturnType<typeof serviceInputs>;

/** What is plain has been looked at before. */
export function serviceInputs(name: string, args: AppServiceArgs, component = `AppService '${name}'`) {
  const { watch, migration, route, ...rest } = args;
  const routes = route === undefined ? (args.routes ?? []) : [route];
  return {
    ...rest,
    migration,
    component,
    routes: routes.map((each, index) => ({
      ...each,
      hostnames: checkedList(component, `${routeArgument(args, index)}.hostnames`, each.hostnames, hostname),
    })),
    limits: checkedLimits(component, args.limits),
    ...probed(component, args.health, args.port),
    user:
      args.user === IMAGE_USER ? undefined : checkedDefault(component, "user", args.user, user, DEFAULT_USER),
    ...(args.shmMb === undefined ? {} : { shmMb: checkedArgument(component, "shmMb", args.shmMb, shmMb) }),
    port: args.port === undefined ? undefined : checkedArgument(component, "port", args.port, port),
    healthTimeoutSeconds: checkedDefault(
      component,
      "healthTimeoutSeconds",
      args.healthTimeoutSeconds,
      seconds(),
      HEALTH_TIMEOUT_SECONDS,
    ),
    stopGraceSeconds: checkedDefault(
      component,
      "stopGraceSeconds",
      args.stopGraceSeconds,
      wholeSeconds,
      STOP_GRACE_SECONDS,
    ),
    watch: {
      seconds: checkedDefault(component, "watch.seconds", watch?.seconds, watchSeconds, WATCH.seconds),
      errorPercent: checkedDefault(
        component,
        "watch.errorPercent",
        watch?.errorPercent,
        percent,
        WATCH.errorPercent,
      ),
    },
    migrationSeconds: checkedDefault(
      component,
      "migration.timeoutSeconds",
      migration?.timeoutSeconds,
      seconds(),
      MIGRATION_SECONDS,
    ),
  };
}

/** The arguments without variables that have no value, as an optional setting has none: their text would be `undefined`. */
export function withoutUnset<T extends VariableArgs>(args: T): T {
  const { environment, secrets, migration } = args;
  return {
    ...args,
    ...(isTable(environment) && { environment: present(environment) }),
    ...(isTable(secrets) && { secrets: present(secrets) }),
    ...(isTable(migration?.secrets) && {
      migration: { ...migration, secrets: present(migration?.secrets) } as MigrationSpec,
    }),
  };
}

/** Whether it is values by name; what is something else the checks say. */
const isTable = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
