// What the import tells of a service's own keys: those that mean nothing here, those that need a decision, and what is looser than
// Tandem's default.
import type { ComposeService } from "./compose/model.ts";
import { flagOf } from "./compose/quantities.ts";
import type { Notes } from "./notes.ts";

/** Tells of what is less strict than a service of Tandem's own. */
export function tellOfLooseness(
  user: string,
  capabilities: readonly string[],
  { rest }: ComposeService,
  role: string,
  notes: Notes,
): void {
  const loose = [
    ...(user === "image" ? ["it runs as the image's user"] : []),
    ...(capabilities.length > 0 ? [`it keeps ${capabilities.length} capabilities`] : []),
    ...(flagOf(rest.read_only) ? [] : ["its root is writable"]),
  ];
  if (loose.length === 0) return;
  const list = new Intl.ListFormat("en-GB").format(loose);
  notes.decide(
    role,
    `as before, ${list}: less strict than Tandem's default. To tighten it, take user, capabilities and writableRoot out one by one and deploy to staging`,
    'user: "1000:1000"',
  );
}

/** Keys that mean nothing here, and why. */
const LEFT: Readonly<Record<string, string>> = {
  annotations: "annotations: nothing reads them",
  attach: "attach: logs are read by tandem logs",
  cap_drop: "cap_drop: every capability is dropped that isn't named",
  develop: "develop: it is for a developer's machine",
  hostname: "hostname: containers come and go under names of their own",
  init: "init: every container has one",
  links: "links: services find each other on the environment's network",
  logging: "logging: logs are rotated in any case",
  mac_address: "mac_address: a new container beside the old one can't have the same",
  mem_reservation: "mem_reservation: the limit counts",
  mem_swappiness: "mem_swappiness: swap is off",
  memswap_limit: "memswap_limit: swap is off",
  oom_kill_disable: "oom_kill_disable: a container at its limit is ended, and comes back",
  platform: "platform: images are pulled for the Docker host's own",
  pull_policy: "pull_policy: what a tag means is settled in each preview",
  stdin_open: "stdin_open: nobody types into a service",
  tty: "tty: nobody types into a service",
};
/** Keys that open the host, or need a decision for another reason. */
const DECIDE: Readonly<Record<string, string>> = {
  cgroup_parent: "cgroup_parent is not taken",
  cpuset: "cpuset is not taken: limits.cpus says how much it may use",
  dns: "dns is not taken: containers ask Docker's own resolver",
  domainname: "domainname is not taken",
  ipc: "ipc is not taken: it would share memory with others",
  network_mode:
    "network_mode is not taken: a service is on its environment's own network, and reached through the gateway or a published port",
  pid: "pid is not taken: it would see the host's processes",
  post_start: "post_start is not taken",
  pre_stop: "pre_stop is not taken",
  privileged: "privileged is not taken: it would be root on the host",
  runtime: "runtime is not taken",
  security_opt: "security_opt is not taken: no-new-privileges is set in any case",
  userns_mode: "userns_mode is not taken",
  volumes_from: "volumes_from is not taken: name the volumes",
};

/** Tells of the keys that are no arguments here. */
export function tellOfTheRest(
  { rest, restart }: ComposeService,
  role: string,
  once: boolean,
  notes: Notes,
): void {
  for (const [key, value] of Object.entries(rest)) {
    const off = value === false || (key === "init" && !flagOf(value));
    // Each reason begins with the key, which may be called otherwise where it came from.
    const named = (reason: string) => notes.origin.keyName(key) + reason.slice(key.length);
    if (LEFT[key] !== undefined) notes.left(role, named(LEFT[key]));
    else if (DECIDE[key] !== undefined && !off) notes.decide(role, named(DECIDE[key]));
  }
  if (restart === "no" && !once)
    notes.decide(
      role,
      'its restart is "no": here a service that ends is started again. What runs once is a migration, or a Job',
    );
}
