// A service as the import works with it: numbers, seconds, MiB; what compose wrote in many forms in one.
import { defined } from "./defined.ts";
import { type ComposeHealth, healthOf } from "./health.ts";
import { type ComposeProject, mapOf } from "./load.ts";
import { flagOf, mebibytesOf, numberOf, secondsOf } from "./quantities.ts";

/** A port that a service publishes on the host. */
export interface PublishedPort {
  port: number;
  /** Undefined where compose lets Docker choose, or the variable has no value. */
  hostPort?: number;
  protocol: "tcp" | "udp";
  bindAddress?: string;
}

/** Something mounted into a service. */
export interface Mount {
  type: string;
  /** Name of a volume, whole path of a folder or file; undefined for one without a name. */
  source?: string;
  target: string;
  readOnly: boolean;
}

/** What leads to a service. */
export interface Lead {
  /** Hostnames that can be taken as they are. */
  hostnames: string[];
  /** How many names there are that can't: they hang on a variable, or are patterns. */
  unclear: number;
  path?: string;
}

/** A service. */
export interface ComposeService {
  name: string;
  image?: string;
  build?: {
    context: string;
    dockerfile?: string;
    target?: string;
    args: Record<string, string>;
    /** Names of its other keys. */
    rest: string[];
  };
  command?: string[];
  entrypoint?: string[];
  environment: Record<string, string>;
  ports: PublishedPort[];
  /** Ports that it listens on, as far as it says so. */
  expose: number[];
  mounts: Mount[];
  tmpfs: string[];
  /** Services that it waits for, and for what of them. */
  dependsOn: Record<string, string>;
  /** `none` where the image's own is turned off. */
  health?: ComposeHealth | "none";
  labels: Record<string, string>;
  limits: { cpus?: number; memoryMb?: number; pids?: number };
  replicas: number;
  stopGraceSeconds?: number;
  shmMb?: number;
  restart?: string;
  /** Files from `secrets` and `configs`: where they lie, and what they come from. */
  files: { path: string; kind: "secret" | "config"; name: string }[];
  /** Names under which compose's network knows it: its own, its container's, its host's, its aliases. */
  names: string[];
  /** All other keys, as compose has them. */
  rest: Record<string, unknown>;
  /** What leads to it, and the port that is asked, where the files say so in no label or variable. */
  lead?: Lead & { port: number };
  /** It answers on no port, whatever its variables say. */
  isSilent?: boolean;
  /** Variables that the files hold for secret, whatever they are called. */
  secretNames?: readonly string[];
  /** Seconds until it must be healthy. */
  healthTimeoutSeconds?: number;
}

const TAKEN = new Set(
  (
    "image build command entrypoint environment ports expose volumes tmpfs depends_on healthcheck labels deploy " +
    "mem_limit cpus pids_limit scale stop_grace_period shm_size restart secrets configs env_file profiles " +
    "container_name networks"
  ).split(" "),
);

/** What is read of a build. */
const BUILD_KEYS = new Set(["context", "dockerfile", "target", "args"]);

/** The services of a project. */
export function servicesOf(project: ComposeProject): ComposeService[] {
  return Object.entries(project.services).map(([name, tree]) => serviceOf(name, tree));
}

/** A service out of its long form. */
export function serviceOf(name: string, tree: Record<string, unknown>): ComposeService {
  const deploy = mapOf(tree.deploy);
  const limits = mapOf(mapOf(deploy.resources).limits);
  const build = tree.build === undefined ? undefined : mapOf(tree.build);
  const health = healthOf(tree.healthcheck);
  return defined({
    name,
    image: typeof tree.image === "string" ? tree.image : undefined,
    build:
      build &&
      defined({
        context: String(build.context),
        dockerfile: textOf(build.dockerfile),
        target: textOf(build.target),
        args: table(build.args),
        rest: Object.keys(build).filter((key) => !BUILD_KEYS.has(key) && !key.startsWith("x-")),
      }),
    command: words(tree.command),
    entrypoint: words(tree.entrypoint),
    environment: table(tree.environment),
    ports: listOf(tree.ports).flatMap(portOf),
    expose: [
      ...new Set(listOf(tree.expose).flatMap((each) => portNumber(String(each).replace(/\/tcp$/, "")) ?? [])),
    ],
    mounts: listOf(tree.volumes).flatMap(mountOf),
    tmpfs: listOf(tree.tmpfs).map(String),
    dependsOn: Object.fromEntries(
      Object.entries(mapOf(tree.depends_on)).map(([other, one]) => [
        other,
        String(mapOf(one).condition ?? "service_started"),
      ]),
    ),
    health,
    labels: { ...table(deploy.labels), ...table(tree.labels) },
    limits: defined({
      cpus: above0(limits.cpus, numberOf) ?? above0(tree.cpus, numberOf),
      memoryMb: above0(limits.memory, mebibytesOf) ?? above0(tree.mem_limit, mebibytesOf),
      pids: above0(limits.pids, numberOf) ?? above0(tree.pids_limit, numberOf),
    }),
    replicas: numberOf(deploy.replicas) ?? numberOf(tree.scale) ?? 1,
    stopGraceSeconds: secondsOf(tree.stop_grace_period),
    shmMb: mebibytesOf(tree.shm_size),
    restart: textOf(tree.restart),
    files: [...fileMounts(tree.secrets, "secret"), ...fileMounts(tree.configs, "config")],
    names: namesOf(name, tree),
    rest: Object.fromEntries(
      Object.entries(tree).filter(
        ([key, value]) => !TAKEN.has(key) && !key.startsWith("x-") && value !== null,
      ),
    ),
  });
}

/** A limit; none where compose has 0 or -1, which mean that there is none. */
function above0(value: unknown, read: (value: unknown) => number | undefined): number | undefined {
  return /^-|^0+(\.0+)?[a-z]*$/i.test(String(value)) ? undefined : read(value);
}

/** A port's number; undefined for what can be none. */
export function portNumber(value: unknown): number | undefined {
  const port = numberOf(value);
  return port !== undefined && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

function namesOf(name: string, { container_name, hostname, networks }: Record<string, unknown>): string[] {
  const aliases = Object.values(mapOf(networks)).flatMap((one) => listOf(mapOf(one).aliases));
  const all = [name, container_name, hostname, ...aliases];
  return [...new Set(all.filter((one): one is string => typeof one === "string"))];
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function words(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
}

function table(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(mapOf(value)).map(([name, one]) => [name, String(one ?? "")]));
}

function portOf(entry: unknown): PublishedPort[] {
  const { target, published, protocol, host_ip: ip } = mapOf(entry);
  const port = portNumber(target);
  if (port === undefined) return [];
  const hostPort = portNumber(published);
  return [
    {
      port,
      protocol: protocol === "udp" ? "udp" : "tcp",
      ...(hostPort === undefined ? {} : { hostPort }),
      ...(typeof ip === "string" ? { bindAddress: ip } : {}),
    },
  ];
}

function mountOf(entry: unknown): Mount[] {
  const { type = "volume", source, target, read_only: readOnly } = mapOf(entry);
  if (target === undefined) return [];
  const from = textOf(source);
  return [
    {
      type: String(type),
      ...(from === undefined || from === "" ? {} : { source: from }),
      target: String(target).replace(/(?<=.)\/+$/, ""),
      readOnly: flagOf(readOnly),
    },
  ];
}

function fileMounts(value: unknown, kind: "secret" | "config"): ComposeService["files"] {
  return listOf(value).map((entry) => {
    const { source, target } = mapOf(entry);
    const name = String(source);
    const folder = kind === "secret" ? "/run/secrets/" : "/";
    const path = target === undefined ? `${folder}${name}` : String(target);
    return { path: path.startsWith("/") ? path : `${folder}${path}`, kind, name };
  });
}
