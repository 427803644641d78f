// Roles of Kamal as services: all run one image, those with the proxy answer requests, the others work.
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { isMap } from "../../../infra/settings/structures.ts";
import { defined } from "../compose/defined.ts";
import { unknownIn } from "../compose/interpolate.ts";
import { mapOf } from "../compose/load.ts";
import type { ComposeService } from "../compose/model.ts";
import { numberOf } from "../compose/quantities.ts";
import { isWithin } from "../within.ts";
import { composeKeys } from "./docker-options.ts";
import { variablesIn } from "./env.ts";
import { hostsOf, taggedHosts } from "./hosts.ts";
import type { Reading } from "./load.ts";
import { leadBy } from "./proxy.ts";
import { mergedOver, type Tree } from "./read.ts";
import { serviceFrom, volumesOf } from "./service-tree.ts";

/** Seconds in which a container without the proxy has to end, where Kamal's files say nothing (its `drain_timeout`). */
const DRAIN_SECONDS = 30;
/** Names and commands of what may exist once. */
const ONCE = /cron|clock|sched|\bbeat\b/i;

/** The roles that have a host, as services. */
export function servicesOfRoles(reading: Reading): ComposeService[] {
  return Object.entries(reading.roles).flatMap(([name, role]) => {
    if (hostsOf(role).length > 0) return [serviceOfRole(name, role, reading)];
    reading.tell.left(name, `the role ${name} has no host in ${reading.shown}, and is left out there`);
    return [];
  });
}

function serviceOfRole(name: string, role: Tree, reading: Reading): ComposeService {
  const { tree, root, secrets, missing, tell, file } = reading;
  const options = composeKeys(role.options, name, tell);
  const { environment, secretNames } = variablesIn([tree.env, role.env], secrets, missing);
  const proxied = proxyOf(name, role, reading);
  const stop = numberOf(role.stop_timeout) ?? numberOf(tree.stop_timeout);
  const drain = numberOf(tree.drain_timeout);
  const grace = proxied === undefined ? (stop ?? drain ?? DRAIN_SECONDS) : most(stop, drain);
  const made = serviceFrom(
    name,
    {
      ...options,
      ...imageKeys(reading),
      command: role.cmd,
      environment,
      volumes: volumesOf(tree.volumes, options.volumes),
    },
    root,
    file,
  );
  tellOfRole(name, role, proxied !== undefined, reading);
  return {
    ...made,
    ...defined({ stopGraceSeconds: made.stopGraceSeconds ?? grace }),
    ...defined({ healthTimeoutSeconds: numberOf(tree.deploy_timeout) }),
    ...(proxied ?? { isSilent: true }),
    secretNames,
    // Kamal's containers are called anew with each version: nobody reaches one by its name.
    names: [],
  };
}

function most(...values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function proxyOf(name: string, role: Tree, { tree, primary, tell }: Reading) {
  const isOn = name === primary ? role.proxy !== false : isMap(role.proxy) || role.proxy === true;
  return isOn ? leadBy(mergedOver(mapOf(tree.proxy), mapOf(role.proxy)), name, tell) : undefined;
}

/** Built from the repository, as Kamal does it; what it can't be built from here is the name that Kamal pushes it by. */
function imageKeys({ tree, root, tell }: Reading): Tree {
  const { pack, context, dockerfile, ...builder } = mapOf(tree.builder);
  const { server } = mapOf(tree.registry);
  const isLocal = /^localhost(:|$)/.test(String(server ?? ""));
  const repository = tree.image ?? (isLocal ? tree.service : undefined);
  const isWhole = server !== undefined && String(repository).startsWith(`${String(server)}/`);
  const pushed =
    repository === undefined
      ? undefined
      : [isWhole ? undefined : server, repository]
          .filter((part) => part !== undefined && part !== "")
          .join("/");
  const from = String(context ?? ".");
  const file = String(dockerfile ?? "Dockerfile");
  const inContext = relative(resolve(root, from), resolve(root, file));
  const isRemote = /^(https?|git|ssh):|^git@/.test(from);
  if (pack !== undefined) {
    tell.decide("all", "builder.pack: buildpacks are not run here: build the image elsewhere, and name it");
    return { image: pushed };
  }
  if (!isRemote && !isWithin(root, resolve(root, from))) {
    tell.decide(
      "all",
      "builder.context lies outside the folder that is imported: the image that Kamal pushes is named, and needs its version",
    );
    return { image: pushed };
  }
  const isThere = isRemote || unknownIn(file).length > 0 || existsSync(resolve(root, file));
  if (!isThere || inContext.startsWith("..")) {
    const why = isThere ? "outside the folder that it is built from" : "not in the folder that is imported";
    tell.decide("all", `${file} is ${why}: the image that Kamal pushes is named, and needs its version`);
    return { image: pushed };
  }
  if (
    context === undefined &&
    ![".dockerignore", `${file}.dockerignore`].some((one) => existsSync(resolve(root, one)))
  ) {
    tell.decide(
      "all",
      "Kamal builds from a clone of the repository, and here it is built from its folder: what git leaves out, such as .env or .kamal/secrets, may get into the image. Name it in a .dockerignore, which there is none of",
    );
  }
  return {
    image: pushed,
    build: { ...builder, context: from, ...(inContext === "Dockerfile" ? {} : { dockerfile: inContext }) },
  };
}

function tellOfRole(name: string, role: Tree, isProxied: boolean, { tree, tell }: Reading): void {
  const asset = role.asset_path ?? tree.asset_path;
  if (asset !== undefined && isProxied) {
    tell.decide(
      name,
      "asset_path: a new version answers for its own assets only. For a page of the old one, keep assets of both in the image, or in a bucket behind a CDN",
    );
  }
  if (role.labels !== undefined || tree.labels !== undefined)
    tell.left(name, "labels: Tandem labels its containers itself");
  if (role.logging !== undefined) tell.left(name, "logging: logs are rotated in any case");
  if (role.traefik !== undefined)
    tell.decide(name, "traefik is Kamal 1's key: `proxy` of Kamal 2 says what leads to the role");
  const tags = [...new Set(taggedHosts(role).flatMap((one) => one.tags))];
  const known = tags.filter((tag) => mapOf(mapOf(tree.env).tags)[tag] !== undefined);
  if (known.length > 0) {
    tell.decide(
      name,
      `variables of the tags ${known.join(", ")} are not taken, since an environment is one host: set those that hold for it`,
      (commands) => commands.set("production", ["environment", name, "NAME"], "value"),
    );
  }
  if (!isProxied && (ONCE.test(name) || ONCE.test(String(role.cmd ?? "")))) {
    tell.decide(
      name,
      "in a deploy the old one and the new one run beside each other for a moment, as with Kamal. Where only one may run, say so; commands at set times are `jobs` of a service",
      'replace: "stop-first"',
    );
  }
}
