// `tandem run`: a command in a container of its own, like those of a service and gone when the command ends.

import { Option } from "commander";
import type Docker from "dockerode";
import { SECRETS_DIR } from "../../lib/docker/writable.ts";
import { getFiles, inspect } from "../../provider/docker/containers.ts";
import { confirmWriting } from "../engine/confirm-writing.ts";
import { runOneOff } from "../engine/containers/one-off.ts";
import { likeService } from "../engine/containers/one-off-options.ts";
import { isOnlyOne } from "../engine/containers/only-one.ts";
import { serverAddress } from "../engine/containers/server-address.ts";
import { serviceContainers } from "../engine/containers/service-containers.ts";
import { atTerminal } from "../engine/containers/terminal.ts";
import { labels, withDocker } from "../engine/docker-client.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject, loadStackFile, type Project } from "../engine/project.ts";
import { dockerHostOf, openSession, type Session } from "../engine/session.ts";
import { databasesIn, migrationOf, ownerUrl } from "../engine/state/logins.ts";
import { plainResources } from "../engine/state/plain-state.ts";
import { stackCommand, upCommand } from "../engine/systems.ts";
import { type AddCommand, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface RunOptions {
  project?: string;
  /** Whose login the variables of the database hold. @default the service's own */
  as?: "owner";
  /** Program in the place of the image's entry point. */
  entrypoint?: string;
  /** Don't ask. */
  yes?: boolean;
}

/** What a container is given: variables, and files by path. */
interface Given {
  environment: Record<string, string>;
  files: Record<string, string>;
}

/** @throws UserError for a scheduler, whose entry point takes no command */
function refuseScheduler(project: Project, stack: string, { Config }: Docker.ContainerInspectInfo): void {
  const service = Config.Labels[labels.jobsOf];
  if (service === undefined) return;
  throw new UserError(
    `that container is for the scheduler of ${service}'s jobs: nothing was run`,
    `with the same variables: ${stackCommand(project, "run", stack)} ${service} -- <command>`,
    2,
  );
}

/** @throws UserError for what there may be only one of: a second server would write to the same volume */
function refuseServer(
  project: Project,
  stack: string,
  service: string,
  facts: Docker.ContainerInspectInfo,
): void {
  if (!isOnlyOne(facts)) return;
  throw new UserError(
    `there is one container of ${service}, and a second one would work on the same files: nothing was run`,
    `in the one that runs: ${stackCommand(project, "exec", stack)} ${service}, or for a database \`${stackCommand(project, "psql", stack)}\``,
    2,
  );
}

/** What the service's container has. */
async function givenTo(docker: Docker, { Id, Config }: Docker.ContainerInspectInfo): Promise<Given> {
  const files = await getFiles(docker, Id, SECRETS_DIR);
  return {
    environment: Object.fromEntries(
      Config.Env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    ),
    files: Object.fromEntries(
      [...files].map(([name, content]) => [`${SECRETS_DIR}/${name}`, content.toString()]),
    ),
  };
}

/** The same with the owner's login in every URL of a database, and with what only the service's migration is given. */
async function asOwner(docker: Docker, session: Session, service: string, given: Given): Promise<Given> {
  const resources = await plainResources(session);
  const databases = databasesIn(resources);
  const addresses = new Map(
    await Promise.all(databases.map(async (one) => [one, await serverAddress(docker, one)] as const)),
  );
  const migration = migrationOf(resources, service);
  let changed = Object.keys({ ...migration.environment, ...migration.files }).length;
  const changedIn = (table: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(table).map(([key, value]) => {
        const owners = ownerUrl(value, databases, (one) => addresses.get(one) ?? { host: "", port: "" });
        changed += owners === undefined ? 0 : 1;
        return [key, owners ?? value];
      }),
    );
  const result = {
    environment: changedIn({ ...migration.environment, ...given.environment }),
    files: changedIn({ ...migration.files, ...given.files }),
  };
  if (changed > 0) return result;
  throw new UserError(
    `no variable or file of ${service} holds the URL of a database of ${session.stack}: nothing was run`,
    "leave --as out; or name a service that uses the database",
    2,
  );
}

/**
 * Runs the command.
 *
 * @returns the exit code of the command that it runs
 * @throws UserError when there is no such service, or it is not confirmed.
 */
export async function run(
  stack: string,
  service: string,
  command: readonly string[],
  options: RunOptions,
): Promise<number> {
  const project = loadProject(options.project);
  const file = loadStackFile(project, stack);
  return await withDocker(dockerHostOf(project, file), async (docker) => {
    const [model] = await serviceContainers(docker, project, stack, service);
    const facts = model === undefined ? undefined : await inspect(docker, model.Id);
    if (facts === undefined) {
      throw new UserError(
        `a deploy of ${stack} is going on`,
        `try again when \`${upCommand(project, stack)}\` has ended`,
      );
    }
    refuseScheduler(project, stack, facts);
    refuseServer(project, stack, service, facts);
    let given = await givenTo(docker, facts);
    if (options.as === "owner") {
      await confirmWriting(stack, file, "The owner's login", options.yes === true);
      given = await asOwner(docker, openSession(project, stack, file), service, given);
    }
    const { environment, files } = given;
    const { entrypoint } = options;
    const like = { command, environment, ...(entrypoint === undefined ? {} : { entrypoint }) };
    const purpose = `run ${service}`;
    const about = { system: project.name, environment: stack, purpose, files };
    return await runOneOff(docker, { ...likeService(facts, like, atTerminal()), ...about });
  });
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("run")
    .description("run a command in a container of its own, like a service's, gone when it ends")
    .argument("<stack>", "environment")
    .argument("<service>", "service, such as app: its image, variables, secrets, volumes, limits")
    .argument("<command...>", "command, behind -- where it has flags; the image's entry point gets it")
    .addOption(
      new Option("--as <login>", "the owner's login in the variables of the database").choices(["owner"]),
    )
    .option("--entrypoint <program>", "program in the place of the image's entry point")
    .option(...yesOption)
    .action(async (stack: string, service: string, command: string[], options: { as?: "owner" }) => {
      process.exitCode = await run(stack, service, command, merged(options));
    });
