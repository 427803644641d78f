// The settings of what each container may use, and what all of them ask of the host.
import type { z } from "zod";
import { type Demand, setting } from "./define.ts";
import { type LimitDefaults, type LimitValues, limits } from "./resources.ts";
import { section } from "./structures.ts";

/** Least memory with which a server of ours starts, by role; for others Docker's own bound. */
const FLOORS: Readonly<Record<string, string>> = { postgres: "128m", redis: "32m", gateway: "64m" };
const APP_FLOOR = "64m";

/** Limits of the servers where a system names none. */
export const SERVER_LIMITS = {
  postgres: { cpus: 1, memory: "512m", pids: 256 },
  redis: { cpus: 0.5, memory: "256m", pids: 64 },
  // What it may have under way at once follows from these: components/gateway-overload.ts.
  gateway: { cpus: 0.5, memory: "256m", pids: 512 },
} satisfies Record<string, LimitDefaults>;

/** Limits by role; both environments get the same where they set none, as a rehearsal should. */
export function limitSettings<R extends string>(defaults: Record<R, LimitDefaults>) {
  const roles = Object.keys(defaults) as R[];
  const shape = Object.fromEntries(
    roles.map((role) => [role, limits(defaults[role], FLOORS[role] ?? APP_FLOOR)]),
  ) as Record<R, z.ZodType<LimitValues>>;
  return {
    limits: setting(section<typeof shape, Record<R, LimitValues>>(shape, { defaults }), {
      description: "Most that each container may use: cpus, memory (512m, 1g) and pids; by role.",
      default: defaults,
    }),
  };
}

/** The values that the demands follow from, as far as they could be read and the system has them. */
interface Values {
  limits?: Record<string, LimitValues>;
  /** Of the servers in a stack `shared`. */
  serverLimits?: Record<string, LimitValues>;
  replicas?: number;
  databaseServer?: { kind: string };
}

/**
 * What the containers ask of the host.
 *
 * @param replicated roles that run `replicas` containers; any other runs one
 * @param containers how many containers roles run that run neither one nor `replicas`
 */
export function demandsOf(
  values: Values,
  replicated: readonly string[],
  containers: Readonly<Record<string, number>>,
): Demand[] {
  const { limits, serverLimits, replicas = 1, databaseServer } = values;
  // A managed server runs elsewhere.
  const counts = databaseServer?.kind === "managed" ? { ...containers, postgres: 0 } : containers;
  return Object.entries({ limits, serverLimits }).flatMap(([key, byRole]) =>
    Object.entries(byRole ?? {}).map(([role, { cpus, memoryMb, pids }]) => ({
      path: [key, role],
      cpus,
      memoryMb,
      pids,
      count: counts[role] ?? (replicated.includes(role) ? replicas : 1),
    })),
  );
}
