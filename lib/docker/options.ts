// What Docker can't take of the options that ready-made images need: folders in memory, capabilities, bounds of a process,
// kernel parameters, devices, names of hosts, published ports.
import { type ArgumentProblem, Problems } from "./problems.ts";
import {
  address,
  type Check,
  hostname,
  MOST_MEMORY_MB,
  path,
  port,
  shown,
  user,
  whole,
  word,
} from "./values.ts";

/** A bound of a process: one number, or a soft and a hard one; -1 is none. */
export type Ulimit = number | { soft: number; hard: number };

/** The options as far as they are to be checked. What is undefined isn't checked. */
export interface OptionFacts {
  workingDir?: unknown;
  capabilities?: unknown;
  groups?: unknown;
  writableRoot?: unknown;
  temporary?: unknown;
  ulimits?: unknown;
  sysctls?: unknown;
  devices?: unknown;
  gpus?: unknown;
  extraHosts?: unknown;
  timeZone?: unknown;
  stopSignal?: unknown;
  publish?: unknown;
}

/** Linux' capabilities (capabilities(7), up to Linux 5.9), without `CAP_`. */
const CAPABILITIES = new Set(
  (
    "AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID " +
    "IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST " +
    "NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE " +
    "SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM"
  ).split(" "),
);
/** Names that Docker knows (github.com/docker/go-units, ulimit.go). */
const ULIMITS = new Set(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  ),
);
/** Parameters of the kernel that a container has of its own (docs.docker.com/reference/cli/docker/container/run, sysctls). */
const OWN_SYSCTL =
  /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|(fs\.mqueue|net)(\.[a-z0-9_-]+)+)$/;
/** Signals by name (signal(7)); numbers go up to the last of the real-time ones. */
const SIGNAL =
  /^(SIG)?(HUP|INT|QUIT|ILL|TRAP|ABRT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|PWR|SYS|RTMIN(\+\d{1,2})?|RTMAX(-\d{1,2})?)$/;
const MOST_SIGNAL = 64;
/** The most that Linux takes for a bound that is a number. */
const MOST_BOUND = Number.MAX_SAFE_INTEGER;

const capability: Check = (value) =>
  typeof value === "string" && CAPABILITIES.has(value)
    ? undefined
    : `is ${shown(value)}; name one of Linux' capabilities without CAP_, such as CHOWN`;

const sysctlName: Check = (value) =>
  typeof value === "string" && OWN_SYSCTL.test(value)
    ? undefined
    : `has ${shown(value)}, which a container has not of its own: set it on the host`;

const signal: Check = (value) => {
  const fits =
    typeof value === "string" &&
    (SIGNAL.test(value) || (/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= MOST_SIGNAL));
  return fits ? undefined : `is ${shown(value)}; it must be a signal such as SIGTERM`;
};

/** Where a container has something of its own mounted, or Linux has no place for a mount. */
const OCCUPIED = /^\/(proc|sys|run\/secrets|run\/tandem)(\/|$)/;

/** A folder in memory: written in one way only, since Docker takes no two at one place. */
const temporaryFolder: Check = (value) => {
  const reason = path(value);
  if (reason !== undefined) return reason;
  if (/\/\/|\/$/.test(String(value))) return `is ${shown(value)}; leave out the / that says nothing`;
  return OCCUPIED.test(String(value)) ? `is ${shown(value)}, where no folder in memory can be` : undefined;
};

/** A folder of devices gives all of them. */
const device: Check = (value) =>
  path(value) ??
  (/^\/+dev\/*$/.test(String(value)) ? "is /dev, which is every device of the host; name one" : undefined);

const permissions: Check = (value) =>
  typeof value === "string" && /^(?=.)r?w?m?$/.test(value)
    ? undefined
    : `is ${shown(value)}; it must be made of r, w and m, such as rwm`;

const gpus: Check = (value) =>
  typeof value === "string" && /^(all|device=[\w-]+(,[\w-]+)*)$/.test(value)
    ? undefined
    : `is ${shown(value)}; it must be all, or device= and ids such as device=0,2`;

const boolean: Check = (value) =>
  typeof value === "boolean" ? undefined : `is ${shown(value)}; it must be true or false`;

/** The name of one host. */
const oneHost: Check = (value) =>
  String(value).startsWith("*") ? `is ${shown(value)}; it must be the name of one host` : hostname(value);

const hostAddress: Check = (value) => (value === "host-gateway" ? undefined : address(value));

/** A zone as files of zones are named: `europe/berlin` and `+02:00` are known here, and in a container to nobody. */
const ZONE = /^[A-Z][\w+-]*(\/[A-Z][\w+-]*)*$/;

const timeZone: Check = (value) => {
  const text = typeof value === "string" ? value : "";
  try {
    const known = new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
    if (known !== text && known.toLowerCase() === text.toLowerCase())
      return `is ${shown(value)}; it must be ${known}`;
    if (ZONE.test(text)) return undefined;
  } catch {
    // Not known: said below.
  }
  return `is ${shown(value)}, which is no time zone such as Europe/Berlin`;
};

/** A folder where the container's process begins. */
const folder: Check = (value) => (value === "/" ? undefined : path(value));

const group: Check = (value) =>
  user(value) === undefined && !String(value).includes(":")
    ? undefined
    : `is ${shown(value)}; it must be one group, such as 1000`;

const protocol: Check = (value) =>
  value === "tcp" || value === "udp" ? undefined : `is ${shown(value)}; it must be tcp or udp`;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function table(problems: Problems, argument: string, value: unknown): [string, unknown][] {
  if (value === undefined || typeof value === "symbol") return [];
  if (isObject(value)) return Object.entries(value);
  problems.add(argument, "must be values by name");
  return [];
}

function list(problems: Problems, argument: string, value: unknown): unknown[] {
  if (value === undefined || typeof value === "symbol") return [];
  if (Array.isArray(value)) return value;
  problems.add(argument, "must be a list");
  return [];
}

/** An entry of a list that must be an object; an empty one where it isn't, which was said. */
function entry(problems: Problems, argument: string, value: unknown): Record<string, unknown> | undefined {
  if (isObject(value)) return value;
  problems.add(argument, `is ${shown(value)}; it must be an object`);
  return undefined;
}

/** Everything that Docker can't take of a container's options. */
export function optionProblems(facts: OptionFacts): ArgumentProblem[] {
  const problems = new Problems();
  problems.optional("workingDir", facts.workingDir, folder);
  problems.optional("writableRoot", facts.writableRoot, boolean);
  problems.optional("gpus", facts.gpus, gpus);
  problems.optional("timeZone", facts.timeZone, timeZone);
  problems.optional("stopSignal", facts.stopSignal, signal);
  for (const [index, name] of list(problems, "capabilities", facts.capabilities).entries())
    problems.required(`capabilities[${index}]`, name, capability);
  for (const [index, name] of list(problems, "groups", facts.groups).entries())
    problems.required(`groups[${index}]`, name, group);
  for (const [place, options] of table(problems, "temporary", facts.temporary)) {
    const argument = `temporary['${place}']`;
    problems.required(argument, place, temporaryFolder);
    const given = entry(problems, argument, options);
    problems.optional(`${argument}.sizeMb`, given?.sizeMb, whole(1, MOST_MEMORY_MB));
    problems.optional(`${argument}.executable`, given?.executable, boolean);
  }
  for (const [name, value] of table(problems, "ulimits", facts.ulimits)) ulimit(problems, name, value);
  for (const [name, value] of table(problems, "sysctls", facts.sysctls)) {
    problems.required("sysctls", name, sysctlName);
    problems.required(`sysctls['${name}']`, value, word);
  }
  for (const [index, value] of list(problems, "devices", facts.devices).entries()) {
    const argument = `devices[${index}]`;
    const given = entry(problems, argument, value);
    if (given === undefined) continue;
    problems.required(`${argument}.host`, given.host, device);
    problems.optional(`${argument}.container`, given.container, path);
    problems.optional(`${argument}.permissions`, given.permissions, permissions);
  }
  for (const [name, value] of table(problems, "extraHosts", facts.extraHosts)) {
    problems.required("extraHosts", name, oneHost);
    problems.required(`extraHosts['${name}']`, value, hostAddress);
  }
  published(problems, facts.publish);
  return problems.found;
}

function ulimit(problems: Problems, name: string, value: unknown): void {
  const argument = `ulimits.${name}`;
  if (!ULIMITS.has(name)) problems.add("ulimits", `has '${name}', which Docker doesn't know`);
  else if (!isObject(value)) problems.required(argument, value, whole(-1, MOST_BOUND));
  else bounds(problems, argument, value);
}

function bounds(problems: Problems, argument: string, value: Record<string, unknown>): void {
  problems.required(`${argument}.soft`, value.soft, whole(-1, MOST_BOUND));
  problems.required(`${argument}.hard`, value.hard, whole(-1, MOST_BOUND));
  const [soft, hard] = [Number(value.soft), Number(value.hard)];
  if (hard >= 0 && (soft > hard || soft < 0)) problems.add(`${argument}.soft`, "is more than its hard bound");
}

function published(problems: Problems, value: unknown): void {
  const taken = new Set<string>();
  for (const [index, each] of list(problems, "publish", value).entries()) {
    const argument = `publish[${index}]`;
    const given = entry(problems, argument, each);
    if (given === undefined) continue;
    problems.required(`${argument}.port`, given.port, port);
    problems.required(`${argument}.hostPort`, given.hostPort, port);
    problems.optional(`${argument}.protocol`, given.protocol, protocol);
    problems.optional(`${argument}.bindAddress`, given.bindAddress, address);
    const place = `${given.bindAddress ?? "127.0.0.1"}:${given.hostPort}/${given.protocol ?? "tcp"}`;
    if (taken.has(place)) problems.add(`${argument}.hostPort`, `is ${place}, which is published twice`);
    taken.add(place);
  }
}
