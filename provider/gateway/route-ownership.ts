// Which route serves a hostname: the newest that claims it. Whoever had it before lets go of it in the same reload.
import { siteAddresses } from "./route-config.ts";

/** A gateway's sites as text, by file name without its ending. */
export type Sites = ReadonlyMap<string, string>;

/** What becomes of a gateway's sites. */
export interface Claim {
  /** Texts to write by name; undefined for a site to remove. */
  files: Map<string, string | undefined>;
  /** Routes that have no address left. */
  emptied: string[];
}

const OWNER = /^# ([0-9a-f]+)\n/;
/** Ends the name of a site with addresses that a route has given up, until its predecessor is deleted; no route's has a dot. */
const LEFT = ".left";

/** Name of the site that keeps what the route gave up. */
export const leftOf = (routeName: string) => `${routeName}${LEFT}`;
/** Name of the route that a site belongs to. */
export const routeOf = (siteName: string) =>
  siteName.endsWith(LEFT) ? siteName.slice(0, -LEFT.length) : siteName;

/** A site's text with the resource that it belongs to; those of before this was kept have none. */
export function withOwner(site: string, owner: string | undefined): string {
  return owner === undefined ? site : `# ${owner}\n${site}`;
}

/** The resource that a site belongs to. */
export function ownerOf(text: string): string | undefined {
  return OWNER.exec(text)?.[1];
}

/** A site's text alone. */
export function siteOf(text: string): string {
  return text.replace(OWNER, "");
}

function addressLine(text: string): string {
  return siteOf(text).split(" {\n", 1)[0] ?? "";
}

/** Addresses that a site answers to, such as `http://app.example.com/ws`, in lower case. */
export function addressesIn(text: string): string[] {
  const line = addressLine(text).toLowerCase();
  return line === "" ? [] : line.split(", ");
}

/** The site with only those of its addresses; undefined if that leaves none. */
function only(text: string, keep: (address: string) => boolean): string | undefined {
  const kept = addressesIn(text).filter(keep);
  if (kept.length === 0) return undefined;
  const site = siteOf(text);
  return withOwner(`${kept.join(", ")}${site.slice(addressLine(text).length)}`, ownerOf(text));
}

/**
 * What to write so that the route answers to its addresses and no other site does.
 *
 * @param text the route's site
 * @param keepLost whether addresses that the route gives up stay with it, in a site of their own, until its predecessor is
 * deleted at the end of the run: by then another route may have claimed them, and none was without a route meanwhile
 */
export function claim(sites: Sites, routeName: string, text: string, keepLost: boolean): Claim {
  const wanted = new Set(addressesIn(text));
  const files = new Map<string, string | undefined>([[routeName, text]]);
  const emptied: string[] = [];
  for (const [name, other] of sites) {
    if (name === routeName || !addressesIn(other).some((address) => wanted.has(address))) continue;
    const rest = only(other, (address) => !wanted.has(address));
    files.set(name, rest);
    if (rest === undefined && name !== leftOf(routeName)) emptied.push(routeOf(name));
  }
  const before = sites.get(routeName);
  const lost = keepLost && before !== undefined ? only(before, (address) => !wanted.has(address)) : undefined;
  if (lost !== undefined) files.set(leftOf(routeName), siteOf(lost));
  return { files, emptied: emptied.filter((name) => !stillServes(sites, files, name)) };
}

function stillServes(sites: Sites, files: Claim["files"], routeName: string): boolean {
  return [routeName, leftOf(routeName)].some((name) =>
    files.has(name) ? files.get(name) !== undefined : sites.has(name),
  );
}

/**
 * Sites to remove when a route's resource is deleted: its own, and nothing of one that has taken its place.
 *
 * @param owner the resource that is deleted
 */
export function release(sites: Sites, routeName: string, owner: string | undefined): string[] {
  const own = sites.get(routeName);
  const name = own !== undefined && ownerOf(own) === owner ? routeName : leftOf(routeName);
  return sites.has(name) ? [name] : [];
}

/** Whether the new route leaves an address that the old one has. */
export function givesUp(
  old: { hostnames: string[]; path?: string },
  now: { hostnames: string[]; path?: string },
): boolean {
  const kept = new Set(siteAddresses(now).map((address) => address.toLowerCase()));
  return siteAddresses(old).some((address) => !kept.has(address.toLowerCase()));
}
