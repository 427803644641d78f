// Runs a system as the program of a stack: read settings, check them, build the topology, hand out its outputs.
import * as pulumi from "@pulumi/pulumi";
import { Environment } from "../components/index.ts";
import type { ProgramSettings, Settings, SystemDefinition } from "./settings/define.ts";
import { readSettings } from "./settings/program.ts";

/** Settings that say how to treat the environment as a whole; every system has them. */
interface EnvironmentSettings {
  dockerHost?: string;
  protectData: boolean;
  releaseData: string[];
}

/**
 * Builds the environment of the current stack: the system is the project's name and the environment the stack's, so
 * that a second project on the same topology never touches the first.
 */
export async function runSystem<K extends Settings, R>(system: SystemDefinition<K, R>): Promise<R> {
  const settings = await readSettings(system.settings, { projectDir: pulumi.runtime.getRootDirectory?.() });
  return system.topology(createEnvironment(settings), settings);
}

function createEnvironment<K extends Settings>(settings: ProgramSettings<K>): Environment {
  const project = pulumi.getProject();
  const stack = pulumi.getStack();
  const { dockerHost, protectData, releaseData } = settings as unknown as EnvironmentSettings;
  return new Environment(stack, {
    system: project,
    environment: stack,
    // The same host that the set-up and the Docker CLI use.
    dockerHost: dockerHost ?? process.env.DOCKER_HOST,
    data: {
      protect: protectData,
      released: releaseData,
      releaseCommand: (role) =>
        `pulumi config set --path '${project}:releaseData[${releaseData.length}]' ${role} --stack ${stack}`,
    },
  });
}
