// `tandem exec`: a command, or a shell, in a running container of a service.
import type Docker from "dockerode";
import { exec as ask } from "../../provider/docker/containers.ts";
import { confirmWriting } from "../engine/confirm-writing.ts";
import { runInContainer } from "../engine/containers/exec-process.ts";
import { nameOf, serviceContainers } from "../engine/containers/service-containers.ts";
import { withDocker } from "../engine/docker-client.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { say } from "../engine/say.ts";
import { dockerHostOf } from "../engine/session.ts";
import { stackCommand, upCommand } from "../engine/systems.ts";
import { type AddCommand, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface ExecOptions {
  project?: string;
  /** Don't ask. */
  yes?: boolean;
}

/** Exit codes of shells and of Docker for a program that can't be run, or isn't there. */
const NOT_RUN = [126, 127];
/** User of a database server's container, whom the server takes for its administrator without a password. */
const ADMINISTRATOR = "postgres";
/** Finds the best shell that there is. */
const FIND_SHELL = "command -v bash || command -v sh";

async function shellOf(docker: Docker, id: string): Promise<string | undefined> {
  const { exitCode, stdout } = await ask(docker, id, ["sh", "-c", FIND_SHELL]);
  return exitCode === 0 ? stdout.trim().split("\n")[0] : undefined;
}

/** Runs the command. @returns its exit code @throws UserError when there is no such service, nothing to run in it, or it is not confirmed. */
export async function exec(
  stack: string,
  service: string,
  command: readonly string[],
  options: ExecOptions,
): Promise<number> {
  const project = loadProject(options.project);
  const file = loadStackFile(project, stack);
  return await withDocker(dockerHostOf(project, file), async (docker) => {
    const containers = await serviceContainers(docker, project, stack, service);
    const running = containers.filter(({ State }) => State === "running");
    const [chosen] = running;
    if (chosen === undefined) {
      throw new UserError(
        `no container of ${service} runs in ${stack}: ${containers.map(nameOf).join(", ")} stopped`,
        `look at \`${stackCommand(project, "logs", stack)} ${service}\`, or bring it up: \`${upCommand(project, stack)}\``,
      );
    }
    const facts = await docker.getContainer(chosen.Id).inspect();
    if (facts.Config.User === ADMINISTRATOR)
      await confirmWriting(stack, file, "The administrator of its databases", options.yes === true);
    if (running.length > 1) say(`${running.length} containers of ${service} run; this is ${nameOf(chosen)}`);
    const words = command.length > 0 ? command : [await shellOf(docker, chosen.Id)];
    const [program, ...rest] = words;
    if (program === undefined) {
      throw new UserError(
        `the image of ${service} has no shell`,
        `name a program that it has: ${stackCommand(project, "exec", stack)} ${service} -- <program> <arguments>`,
        127,
      );
    }
    const code = await runInContainer(docker, chosen.Id, [program, ...rest.map(String)]);
    if (NOT_RUN.includes(code)) say(`exit code ${code}: has the image of ${service} a program "${program}"?`);
    return code;
  });
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("exec")
    .description("run a command in a container of a service that runs; a shell without one")
    .argument("<stack>", "environment")
    .argument("<service>", "service, such as app")
    .argument("[command...]", "command, behind -- where it has flags: exec staging app -- ls -l")
    .option(...yesOption)
    .action(async (stack: string, service: string, command: string[], options: object) => {
      process.exitCode = await exec(stack, service, command, merged(options));
    });
