// Runs a system as the program of a stack: read settings, check them, build the topology, hand out its outputs.
import * as pulumi from "@pulumi/pulumi";
import { Environment, type GivenVariables } from "../components/index.ts";
import { configCommand, keyText, quote } from "./check/problem.ts";
import { quickenSdk } from "./quick-sdk.ts";
import {
  type ProgramSettings,
  type Settings,
  SHARED_STACK,
  type SystemDefinition,
  type SystemSettings,
} from "./settings/define.ts";
import { readSettings } from "./settings/program.ts";
import { sharedOutputs } from "./shared-outputs.ts";

/** Settings that say how to treat the environment as a whole; every system has them. */
interface EnvironmentSettings {
  dockerHost?: string;
  protectData: boolean;
  releaseData: string[];
  /** Of the environments, not of a stack `shared`. */
  environment?: GivenVariables["environment"];
  secrets?: GivenVariables["secrets"];
}

/**
 * Builds the environment of the current stack: the system is the project's name and the environment the stack's, so
 * that a second project on the same topology never touches the first. The stack `shared` of a system that has one
 * builds what its environments share.
 */
export async function runSystem<K extends Settings, R, S = undefined, SK extends Settings = Settings>(
  system: SystemDefinition<K, R, S, SK>,
): Promise<unknown> {
  quickenSdk();
  const { shared } = system;
  if (shared !== undefined && pulumi.getStack() === SHARED_STACK) {
    const settings = await read(system, shared.settings);
    return shared.topology(createEnvironment(settings), settings);
  }
  const settings = await read(system, system.settings);
  const used = shared !== undefined && (shared.usedBy?.(settings) ?? true);
  // Where there is no shared part, or it isn't used, the topology's type says that it gets undefined.
  const outputs = (used ? await sharedOutputs() : undefined) as S;
  const env = createEnvironment(settings, system.naming?.(settings));
  const result = system.topology(env, settings, outputs);
  rejectUntaken(env);
  return result;
}

/** A variable that no service took would be missed in silence. */
function rejectUntaken(env: Environment): void {
  const services = env.variables.untaken();
  if (services.length === 0) return;
  throw new pulumi.RunError(
    `the stack has variables for ${services.join(", ")}, and the topology has no AppService of that name: ` +
      "the roles of variableSettings in settings.ts are the names of its AppServices",
  );
}

function read<K extends Settings, R, S, SK extends Settings, A extends Settings>(
  system: SystemDefinition<K, R, S, SK>,
  settings: SystemSettings<A>,
): Promise<ProgramSettings<A>> {
  return readSettings(settings, {
    projectDir: pulumi.runtime.getRootDirectory?.(),
    all: { environments: system.settings, shared: system.shared?.settings },
  });
}

function createEnvironment<K extends Settings>(
  settings: ProgramSettings<K>,
  naming?: (role: string) => string,
): Environment {
  const project = pulumi.getProject();
  const stack = pulumi.getStack();
  const { dockerHost, protectData, releaseData, environment, secrets } =
    settings as unknown as EnvironmentSettings;
  return new Environment(stack, {
    system: project,
    environment: stack,
    naming,
    // The same host that the set-up and the Docker CLI use.
    dockerHost: dockerHost ?? process.env.DOCKER_HOST,
    data: {
      protect: protectData,
      released: releaseData,
      releaseCommand: (role) =>
        `${configCommand()} set --path '${project}:releaseData[${releaseData.length}]' ${role} --stack ${stack}`,
    },
    variables: {
      environment,
      secrets,
      removeCommand: (kind, service, name) =>
        `${configCommand()} rm --path ${quote(keyText([kind, service, name], project))} --stack ${stack}`,
    },
  });
}
