// Which Docker engines let machines on a network segment of their host reach what they publish on its 127.0.0.1.

/** What an engine says of itself at `/version`, as far as it matters here. */
export interface EngineFacts {
  Version?: string;
  Platform?: { Name?: string } | null;
  Components?: readonly { Name?: string }[] | null;
}

/**
 * The first version whose own rules keep other machines out (https://github.com/moby/moby/pull/49325). No older branch
 * has them.
 */
const CLOSED_SINCE = 28;

/** Whether this is one. False where it can't be told: neither a released Docker Engine nor one with a known version. */
export function opensLoopback({ Version = "", Platform, Components }: EngineFacts): boolean {
  // Their ports are opened by a process on the machine, which listens on 127.0.0.1 as any other does; the engine's rules
  // hold in a virtual machine or a network namespace that the segment doesn't reach.
  if (Platform?.Name?.startsWith("Docker Desktop") === true) return false;
  const names = (Components ?? []).map(({ Name }) => Name);
  if (names.includes("rootlesskit")) return false;
  // Podman and others that speak Docker's API number their versions their own way.
  if (names.length > 0 && !names.includes("Engine")) return false;
  const [, major = "0"] = /^v?(\d+)\.\d/.exec(Version) ?? [];
  // 0.0.0-… are builds between releases.
  return Number(major) > 0 && Number(major) < CLOSED_SINCE;
}
