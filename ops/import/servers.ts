// The Postgres and the Redis of an environment: which compose services they take the place of.
import { type Server, serverOf } from "./connections.ts";
import { isPinned } from "./images.ts";
import type { Notes } from "./notes.ts";
import { type PairedService, type PerStack, STACKS, type Stack } from "./pair.ts";
import { tellOfServer } from "./server-notes.ts";

/** Limits as a stack file has them. */
export interface Limits {
  cpus: number;
  memory: string;
  pids: number;
}

/** A server's image and limits in each environment. */
export interface ServerPlan {
  images: PerStack<string>;
  limits: PerStack<Limits>;
}

/** What an application may use where compose sets no limit. */
const APP_LIMITS: Limits = { cpus: 1, memory: "512m", pids: 256 };

/** Least memory that a setting takes, where it isn't 64 MiB. */
const LEAST_MEMORY_MB: Readonly<Record<string, number>> = { postgres: 128 };

/** The limits of a service in one environment. @param otherwise where compose sets none */
export function limitsOf(service: PairedService, stack: Stack, otherwise: Limits = APP_LIMITS): Limits {
  const { cpus, memoryMb, pids } = (service.by[stack] ?? service.main).limits;
  return {
    cpus: cpus ?? otherwise.cpus,
    memory:
      memoryMb === undefined
        ? otherwise.memory
        : `${Math.max(memoryMb, LEAST_MEMORY_MB[service.kind] ?? 64)}m`,
    pids: Math.max(pids ?? otherwise.pids, 16),
  };
}

/** Limits of the servers, as infra/settings/limit-settings.ts has them. */
const SERVERS = {
  postgres: { cpus: 1, memory: "512m", pids: 256 },
  redis: { cpus: 0.5, memory: "256m", pids: 64 },
} satisfies Record<string, Limits>;

/** What takes a server's place; tells of what differs. */
export function serverPlan<K extends "postgres" | "redis", M extends object>(
  kind: K,
  service: PairedService | undefined,
  notes: Notes,
  more: M,
) {
  if (service === undefined) return {};
  const component =
    kind === "postgres"
      ? "a PgDatabase: logins, passwords and limits of its own"
      : "a RedisInstance: a login and a password of its own";
  notes.taken(service.name, `${component}; variables that lead to it follow from it`);
  const images: PerStack<string> = {};
  for (const stack of STACKS) {
    const image = service.by[stack]?.image;
    // The contract is that of the official image: others have other users, folders and tools.
    const isOwn = image !== undefined && isPinned(image) && !/bitnami|timescale|stack/.test(image);
    if (isOwn) images[stack] = image;
    else if (image !== undefined) {
      notes.decide(
        service.name,
        `its image in ${stack} is none with a version and the contract of the official one, so the setting's default is used: data of another version can't be read`,
      );
    }
  }
  tellOfServer(service, notes);
  const limits = Object.fromEntries(STACKS.map((stack) => [stack, limitsOf(service, stack, SERVERS[kind])]));
  return { [kind]: { images, limits, ...more } } as {
    [P in K]: { images: PerStack<string>; limits: PerStack<Limits> } & M;
  };
}

/** Extensions that an image is made for. */
export function extensionsOf(service: PairedService | undefined): string[] {
  const image = service?.main.image ?? "";
  return [...(/pgvector/.test(image) ? ["vector"] : []), ...(/postgis/.test(image) ? ["postgis"] : [])];
}

/** The servers, as the services' variables name them; tells of what has no place here. */
export function serversOf(
  services: readonly PairedService[],
  notes: Notes,
): { service: PairedService; server: Server }[] {
  const poolers = services.filter(({ kind }) => kind === "pooler");
  for (const { name } of poolers)
    notes.decide(
      name,
      "a pooler is an argument of the database here",
      "pooler: { image, limits, poolSize: 20 }",
    );
  for (const { name, kind } of services) {
    if (kind === "proxy")
      notes.left(name, "the gateway takes its place: TLS, routes and deploys without a lost request");
    if (kind === "operator")
      notes.left(name, "it works on the Docker host itself, and would reach into both environments");
  }
  return services
    .filter(({ kind }) => kind === "postgres" || kind === "redis")
    .map((service) => ({ service, server: serverOf(service, poolers) }));
}
