// One stack of one project, ready for the engine: names, places, environment and the file it is configured with.
import { launcher } from "../../lib/launcher.ts";
import { engineVariables } from "../../setup/engine-env.ts";
import { type EngineLocation, locateEngine } from "../../setup/engine-location.ts";
import { type Paths, resolvePaths } from "../../setup/paths.ts";
import { ensureState } from "../../setup/state.ts";
import { UserError } from "./errors.ts";
import { type Project, plainSetting, portSetting, type StackFile } from "./project.ts";
import { writeStackConfig } from "./stack-config.ts";
import { type Backend, backendOf, type Deployment, lockDirectory, readDeployment } from "./state/backend.ts";

/** A stack and all that a command needs to work on it. */
export interface Session {
  paths: Paths;
  project: Project;
  stack: string;
  file: StackFile;
  engine: EngineLocation;
  /** The engine's variables, on top of this process's own. */
  variables: Readonly<Record<string, string>>;
  backend: Backend;
  /** File for `--config-file`. */
  configFile: string;
}

/**
 * Opens a session. The machine must be prepared.
 *
 * @throws UserError where there is no Pulumi CLI.
 */
export function openSession(project: Project, stack: string, file: StackFile): Session {
  const paths = resolvePaths();
  const engine = locateEngine(paths);
  if (engine === undefined) {
    throw new UserError("this machine has no Pulumi CLI yet", `run \`${launcher()} setup\` first`);
  }
  ensureState(paths);
  const backend = backendOf(paths);
  const state = backend.kind === "file" ? readDeployment(backend.directory, project.name, stack) : undefined;
  const salt = state?.secrets_providers?.state?.salt;
  return {
    paths,
    project,
    stack,
    file,
    engine,
    variables: engineVariables(paths, engine),
    backend,
    configFile: writeStackConfig(paths, project, stack, file, salt),
  };
}

/** The stack's state where it can be read without the engine; undefined where there is none, or it is elsewhere. */
export function localDeployment({ backend, project, stack }: Session): Deployment | undefined {
  return backend.kind === "file" ? readDeployment(backend.directory, project.name, stack) : undefined;
}

/** Folder of the stack's locks; undefined where the backend is not a folder. */
export function locksOf({ backend, project, stack }: Session): string | undefined {
  return backend.kind === "file" ? lockDirectory(backend.directory, project.name, stack) : undefined;
}

/** The stack's Docker host where it is another machine's. */
export function remoteDockerHost(project: Project, file: StackFile): string | undefined {
  const host = dockerHostOf(project, file);
  return host?.startsWith("ssh://") ? host : undefined;
}

/** The stack's Docker host as its program sees it. */
export function dockerHostOf(project: Project, file: StackFile): string | undefined {
  // As in infra/system.ts: what the stack says, else what the Docker CLI would use.
  return plainSetting(project, file, "dockerHost") ?? process.env.DOCKER_HOST;
}

/** Ports of the forward that the engine needs to reach Postgres on another machine; undefined where it needs none. */
export function neededForward(
  project: Project,
  file: StackFile,
): { host: string; localPort: number; remotePort: number } | undefined {
  const host = remoteDockerHost(project, file);
  const localPort = portSetting(project, file, "postgresForwardPort");
  const remotePort = portSetting(project, file, "postgresPort");
  return host === undefined || localPort === undefined || remotePort === undefined
    ? undefined
    : { host, localPort, remotePort };
}
