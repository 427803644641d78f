// What Docker can't take of a container, found before Docker is asked. An empty health command takes Docker down for good
// (tried: 20.10, 26.1, 28.5); much else fails in the middle of an update. A symbol stands for a value that isn't known yet: nothing is said
// of it, and whoever knows it later asks again.
import {
  address,
  anyText,
  type Check,
  cpus,
  image,
  MOST_WORDS_BYTES,
  memoryMb,
  mountSource,
  nameWith,
  network,
  path,
  pids,
  port,
  seconds,
  user,
  variableName,
  variableValue,
  whole,
  wholeSeconds,
  word,
} from "./values.ts";

/** One thing that is wrong, by the name of the argument. */
export interface ArgumentProblem {
  argument: string;
  reason: string;
}

/** How Docker finds out whether a container works; seconds. */
export interface HealthFacts {
  command?: unknown;
  intervalSeconds?: unknown;
  timeoutSeconds?: unknown;
  retries?: unknown;
  startPeriodSeconds?: unknown;
}

/** A container as far as it is to be checked. What is undefined isn't checked. */
export interface ContainerFacts {
  name?: unknown;
  image?: unknown;
  command?: unknown;
  entrypoint?: unknown;
  user?: unknown;
  environment?: unknown;
  labels?: unknown;
  networks?: readonly unknown[];
  aliases?: readonly unknown[];
  volumes?: readonly { volume?: unknown; path?: unknown }[];
  /** Further places that something is mounted to. */
  mounted?: readonly string[];
  ports?: readonly { bindAddress?: unknown; hostPort?: unknown; containerPort?: unknown }[];
  health?: HealthFacts;
  limits?: { cpus?: unknown; memoryMb?: unknown; pids?: unknown };
  shmMb?: unknown;
  stopGraceSeconds?: unknown;
}

const isKnown = (value: unknown): boolean => value !== undefined && typeof value !== "symbol";

/** Collects problems by argument. */
export class Problems {
  readonly found: ArgumentProblem[] = [];

  /** Says what is wrong. */
  add(argument: string, reason: string): void {
    this.found.push({ argument, reason });
  }

  /** Checks a value; one that is missing or not known yet is fine. */
  optional(argument: string, value: unknown, check: Check): void {
    if (!isKnown(value)) return;
    const reason = check(value);
    if (reason !== undefined) this.add(argument, reason);
  }

  /** Checks a value that must be there. */
  required(argument: string, value: unknown, check: Check): void {
    if (value === undefined) this.add(argument, check(value) ?? "is missing");
    else this.optional(argument, value, check);
  }
}

/** Everything that Docker can't take of a container. */
export function containerProblems(facts: ContainerFacts): ArgumentProblem[] {
  const problems = new Problems();
  problems.optional("name", facts.name, nameWith());
  problems.optional("image", facts.image, image);
  problems.optional("user", facts.user, user);
  commandProblems(problems, "command", facts.command);
  commandProblems(problems, "entrypoint", facts.entrypoint);
  tableProblems(problems, "environment", facts.environment, variableName, variableValue);
  sizeProblem(problems, facts);
  tableProblems(
    problems,
    "labels",
    facts.labels,
    (key) => (key === "" ? "has an empty name" : anyText(key)),
    anyText,
  );
  for (const [index, name] of (facts.networks ?? []).entries())
    problems.optional(`networks[${index}]`, name, network);
  for (const [index, name] of (facts.aliases ?? []).entries())
    problems.optional(`aliases[${index}]`, name, nameWith());
  mountProblems(problems, facts);
  portProblems(problems, facts);
  if (facts.health !== undefined) healthProblems(problems, facts.health);
  if (facts.limits !== undefined) limitProblems(problems, facts.limits);
  problems.optional("shmMb", facts.shmMb, whole(1, 4 * 1024 * 1024));
  problems.optional("stopGraceSeconds", facts.stopGraceSeconds, wholeSeconds);
  return problems.found;
}

function limitProblems(problems: Problems, limits: NonNullable<ContainerFacts["limits"]>): void {
  problems.optional("limits.cpus", limits.cpus, cpus);
  problems.optional("limits.memoryMb", limits.memoryMb, memoryMb);
  problems.optional("limits.pids", limits.pids, pids);
}

/** Words of a command; an empty list is the image's own. */
function commandProblems(problems: Problems, argument: string, command: unknown): void {
  if (!isKnown(command)) return;
  if (!Array.isArray(command)) {
    problems.add(argument, "must be a list of words");
    return;
  }
  if (command[0] === "") problems.add(`${argument}[0]`, "is empty; the first word is the program to run");
  for (const [index, each] of command.entries()) problems.required(`${argument}[${index}]`, each, word);
}

/** A command that must be there: of a health check, of a migration. */
export function requiredCommand(problems: Problems, argument: string, command: unknown): void {
  if (command === undefined || (Array.isArray(command) && command.length === 0)) {
    problems.add(argument, "is empty; it must be a list with a program and its arguments");
    return;
  }
  commandProblems(problems, argument, command);
}

function healthProblems(problems: Problems, health: HealthFacts): void {
  requiredCommand(problems, "health.command", health.command);
  problems.optional("health.intervalSeconds", health.intervalSeconds, seconds());
  problems.optional("health.timeoutSeconds", health.timeoutSeconds, seconds());
  problems.optional("health.retries", health.retries, whole(1, 1000));
  problems.optional("health.startPeriodSeconds", health.startPeriodSeconds, (value) =>
    value === 0 ? undefined : seconds()(value),
  );
}

function tableProblems(problems: Problems, argument: string, table: unknown, key: Check, value: Check): void {
  if (!isKnown(table)) return;
  if (typeof table !== "object" || table === null || Array.isArray(table)) {
    problems.add(argument, "must be values by name");
    return;
  }
  for (const [name, content] of Object.entries(table)) {
    const wrong = key(name);
    if (wrong !== undefined) problems.add(argument, wrong);
    else problems.required(`${argument}.${name}`, content, value);
  }
}

/** All words and variables of the container's process together. */
function sizeProblem(problems: Problems, { command, entrypoint, environment }: ContainerFacts): void {
  const words = [command, entrypoint].flatMap((list) => (Array.isArray(list) ? list : []));
  const entries =
    typeof environment === "object" && environment !== null ? Object.entries(environment).flat() : [];
  const bytes = [...words, ...entries]
    .filter((each) => typeof each === "string")
    .reduce((sum, each) => sum + Buffer.byteLength(each) + 1, 0);
  if (bytes > MOST_WORDS_BYTES)
    problems.add("environment", `and command have ${bytes} bytes together; ${MOST_WORDS_BYTES} is the most`);
}

/** Below these Linux has no place for a mount, or the container's own are. */
const RESERVED = ["/proc", "/sys"];

function mountProblems(problems: Problems, { volumes = [], mounted = [] }: ContainerFacts): void {
  const taken = new Set(mounted);
  for (const [index, mount] of volumes.entries()) {
    const argument = `volumes[${index}]`;
    problems.required(`${argument}.volume`, mount.volume, mountSource);
    problems.required(`${argument}.path`, mount.path, path);
    if (typeof mount.path !== "string") continue;
    const target = mount.path.replace(/\/+/g, "/").replace(/\/$/, "");
    if (taken.has(target))
      problems.add(`${argument}.path`, `is '${target}', where something else is mounted`);
    taken.add(target);
    if (RESERVED.some((folder) => target === folder || target.startsWith(`${folder}/`)))
      problems.add(`${argument}.path`, `is '${target}'; nothing can be mounted in ${RESERVED.join(", ")}`);
  }
}

function portProblems(problems: Problems, { ports = [] }: ContainerFacts): void {
  const taken = new Set<string>();
  for (const [index, each] of ports.entries()) {
    const argument = `ports[${index}]`;
    problems.optional(`${argument}.bindAddress`, each.bindAddress, address);
    problems.required(`${argument}.hostPort`, each.hostPort, port);
    problems.required(`${argument}.containerPort`, each.containerPort, port);
    const place = `${String(each.bindAddress)}:${String(each.hostPort)}`;
    if (taken.has(place)) problems.add(`${argument}.hostPort`, `is ${place}, which is published twice`);
    taken.add(place);
  }
}

/** The problems as a list for people. */
export function listed(problems: readonly ArgumentProblem[]): string {
  return problems.map(({ argument, reason }) => `  ${argument} ${reason}`).join("\n");
}
