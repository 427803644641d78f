// Of which container there may be one only: a second one would write to the same files.
import type Docker from "dockerode";

/** What the engine adds to a name that isn't fixed. */
const AUTONAMED = /-[0-9a-f]{7}$/;

/** What it is told by. */
export type OnlyOneFacts = Pick<Docker.ContainerInspectInfo, "Id" | "Name" | "Mounts"> & {
  NetworkSettings: { Networks: Record<string, { Aliases?: string[] | null }> };
};

/**
 * Whether a second container beside it could harm what it keeps: it has a fixed name, as a server has; or it has names on the
 * network, as only what is replaced `stop-first` has, and a volume that it writes to.
 */
export function isOnlyOne({ Id, Name, Mounts, NetworkSettings }: OnlyOneFacts): boolean {
  if (!AUTONAMED.test(Name)) return true;
  const names = Object.values(NetworkSettings.Networks).flatMap(({ Aliases }) => Aliases ?? []);
  // Docker itself gives each container a part of its id as a name.
  if (!names.some((name) => !Id.startsWith(name))) return false;
  return Mounts.some(({ Type, Name: volume, RW }) => RW && (Type === "bind" || !isAnonymous(volume)));
}

/** A volume of the container's own has no other name than its id. */
const isAnonymous = (volume: string | undefined) => volume === undefined || /^[0-9a-f]{64}$/.test(volume);
