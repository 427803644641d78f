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
import { positionChecks, positionIn } from "./position.ts";

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
    for (const other of using.filter(({ name }) => name !== own.name)) {
      checks.push(sameSecretCheck(own.name, of(own), other.name, of(other)));
      checks.push(...(await loginChecks(own, of(own), other, of(other))));
      checks.push(...(await hostnameChecks(own, other)));
      checks.push(...(await fromInside(docker, own, other)));
    }
  }
  return checks;
}

async function fromInside(docker: Docker, own: Environment, other: Environment): Promise<Check[]> {
  const [probe, theirs] = await Promise.all([positionIn(docker, own), positionIn(docker, other)]);
  if (probe !== undefined && theirs !== undefined) {
    return positionChecks({ environment: own, probe }, { environment: other, probe: theirs });
  }
  const without = probe === undefined ? own.name : other.name;
  const answer = `no container of ${without} has the Node that is needed to try it`;
  const tried = `names and addresses of ${other.name}`;
  return [{ area: "addresses", environment: own.name, tried, answer, result: "untried" }];
}
