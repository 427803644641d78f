// Accessories of Kamal as services: databases, caches and what else runs beside the application.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isMap } from "../../../infra/settings/structures.ts";
import { mapOf } from "../compose/load.ts";
import type { ComposeService } from "../compose/model.ts";
import { beside } from "../literal.ts";
import { composeKeys } from "./docker-options.ts";
import { variablesIn } from "./env.ts";
import { accessoryHosts } from "./hosts.ts";
import type { Reading } from "./load.ts";
import { leadBy } from "./proxy.ts";
import type { Tree } from "./read.ts";
import { serviceFrom, volumesOf } from "./service-tree.ts";

/** An accessory, and where others reach it. */
export interface Accessory {
  service: ComposeService;
  /** Name of its container, under which all on Kamal's network know it. */
  fullName: string;
  hosts: string[];
  /** Port of the host, and the port of the container that it leads to. */
  published?: { hostPort: number; port: number };
}

/** The accessories of a destination. */
export function accessoriesOf(reading: Reading): Accessory[] {
  return Object.entries(mapOf(reading.tree.accessories)).map(([name, value]) =>
    accessoryOf(name, mapOf(value), reading),
  );
}

function accessoryOf(key: string, tree: Tree, reading: Reading): Accessory {
  const { roles, root, secrets, missing, tell, file, service } = reading;
  const fullName = typeof tree.service === "string" ? tree.service : `${service}-${key}`;
  // A role may have the same name.
  const name = Object.hasOwn(roles, key) ? fullName : key;
  const server = mapOf(tree.registry).server;
  const port = tree.port === undefined ? undefined : String(tree.port);
  const options = composeKeys(tree.options, name, tell);
  const { environment, secretNames } = variablesIn([tree.env], secrets, missing);
  const made = serviceFrom(
    name,
    {
      ...options,
      image:
        tree.image === undefined
          ? undefined
          : [server, tree.image].filter((part) => part !== undefined).join("/"),
      command: tree.cmd,
      environment,
      ports: [
        ...(port === undefined ? [] : [port.includes(":") ? port : `${port}:${port}`]),
        ...volumesOf(options.ports),
      ],
      volumes: [
        ...volumesOf(tree.volumes, options.volumes),
        ...pathsOf(tree.files, name, "files", reading),
        ...pathsOf(tree.directories, name, "directories", reading),
      ],
    },
    root,
    file,
  );
  const proxied = isMap(tree.proxy) ? leadBy(tree.proxy, name, tell) : undefined;
  tellOf(tree, name, reading);
  const [first] = made.ports;
  return {
    fullName,
    hosts: accessoryHosts(tree, roles),
    ...(first?.hostPort === undefined ? {} : { published: { hostPort: first.hostPort, port: first.port } }),
    service: { ...made, ...proxied, secretNames, names: [fullName, ...made.names.slice(1)] },
  };
}

/** `files` are the repository's, `directories` are made on the host beside the container. */
function pathsOf(
  value: unknown,
  name: string,
  kind: "files" | "directories",
  { root, tell }: Reading,
): Tree[] {
  return (Array.isArray(value) ? value : []).flatMap((entry): Tree[] => {
    const given = isMap(entry) ? entry : {};
    const [local = "", remote = "", options = ""] = isMap(entry)
      ? [entry.local, entry.remote, entry.options].map((one) => String(one ?? ""))
      : String(entry).split(":");
    if (kind === "files" && local.endsWith("erb")) {
      tell.decide(
        name,
        `the file ${local} is ERB, which an import never runs: write what it renders into a file of its own`,
        `files: { ${JSON.stringify(remote)}: readFileSync(${beside("your-file")}, "utf8") }`,
      );
      return [];
    }
    if (kind === "files" && !existsSync(resolve(root, local))) {
      tell.decide(
        name,
        `the file ${local} at ${remote} isn't there: write it, and name it`,
        `files: { ${JSON.stringify(remote)}: readFileSync(${beside("your-file")}, "utf8") }`,
      );
      return [];
    }
    if (given.mode !== undefined || given.owner !== undefined)
      tell.left(
        name,
        `mode and owner of ${local}: files are read-only to a service, and a volume has its owner`,
      );
    const readOnly = options.split(",").includes("ro");
    if (kind === "files")
      return [{ type: "bind", source: resolve(root, local), target: remote, read_only: true }];
    if (local.startsWith("/")) return [{ type: "bind", source: local, target: remote, read_only: readOnly }];
    return [{ type: "volume", source: `${name}-${local}`, target: remote, read_only: readOnly }];
  });
}

function tellOf(tree: Tree, name: string, { tell }: Reading): void {
  if (tree.network !== undefined)
    tell.left(name, "network: each environment has a network of its own, and its services are in it");
  if (tree.labels !== undefined) tell.left(name, "labels: Tandem labels its containers itself");
  if (tree.logging !== undefined) tell.left(name, "logging: logs are rotated in any case");
  const { username, password } = mapOf(tree.registry);
  if (username !== undefined || password !== undefined)
    tell.decide(
      name,
      "its registry's login is not taken: log the Docker host in, or give the provider registryAuth",
    );
}
