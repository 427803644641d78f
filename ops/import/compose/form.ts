// The form of a compose file: which keys there are and what each may hold, as the specification describes them
// (github.com/compose-spec/compose-spec, 05-services.md and the pages beside it). What the import doesn't read is held to its
// name alone.
import { z } from "zod";

const text = z.string();
const number = z.union([z.number(), text]);
const flag = z.union([z.boolean(), text]);
const texts = z.array(text);
const oneOrMore = z.union([text, texts]);
const scalar = z.union([text, z.number(), z.boolean(), z.null()]);
/** Values by name, or a list of `NAME=value`. */
const table = z.union([z.record(text, scalar), texts]);
/** Hosts may have several addresses. */
const hosts = z.union([z.record(text, oneOrMore), texts]);
const words = z.union([z.null(), text, texts]);
const anything = z.unknown();

/** Every key may be left out, and keys that begin with `x-` are anybody's own. */
function object(shape: Record<string, z.ZodType>): z.ZodType {
  const known = z.strictObject(shape).partial();
  const withoutOwn = (value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")))
      : value;
  return z.preprocess(withoutOwn, known);
}

/** Keys that are taken for what they are, whatever they hold. */
const named = (keys: string) => Object.fromEntries(keys.split(" ").map((key) => [key, anything]));

const mount = object({
  ...named("consistency bind volume image"),
  ...{ type: text, source: text, target: text, read_only: flag },
  tmpfs: object({ size: number, mode: number }),
});
const port = object({
  ...named("name mode app_protocol"),
  ...{ host_ip: text, target: number, published: number, protocol: text },
});
const granted = z.array(z.union([text, object({ source: text, target: text, ...named("uid gid mode") })]));
const build = object({
  ...named(
    "dockerfile_inline entitlements ssh labels cache_from cache_to no_cache additional_contexts network provenance",
  ),
  ...named("sbom pull shm_size extra_hosts isolation privileged secrets tags ulimits platforms"),
  ...{ context: text, dockerfile: text, target: text, args: table },
});
const healthcheck = object({
  ...{ test: oneOrMore, interval: text, timeout: text, start_period: text, start_interval: text },
  ...{ retries: number, disable: flag },
});
const limits = object({ ...named("devices generic_resources"), cpus: number, memory: text, pids: number });
const deploy = object({
  ...named("mode endpoint_mode placement restart_policy rollback_config update_config"),
  ...{ replicas: number, labels: table },
  resources: object({ limits, reservations: anything }),
});
const condition = z.enum(["service_started", "service_healthy", "service_completed_successfully"]);
const dependsOn = z.union([texts, z.record(text, object({ condition, restart: flag, required: flag }))]);
const envFile = z.union([
  text,
  z.array(z.union([text, object({ path: text, format: text, required: flag })])),
]);
const network = z.union([
  z.null(),
  object({
    ...named(
      "interface_name ipv4_address ipv6_address link_local_ips mac_address driver_opts gw_priority priority",
    ),
    aliases: texts,
  }),
]);
const device = z.union([text, object({ source: text, target: text, permissions: text })]);
const ulimit = z.union([number, object({ soft: number, hard: number })]);

const extended = z.strictObject({ service: text, file: text.optional() });

const service = object({
  ...named(
    "annotations attach blkio_config cgroup cpu_count cpu_percent cpu_shares cpu_quota cpu_period cpu_rt_period",
  ),
  ...named(
    "cpu_rt_runtime credential_spec develop device_cgroup_rules dns_opt dns_search external_links isolation label_file",
  ),
  ...named(
    "models oom_score_adj post_start pre_stop provider pull_refresh_after storage_opt use_api_socket uts",
  ),
  ...{ image: text, build: z.union([text, build]), command: words, entrypoint: words },
  ...{
    environment: table,
    env_file: envFile,
    labels: table,
    logging: object(named("driver options")),
    ports: z.array(z.union([number, port])),
  },
  ...{ expose: z.array(number), volumes: z.array(z.union([text, mount])), tmpfs: oneOrMore },
  ...{ depends_on: dependsOn, healthcheck, deploy: z.union([z.null(), deploy]) },
  ...{ secrets: granted, configs: granted, extends: z.union([text, extended]) },
  ...{ networks: z.union([texts, z.record(text, network)]), profiles: texts },
  ...{ user: text, working_dir: text, hostname: text, domainname: text, container_name: text, restart: text },
  ...{
    cap_add: texts,
    cap_drop: texts,
    group_add: z.array(number),
    security_opt: texts,
    devices: z.array(device),
  },
  ...{ sysctls: table, ulimits: z.record(text, ulimit), extra_hosts: hosts, dns: oneOrMore, links: texts },
  ...{
    cpus: number,
    mem_limit: number,
    mem_reservation: number,
    mem_swappiness: number,
    memswap_limit: number,
  },
  ...{ pids_limit: number, shm_size: number, scale: number, cpuset: text, cgroup_parent: text },
  ...{ gpus: z.union([z.literal("all"), z.array(z.looseObject({}))]), runtime: text, platform: text },
  ...{ init: flag, privileged: flag, read_only: flag, stdin_open: flag, tty: flag, oom_kill_disable: flag },
  ...{
    stop_grace_period: text,
    stop_signal: text,
    network_mode: text,
    ipc: text,
    pid: z.union([text, z.null()]),
  },
  ...{ pull_policy: text, userns_mode: text, mac_address: text, volumes_from: texts },
});

const include = z.array(
  z.union([text, object({ path: oneOrMore, env_file: oneOrMore, project_directory: text })]),
);
const source = object({
  ...named("external labels driver driver_opts template_driver"),
  ...{ name: text, content: text, environment: text, file: text },
});

/** A whole file, its variables filled in. */
export const composeFile = object({
  ...named("version models networks volumes"),
  ...{ name: text, include, services: z.record(text, service) },
  ...{ secrets: z.record(text, source), configs: z.record(text, source) },
});
