// Puts a route of a gateway into force, and can put back what was before.
import type Docker from "dockerode";
import { Turns } from "../../lib/turns.ts";
import { exec } from "../docker/containers.ts";
import { RELOAD_SCRIPT, type RouteFiles, streamAddress } from "./route-config.ts";
import { readSites, readUpstreams, removeUpstreams, writeFiles } from "./route-files.ts";
import { claim, leftOf, ownerOf, withOwner } from "./route-ownership.ts";

const RELOAD = ["sh", RELOAD_SCRIPT];

/**
 * One change at a time per gateway: a reload reads all files and then posts them, so of two at once the older reading
 * could win and lose a route.
 */
export const turns = new Turns();

/** Puts the sites into force, unless they are. @returns what the gateway says against it */
export async function reload(docker: Docker, gateway: string): Promise<string | undefined> {
  const { exitCode, output } = await exec(docker, gateway, RELOAD);
  return exitCode === 0 ? undefined : output.trim().split("\n").slice(-3).join("\n");
}

/** The addresses of a route, without those for WebSockets. */
export function addresses({ upstreams }: Pick<RouteFiles, "upstreams">): string[] {
  const all = Object.values(upstreams);
  const streams = new Set(all.map(streamAddress));
  return [...new Set(all)].filter((address) => !streams.has(address));
}

/**
 * The route's files, and for each file more that is there now an address that lives: until the reload the gateway goes
 * on reading it.
 */
function withSurplus(wanted: RouteFiles, surplus: string[]): RouteFiles {
  const upstreams = { ...wanted.upstreams };
  for (const name of surplus) {
    const [first = ""] = addresses(wanted);
    upstreams[name] = name.endsWith(".stream") ? streamAddress(first) : first;
  }
  return { ...wanted, upstreams };
}

/** A route put into force. */
export interface Replaced {
  /** Addresses of containers that nothing leads to any more, since this route took all hostnames of theirs. */
  succeeded: string[];
  /** Puts back what was, as far as nobody has changed it since. */
  undo: () => Promise<void>;
}

/**
 * Writes a route and puts it into force; hostnames that other routes have go over with it. What the gateway refuses is taken
 * back, so the others stay as they were.
 */
export async function replace(
  docker: Docker,
  gateway: string,
  { routeName, wanted, owner, keepOwner = false, keepLost }: Wanted,
): Promise<Replaced> {
  const sites = await readSites(docker, gateway);
  const before = await readUpstreams(docker, gateway, routeName);
  // Who puts it into force for its resource leaves it that one's.
  const whose = keepOwner ? ownerOf(sites.get(routeName) ?? "") : owner;
  const { files, emptied } = claim(sites, routeName, withOwner(wanted.site, whose), keepLost);
  const surplus = Object.keys(before).filter((file) => !(file in wanted.upstreams));
  await writeFiles(docker, gateway, files, withSurplus(wanted, surplus).upstreams);
  const restore = async () => {
    const now = await readSites(docker, gateway);
    const ours = [...files].filter(([name, text]) => now.get(name) === text);
    const back = new Map(ours.map(([name]) => [name, sites.get(name)]));
    const added = Object.keys(wanted.upstreams).filter((file) => !(file in before));
    // An address that the site of before doesn't read is removed after it is in force again.
    await writeFiles(docker, gateway, back, before);
    return added;
  };
  // Where Docker breaks off, requests go to the new address already, which whoever fails then stops.
  const refusal = await reload(docker, gateway).catch((error: Error) => error.message);
  if (refusal !== undefined) {
    await removeUpstreams(docker, gateway, await restore());
    throw new Error(`The gateway refuses the route '${routeName}' and keeps the old one: ${refusal}`);
  }
  // Sites that keep what the route gave up read them too.
  if (!files.has(leftOf(routeName)) && !sites.has(leftOf(routeName)))
    await removeUpstreams(docker, gateway, surplus);
  const left = await Promise.all(emptied.map((name) => readUpstreams(docker, gateway, name)));
  const undo = async () => {
    const added = await restore();
    const failure = await reload(docker, gateway);
    if (failure !== undefined) throw new Error(`The route '${routeName}' can't go back: ${failure}`);
    await removeUpstreams(docker, gateway, added);
  };
  return { succeeded: left.flatMap((upstreams) => addresses({ upstreams })), undo };
}

/** What a route shall be. */
export interface Wanted {
  routeName: string;
  wanted: RouteFiles;
  /** The resource that the route's site belongs to; undefined for one of a state that knows no owners. */
  owner: string | undefined;
  /** Does it go on belonging to the one that it belongs to now? @default false */
  keepOwner?: boolean;
  /** Whether what the route gives up goes on until its predecessor is deleted. */
  keepLost: boolean;
}
