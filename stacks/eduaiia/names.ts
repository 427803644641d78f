// eduaiia's names of things: aiia_<suffix>_<service> for containers and the network, <what>_<suffix> for volumes.

/** What the system calls roles that have another name elsewhere. */
const SERVICES: Readonly<Record<string, string>> = { gateway: "nginx", postgres: "postgresql" };
const VOLUMES: Readonly<Record<string, string>> = {
  pgdata: "pgdata",
  redisdata: "redis_data",
  storage: "storage",
};

/** Name of a thing from its role, in the environment with this suffix. */
export function nameOf(suffix: string, role: string): string {
  const volume = VOLUMES[role];
  return volume === undefined ? `aiia_${suffix}_${SERVICES[role] ?? role}` : `${volume}_${suffix}`;
}
