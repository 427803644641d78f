// Checks of what containers may do: nothing that leads out of a container, by which isolation by networks and logins would be
// worth nothing.
import { type Check, none } from "./check.ts";
import type { Container, Environment, Rights } from "./environments.ts";
import type { Surroundings } from "./looked-at.ts";

/** Capabilities of every container that drops none: they lead out of none. From Docker's documentation. */
const DEFAULT_CAPABILITIES = [
  ...[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
  ],
  ...["SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
];

/** Places on the host that give it away: sockets of container engines, their data, the system's own settings. */
const KEYS_TO_THE_HOST = [
  ...["/run/docker.sock", "/var/run/docker.sock", "/run/containerd", "/var/run/containerd"],
  ...["/run/podman", "/run/crio", "/run/systemd", "/run/dbus", "/var/lib/docker", "/var/lib/containerd"],
  ...["/dev", "/proc", "/sys", "/etc", "/root", "/boot", "/usr", "/lib", "/bin", "/sbin"],
];
/** A socket of a container engine lies where its administrator wants it. */
const ENGINE_SOCKET = /\b(docker|containerd|podman|crio)[\w.-]*\.sock$/;
/** The host's time zone, which many mount, gives nothing away. */
const HARMLESS = ["/etc/localtime", "/etc/timezone"];
const HARMLESS_DEVICES = /^\/dev\/(null|zero|full|random|urandom|dri|nvidia|snd|video)/;

const isIn = (path: string, folder: string) =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);

function leadsOut(path: string): boolean {
  if (HARMLESS.includes(path)) return false;
  return ENGINE_SOCKET.test(path) || KEYS_TO_THE_HOST.some((key) => isIn(path, key) || isIn(key, path));
}

/** What gives a container power over the host or over others. */
function findings(rights: Rights, isOwn: (container: string) => boolean): string[] {
  const added = rights.capabilities.filter((name) => !DEFAULT_CAPABILITIES.includes(name));
  const shared = rights.shared.filter((each) => !isOwn(each.replace(/^.*?container:/, "")));
  const off = rights.securityOptions.filter((option) => /[:=](unconfined|disable)$/.test(option));
  return [
    ...(rights.privileged ? ["is privileged"] : []),
    ...added.map((name) => `has the capability ${name}`),
    ...shared.map((each) => `shares ${each}`),
    ...rights.devices.filter((path) => !HARMLESS_DEVICES.test(path)).map((path) => `has the device ${path}`),
    ...off.map((option) => `runs with ${option}`),
    ...rights.hostPaths.filter(leadsOut).map((path) => `mounts ${path} of the host`),
  ];
}

/** None of its containers has a way out, and nobody else is in one of its containers. */
export function rightsChecks(own: Environment, { containers }: Surroundings): Check[] {
  const isOwn = (reference: string) =>
    reference !== "host" && own.containers.some(({ id, name }) => id === reference || name === reference);
  const out = own.containers.flatMap(({ name, rights }) =>
    findings(rights, isOwn).map((finding) => `${name} ${finding}`),
  );
  const guests = containers
    .filter(({ environment }) => environment !== own.name)
    .flatMap((guest) => sharedWith(guest, isOwn).map((each) => `${guest.name} shares ${each}`));
  const tried = `rights of ${own.containers.length} containers, and who is in their namespaces`;
  const good = "no way out: not privileged, no capability beyond the usual, nothing of the host";
  return [none({ area: "rights", environment: own.name, tried }, [...out, ...guests], good)];
}

const sharedWith = ({ rights }: Container, isOwn: (container: string) => boolean) =>
  rights.shared.filter((each) => isOwn(each.replace(/^.*?container:/, "")));
