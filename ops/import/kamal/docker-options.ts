// `options` of a role or an accessory: what Kamal hands on to `docker run`, as the keys that compose has for the same.
import { mapOf } from "../compose/load.ts";
import type { Tree } from "./read.ts";
import type { Telling } from "./telling.ts";

/** Options that take one value, and compose's key. */
const ONE: Readonly<Record<string, string>> = {
  "cgroup-parent": "cgroup_parent",
  cpus: "cpus",
  "cpuset-cpus": "cpuset",
  dns: "dns",
  domainname: "domainname",
  entrypoint: "entrypoint",
  gpus: "gpus",
  hostname: "hostname",
  init: "init",
  interactive: "stdin_open",
  ipc: "ipc",
  "log-driver": "logging",
  "log-opt": "logging",
  "mac-address": "mac_address",
  memory: "mem_limit",
  "memory-reservation": "mem_reservation",
  "memory-swap": "memswap_limit",
  "memory-swappiness": "mem_swappiness",
  network: "network_mode",
  "oom-kill-disable": "oom_kill_disable",
  pid: "pid",
  "pids-limit": "pids_limit",
  platform: "platform",
  privileged: "privileged",
  pull: "pull_policy",
  "read-only": "read_only",
  restart: "restart",
  runtime: "runtime",
  "shm-size": "shm_size",
  "stop-signal": "stop_signal",
  tty: "tty",
  user: "user",
  userns: "userns_mode",
  workdir: "working_dir",
};
/** Options that may be given several times. */
const MANY: Readonly<Record<string, string>> = {
  "add-host": "extra_hosts",
  annotation: "annotations",
  "cap-add": "cap_add",
  "cap-drop": "cap_drop",
  device: "devices",
  expose: "expose",
  "group-add": "group_add",
  publish: "ports",
  "security-opt": "security_opt",
  sysctl: "sysctls",
  tmpfs: "tmpfs",
  volume: "volumes",
  "volumes-from": "volumes_from",
};
/** Both, for who asks what a key of compose's is called here. */
export const OPTIONS: Readonly<Record<string, string>> = { ...ONE, ...MANY, ulimit: "ulimits" };
const HEALTH: Readonly<Record<string, string>> = {
  "health-cmd": "test",
  "health-interval": "interval",
  "health-retries": "retries",
  "health-start-period": "start_period",
  "health-timeout": "timeout",
};

/** A service's keys as compose has them. */
export function composeKeys(options: unknown, subject: string, tell: Telling): Tree {
  const tree: Tree = {};
  const health: Tree = {};
  for (const [given, value] of Object.entries(mapOf(options))) {
    const name = given.replaceAll("_", "-");
    const all = (Array.isArray(value) ? value : [value]).map((one) => (one === null ? true : one));
    const [first] = all;
    const one = keyOf(ONE, name);
    const many = keyOf(MANY, name);
    const check = keyOf(HEALTH, name);
    if (one !== undefined) tree[one] = typeof first === "number" ? String(first) : first;
    else if (many !== undefined) tree[many] = all.map(String);
    else if (check !== undefined) health[check] = first;
    else if (name === "no-healthcheck") health.disable = true;
    else if (name === "ulimit") tree.ulimits = ulimits(all);
    else if (name === "network-alias") tree.networks = { default: { aliases: all.map(String) } };
    else if (name === "stop-timeout") tree.stop_grace_period = `${String(first)}s`;
    else if (name === "label") tell.left(subject, "options.label: Tandem labels its containers itself");
    else tell.decide(subject, `options.${given} is not taken: no argument here says the same`);
  }
  return { ...tree, ...(Object.keys(health).length === 0 ? {} : { healthcheck: health }) };
}

/** The key that a table itself has for a name. */
function keyOf(table: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** `nofile=1024:2048`, by name. */
function ulimits(all: readonly unknown[]): Tree {
  return Object.fromEntries(
    all.flatMap((one) => {
      const [, name, soft, hard] = /^(\w+)=(\d+)(?::(\d+))?$/.exec(String(one)) ?? [];
      if (name === undefined) return [];
      return [[name, { soft: Number(soft), hard: Number(hard ?? soft) }]];
    }),
  );
}
