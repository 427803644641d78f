// Isolation: one environment's containers reach nothing of another's, nor of the host's.
import { posix } from "node:path";
import { launcher } from "../../lib/launcher.ts";
import {
  containerRule,
  type Facts,
  isSet,
  type ResourceRule,
  records,
  type Surroundings,
  text,
  texts,
  types,
} from "../rule.ts";
import { isOwn } from "./names.ts";

/** May the environment's containers join this network? Its own, and the one on which it meets the shared stack. */
function mayJoin(network: string, around: Surroundings): boolean {
  const { system, environment, settings } = around;
  return (
    isOwn(network, around) ||
    network === `${system}_shared_${environment}` ||
    settings.foreign.includes(network)
  );
}

const REACH = "A container on another environment's network reaches its database under the same name.";

/** What a container may have in common with the host, or with another container by its name. */
const COMMON = /^host$|^container:/;

function host(name: string, cis: string, key: string, what: string, reason: string): ResourceRule {
  return containerRule({
    name,
    group: "isolation",
    cis,
    title: `No container uses the host's ${what}, or another container's.`,
    reason,
    fix: `leave ${key} out`,
    level: "mandatory",
    check: ({ facts }) => {
      const value = text(facts[key]);
      return value !== undefined && COMMON.test(value) ? [`sets ${key}: ${value}`] : [];
    },
  });
}

/** Words of `networkMode` that name no network. */
const NO_NETWORK_NAME = /^(bridge|default|none|host)$|^container:/;

/** Networks that a container joins, also the one that `networkMode` may name. */
function networksOf(facts: Facts): string[] {
  const mode = text(facts.networkMode);
  const named = mode === undefined || NO_NETWORK_NAME.test(mode) ? [] : [mode];
  return [...named, ...records(facts.networksAdvanced).flatMap(({ name }) => text(name) ?? [])];
}

/** Sockets through which Docker and what it runs on take orders, wherever they lie. */
const SOCKET = /\/(docker|containerd|podman|buildkitd|dockershim)[^/]*\.sock$/;
/** Folders of Docker's own, and those from which all of the host is reached: by another way in, a key or a job. */
const REACHING =
  /^\/(run|var\/run)\/(docker|containerd|podman)(\/|$)|^\/var\/lib\/(docker|containerd)(\/|$)|^\/(proc|sys|dev|etc|root|boot)(\/|$)/;
/** Where the sockets usually lie. */
const SOCKETS = ["/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock"];

/** Does a mount of this path of the host, in its shortest form, lead to the Docker socket? */
function reachesSocket(path: string): boolean {
  const parent = path === "/" ? "/" : `${path}/`;
  return SOCKET.test(path) || REACHING.test(path) || SOCKETS.some((socket) => socket.startsWith(parent));
}

/**
 * Folders of the host in a container, from volumes and mounts, each in its shortest form. A path in the place of a
 * volume's name is a folder of the host too. Where a symbolic link leads is known to its host alone.
 */
function hostPaths(facts: Facts): string[] {
  const bound = records(facts.mounts).filter(({ type }) => type === "bind");
  const volumes = records(facts.volumes);
  return [
    ...volumes.flatMap(({ hostPath }) => text(hostPath) ?? []),
    ...volumes.flatMap(({ volumeName }) => text(volumeName) ?? []).filter((name) => name.startsWith("/")),
    ...bound.flatMap(({ source }) => text(source) ?? []),
  ].map((path) =>
    posix
      .normalize(path)
      .replace(/(?<=.)\/+$/, "")
      .replace(/^\/\/+/, "/"),
  );
}

export const isolation: readonly ResourceRule[] = [
  {
    name: "own-networks",
    group: "isolation",
    title: "Containers join networks of their own environment only.",
    reason: REACH,
    fix: "join env.network; a network that is meant is named under tandem:policies.foreign",
    level: "mandatory",
    types: [types.container, types.migration],
    check({ facts, type }, around) {
      const joined =
        type === types.migration ? [...texts([facts.network]), ...texts(facts.networks)] : networksOf(facts);
      return joined.filter((name) => !mayJoin(name, around)).map((name) => `joins the network ${name}`);
    },
  },
  containerRule({
    name: "own-volumes",
    group: "isolation",
    title: "Containers mount volumes of their own environment only.",
    reason:
      "Two servers on one data folder destroy it; an app on another environment's uploads changes them.",
    fix: "mount a volume made with env.name(role); one that is meant is named under tandem:policies.foreign",
    level: "mandatory",
    check({ facts }, around) {
      const mounted = [
        ...records(facts.volumes)
          .flatMap(({ volumeName }) => text(volumeName) ?? [])
          .filter((name) => !name.startsWith("/")),
        ...records(facts.mounts)
          .filter(({ type }) => type === "volume")
          .flatMap(({ source }) => text(source) ?? []),
      ];
      const foreign = mounted.filter(
        (name) => !isOwn(name, around) && !around.settings.foreign.includes(name),
      );
      const lent = records(facts.volumes).flatMap(({ fromContainer }) => text(fromContainer) ?? []);
      return [
        ...foreign.map((name) => `mounts the volume ${name}`),
        ...lent.map((name) => `mounts whatever the container ${name} mounts`),
      ];
    },
  }),
  containerRule({
    name: "no-default-bridge",
    group: "isolation",
    cis: "5.30",
    title: "No container stands on Docker's default bridge.",
    reason:
      "On the default bridge all containers of the host reach each other, whatever environment they are of.",
    fix: "set networksAdvanced to the environment's network",
    level: "mandatory",
    check({ facts }) {
      const mode = text(facts.networkMode);
      if (isSet(facts.networksAdvanced) && facts.networksAdvanced !== undefined) {
        const joined = records(facts.networksAdvanced);
        if (joined.length > 0) return [];
      }
      return mode === undefined || mode === "bridge" || mode === "default"
        ? ["joins no network of its own"]
        : [];
    },
  }),
  host(
    "no-host-network",
    "5.10",
    "networkMode",
    "network",
    "It would hear and speak on every port of the host, loopback included: all other environments' servers.",
  ),
  host("no-host-pid", "5.16", "pidMode", "processes", "It could see and end every process of the host."),
  host(
    "no-host-ipc",
    "5.17",
    "ipcMode",
    "shared memory",
    "It could read what other processes share in memory.",
  ),
  host("no-host-users", "5.31", "usernsMode", "user namespace", "Root in it would be root on the host."),
  containerRule({
    name: "no-docker-socket",
    group: "isolation",
    cis: "5.32",
    title: "No container gets the Docker socket, nor a folder of the host from which it is reached.",
    reason:
      "Whoever has the socket is root on the host and sees every environment's secrets. So has who mounts a folder above " +
      "it, /proc, or the host's own settings. Where a symbolic link leads can't be seen from here: of a path that is " +
      "allowed, look on the host that it is none.",
    fix: `do what needs it from outside, in the program or in a command of ${launcher()}`,
    level: "mandatory",
    check: ({ facts }) =>
      hostPaths(facts)
        .filter(reachesSocket)
        .map((path) => `mounts ${path}`),
  }),
  containerRule({
    name: "no-host-folders",
    group: "isolation",
    cis: "5.6",
    title: "No container mounts a folder of the host.",
    reason:
      "What lies on the host is in nobody's state, isn't protected, and is easily shared by two environments.",
    fix: "use a volume, or the component's `files`",
    level: "mandatory",
    check: ({ facts }) =>
      hostPaths(facts)
        .filter((path) => !reachesSocket(path))
        .map((path) => `mounts ${path} of the host`),
  }),
  containerRule({
    name: "no-shared-mounts",
    group: "isolation",
    cis: "5.20",
    title: "No mount passes changes on to the host.",
    reason: "A mount made in the container would appear on the host and in other containers.",
    fix: "leave the propagation out, or set it to rprivate",
    level: "mandatory",
    check: ({ facts }) =>
      records(facts.mounts)
        .flatMap(({ bindOptions }) => records([bindOptions]))
        .filter(({ propagation }) => /shared/.test(text(propagation) ?? ""))
        .map(({ propagation }) => `mounts with propagation ${String(propagation)}`),
  }),
];
