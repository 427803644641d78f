// On which hosts Kamal runs roles and accessories.
import { isMap } from "../../../infra/settings/structures.ts";
import { mapOf } from "../compose/load.ts";
import type { Tree } from "./read.ts";

/** Roles by name. A list of hosts is the role `web`. */
export function rolesOf({ servers }: Tree): Record<string, Tree> {
  const all = Array.isArray(servers) ? { web: servers } : mapOf(servers);
  return Object.fromEntries(
    Object.entries(all).map(([name, role]) => [name, Array.isArray(role) ? { hosts: role } : mapOf(role)]),
  );
}

/** Hosts of a role, and the tags of each. */
export function taggedHosts({ hosts }: Tree): { host: string; tags: string[] }[] {
  return (Array.isArray(hosts) ? hosts : []).flatMap((entry) => {
    if (!isMap(entry)) return [{ host: String(entry), tags: [] }];
    return Object.entries(entry).map(([host, tags]) => ({ host, tags: [tags].flat().map(String) }));
  });
}

/** Hosts of a role, each once. */
export function hostsOf(role: Tree): string[] {
  return [...new Set(taggedHosts(role).map(({ host }) => host))];
}

/** Hosts of an accessory: its own, those of roles, or those with a tag. */
export function accessoryHosts(accessory: Tree, roles: Readonly<Record<string, Tree>>): string[] {
  const all = (one: unknown, several: unknown) =>
    [one, several].flat().flatMap((each) => (each === undefined || each === null ? [] : [String(each)]));
  const own = all(accessory.host, accessory.hosts).flatMap((host) =>
    host.split(",").map((one) => one.trim()),
  );
  const ofRoles = all(accessory.role, accessory.roles).flatMap((name) => hostsOf(roles[name] ?? {}));
  const wanted = all(accessory.tag, accessory.tags);
  const tagged = Object.values(roles)
    .flatMap(taggedHosts)
    .flatMap(({ host, tags }) => (tags.some((tag) => wanted.includes(tag)) ? [host] : []));
  return [...new Set([...own, ...ofRoles, ...tagged])];
}
