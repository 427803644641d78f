// What Docker can't take of a container, found before Docker is asked. An empty health command takes Docker down for good
// (tried: 20.10, 26.1, 28.5); much else fails in the middle of an update. A symbol stands for a value that isn't known yet: nothing is said
// of it, and whoever knows it later asks again.
import { type HealthFacts, healthProblems } from "./health.ts";
import { type OptionFacts, optionProblems } from "./options.ts";
import { type ArgumentProblem, commandProblems, isKnown, Problems } from "./problems.ts";
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
  shmMb,
  user,
  variableName,
  variableValue,
  wholeSeconds,
} from "./values.ts";

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
  ports?: readonly {
    bindAddress?: unknown;
    hostPort?: unknown;
    containerPort?: unknown;
    protocol?: unknown;
  }[];
  health?: HealthFacts;
  limits?: { cpus?: unknown; memoryMb?: unknown; pids?: unknown };
  shmMb?: unknown;
  options?: OptionFacts;
  stopGraceSeconds?: unknown;
}

/** Everything that Docker can't take of a container. */
export function containerProblems(facts: ContainerFacts): ArgumentProblem[] {
  const problems = new Problems();
  problems.optional("name", facts.name, nameWith());
  problems.optional("image", facts.image, image);
  problems.optional("user", facts.user, user);
  commandProblems(problems, "command", facts.command);
  // A rule of the Docker provider's ("values for command may not be empty"), which would end the `up` in its midst.
  for (const [index, word] of Array.isArray(facts.command) ? facts.command.entries() : [])
    if (word === "" && index > 0)
      problems.add(
        `command[${index}]`,
        "is empty, which the Docker provider refuses: put it into a line for a shell",
      );
  commandProblems(problems, "entrypoint", facts.entrypoint);
  // Docker takes it for the image's own, and would show a change for ever.
  if (Array.isArray(facts.entrypoint) && facts.entrypoint.length === 0)
    problems.add(
      "entrypoint",
      "is empty; leave it out for the image's own, or name a program such as /usr/bin/env",
    );
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
  problems.optional("shmMb", facts.shmMb, shmMb);
  problems.optional("stopGraceSeconds", facts.stopGraceSeconds, wholeSeconds);
  return [...problems.found, ...(facts.options === undefined ? [] : optionProblems(facts.options))];
}

function limitProblems(problems: Problems, limits: NonNullable<ContainerFacts["limits"]>): void {
  problems.optional("limits.cpus", limits.cpus, cpus);
  problems.optional("limits.memoryMb", limits.memoryMb, memoryMb);
  problems.optional("limits.pids", limits.pids, pids);
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
    const udp = each.protocol === "udp" ? "/udp" : "";
    const place = `${String(each.bindAddress)}:${String(each.hostPort)}${udp}`;
    if (taken.has(place)) problems.add(`${argument}.hostPort`, `is ${place}, which is published twice`);
    taken.add(place);
  }
}
