// Proves the isolation of a system's running environments: looks from the host, and tries from inside.
import type Docker from "dockerode";
import type { Check } from "./check.ts";
import { allContainers, type Environment, isShared, ownedBy } from "./environments.ts";
import { hostnameChecks } from "./hostnames.ts";
import { type Credentials, credentialsOf, databaseChecks, loginChecks, sameSecretCheck } from "./logins.ts";
import {
  labelChecks,
  membershipChecks,
  networkChecks,
  portChecks,
  type Surroundings,
  variableChecks,
  volumeChecks,
} from "./looked-at.ts";
import {
  type HostAddresses,
  hostAddresses,
  leave,
  type Position,
  positionChecks,
  positionOf,
} from "./position.ts";
import { rightsChecks } from "./rights.ts";

/** An environment to verify, as its stack knows it. */
export type Known = Pick<Environment, "name" | "deployment" | "published">;

/**
 * Runs every check on the environments that have containers.
 *
 * @param chosen environments that the result is about; the others are tried as targets
 */
export async function verifyIsolation(
  docker: Docker,
  system: string,
  known: readonly Known[],
  chosen: readonly string[],
): Promise<Check[]> {
  const containers = await allContainers(docker, system);
  const all = await Promise.all(
    known.map(
      async (environment): Promise<Environment> => ({
        ...environment,
        ...(await ownedBy(docker, system, environment.name)),
        containers: containers.filter(({ environment: label }) => label === environment.name),
      }),
    ),
  );
  const environments = all.filter((environment) => environment.containers.length > 0);
  const around: Surroundings = { system, environments, containers };
  const wanted = environments.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
  const looked = wanted.flatMap((own) => [
    ...networkChecks(own, around),
    ...membershipChecks(own, around),
    ...rightsChecks(own, around),
    ...volumeChecks(own, around),
    ...portChecks(own),
    ...labelChecks(own, around),
    ...variableChecks(own, around),
  ]);
  return [...looked, ...(await tries(docker, around, wanted))];
}

async function tries(docker: Docker, around: Surroundings, wanted: readonly Environment[]): Promise<Check[]> {
  const using = around.environments.filter((environment) => !isShared(environment));
  const credentials = new Map<string, Credentials>();
  for (const own of using) credentials.set(own.name, await credentialsOf(docker, own, around.containers));
  const of = ({ name }: Environment) => credentials.get(name) ?? { logins: [], secrets: new Map() };
  const checks: Check[] = [];
  for (const own of wanted.filter((environment) => !isShared(environment))) {
    checks.push(...(await databaseChecks(own, of(own))));
    if (of(own).logins.length === 0) checks.push(withoutLogins(own));
    for (const other of using.filter(({ name }) => name !== own.name)) {
      checks.push(sameSecretCheck(own.name, of(own), other.name, of(other)));
      checks.push(...(await loginChecks(docker, own, of(own), other, of(other))));
      checks.push(...(await hostnameChecks(own, other)));
    }
  }
  return [...checks, ...(await fromInside(docker, using, wanted))];
}

const withoutLogins = ({ name }: Environment): Check => ({
  area: "credentials",
  environment: name,
  tried: `logins in the variables of ${name}'s running containers`,
  answer: "none for Postgres or Redis: there is none to try",
  result: "holds",
});

/** Takes a place in each environment's networks, and tries from each of the wanted ones what the others have. */
async function fromInside(
  docker: Docker,
  using: readonly Environment[],
  wanted: readonly Environment[],
): Promise<Check[]> {
  const pairs = wanted
    .filter((own) => !isShared(own))
    .flatMap((own) => using.filter(({ name }) => name !== own.name).map((other) => ({ own, other })));
  if (pairs.length === 0) return [];
  const positions = new Map<string, Position>();
  try {
    let host: HostAddresses;
    try {
      host = await hostAddresses(docker);
      for (const each of using) positions.set(each.name, await positionOf(docker, each));
    } catch (error) {
      const answer = `no probe can be started: ${error instanceof Error ? error.message : String(error)}`;
      return pairs.map(({ own, other }) => untried(own, other, answer));
    }
    const checks: Check[] = [];
    for (const { own, other } of pairs) {
      const [from, to] = [positions.get(own.name), positions.get(other.name)];
      if (from !== undefined && to !== undefined && from.places.length > 0 && to.places.length > 0) {
        checks.push(...(await positionChecks(from, to, host, () => hostAddresses(docker))));
        continue;
      }
      const without = from === undefined || from.places.length === 0 ? own.name : other.name;
      checks.push(untried(own, other, `no running container of ${without} is in a network`));
    }
    return checks;
  } finally {
    await Promise.all([...positions.values()].map(leave));
  }
}

const untried = (own: Environment, other: Environment, answer: string): Check => ({
  area: "addresses",
  environment: own.name,
  tried: `names and addresses of ${other.name}`,
  answer,
  result: "untried",
});
