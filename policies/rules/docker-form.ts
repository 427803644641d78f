// What Docker is handed is in a form that it takes: the net below the components' own checks, for what comes from outputs
// and for containers that a program makes by itself.
import { type ContainerFacts, containerProblems } from "../../lib/docker/container.ts";
import { migrationProblems } from "../../lib/docker/migration.ts";
import type { ArgumentProblem } from "../../lib/docker/problems.ts";
import { nameWith, whole } from "../../lib/docker/values.ts";
import { type Facts, isMissing, list, numberOf, type ResourceRule, records, types } from "../rule.ts";

/** A value that isn't there is nothing to check. */
const given = (value: unknown) => (isMissing(value) ? undefined : value);

/** `NAME=value` lines by name; a line without `=` takes the variable away. */
function environmentOf(envs: unknown): Record<string, unknown> {
  return Object.fromEntries(
    list(envs).flatMap((line) => {
      if (typeof line !== "string") return [];
      const at = line.indexOf("=");
      return [at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

function factsOf(facts: Facts): ContainerFacts {
  const joined = records(facts.networksAdvanced);
  const cpus = numberOf(facts.cpus);
  return {
    name: given(facts.name),
    image: given(facts.image),
    command: given(facts.command),
    entrypoint: given(facts.entrypoints),
    user: given(facts.user),
    environment: environmentOf(facts.envs),
    labels: Object.fromEntries(records(facts.labels).map(({ label, value }) => [String(label), value])),
    networks: joined.map(({ name }) => name),
    aliases: joined.flatMap(({ aliases }) => list(aliases)),
    volumes: records(facts.volumes)
      .filter(
        ({ fromContainer, volumeName, hostPath }) =>
          isMissing(fromContainer) && !(isMissing(volumeName) && isMissing(hostPath)),
      )
      .map(({ volumeName, hostPath, containerPath }) => ({
        volume: given(volumeName) ?? hostPath,
        path: containerPath,
      })),
    ports: records(facts.ports).map(({ ip, external, internal, protocol }) => ({
      bindAddress: given(ip),
      // Docker chooses one where none is given.
      hostPort: given(external) ?? Symbol("any"),
      containerPort: internal,
      protocol: given(protocol),
    })),
    limits: { cpus, memoryMb: given(facts.memory) },
    shmMb: given(facts.shmSize),
    stopGraceSeconds: given(facts.stopTimeout),
  };
}

/** A check without a command panics Docker, and the container's restart at the daemon's next start panics it again. */
function healthProblems({ healthcheck }: Facts): string[] {
  return records([healthcheck]).flatMap(({ tests, retries }) => {
    if (!Array.isArray(tests)) return [];
    const [kind, ...words] = tests as unknown[];
    if (typeof kind === "symbol") return [];
    if (tests.length === 0) return ["healthcheck.tests is empty"];
    if (kind !== "NONE" && kind !== "CMD" && kind !== "CMD-SHELL")
      return ["healthcheck.tests must begin with CMD, CMD-SHELL or NONE"];
    if (kind === "NONE") return words.length > 0 ? ["healthcheck.tests has words after NONE"] : [];
    if (words.length === 0) return [`healthcheck.tests has ${kind} and no command after it`];
    if (kind === "CMD-SHELL" && words.length > 1)
      return ["healthcheck.tests has more than one word after CMD-SHELL"];
    const wrong = containerProblems({ health: { command: words } });
    const times = isMissing(retries) || typeof retries === "symbol" ? undefined : whole(0, 1000)(retries);
    return [...wrong.map(told), ...(times === undefined ? [] : [`healthcheck.retries ${times}`])];
  });
}

const told = ({ argument, reason }: ArgumentProblem) => `${argument} ${reason}`;

export const dockerForm: readonly ResourceRule[] = [
  {
    name: "docker-form",
    group: "hardening",
    title: "Docker is handed nothing that it can't take.",
    reason:
      "A health check without a command takes Docker down for good (tried: 20.10, 26.1, 28.5), and every environment of " +
      "the host with it; other things that it can't take fail in the middle of an update.",
    fix: "give the argument the form that the message names",
    level: "mandatory",
    types: [types.container, types.migration, types.network, types.volume],
    check({ type, facts }) {
      if (type === types.migration) return migrationProblems(facts).map(wrong);
      if (type === types.container)
        return [...containerProblems(factsOf(facts)).map(told), ...healthProblems(facts)].map(
          (text) => `can't be: ${text}`,
        );
      const name = given(facts.name);
      const reason = name === undefined || typeof name === "symbol" ? undefined : nameWith()(name);
      return reason === undefined ? [] : [`can't be: name ${reason}`];
    },
  },
];

const wrong = (problem: ArgumentProblem) => `can't be: ${told(problem)}`;
