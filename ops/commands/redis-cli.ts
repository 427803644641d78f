// `tandem redis-cli`: redis-cli on an environment's Redis, with the application's login.
import { SECRETS_DIR } from "../../lib/docker/writable.ts";
import { confirmWriting } from "../engine/confirm-writing.ts";
import { besideServer, chosen } from "../engine/containers/client.ts";
import { runOneOff } from "../engine/containers/one-off.ts";
import { CLIENT_USER, clientContainer } from "../engine/containers/one-off-options.ts";
import { atTerminal } from "../engine/containers/terminal.ts";
import { withDocker } from "../engine/docker-client.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { dockerHostOf, openSession } from "../engine/session.ts";
import { redisIn } from "../engine/state/logins.ts";
import { plainResources } from "../engine/state/plain-state.ts";
import { type AddCommand, partWords, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface RedisCliOptions {
  project?: string;
  /** Don't ask. */
  yes?: boolean;
}

const PASSWORD_FILE = `${SECRETS_DIR}/redis_password`;
/** redis-cli reads a password from a variable and from no file; here the variable is of its process alone. */
const WITH_PASSWORD = `REDISCLI_AUTH=$(cat ${PASSWORD_FILE}) && export REDISCLI_AUTH && exec redis-cli "$@"`;

/**
 * Runs the command.
 *
 * @param name the Redis' component; not needed where there is one
 * @param words redis-cli's own arguments
 * @returns redis-cli's exit code
 * @throws UserError when there is no such Redis, its server doesn't run, or it is not confirmed.
 */
export async function redisCli(
  stack: string,
  name: string | undefined,
  words: readonly string[],
  options: RedisCliOptions,
): Promise<number> {
  const project = loadProject(options.project);
  const file = loadStackFile(project, stack);
  await confirmWriting(stack, file, "The application's login", options.yes === true);
  const session = openSession(project, stack, file);
  const resources = await plainResources(session);
  const redis = chosen(redisIn(resources), name, session, "Redis");
  return await withDocker(dockerHostOf(project, file), async (docker) => {
    const { server = "", ...place } = await besideServer(docker, session, resources, redis.container);
    const login = ["-h", server, "--user", redis.username];
    const command = ["sh", "-c", WITH_PASSWORD, "redis-cli", ...login, ...words] as const;
    const environment = { REDISCLI_HISTFILE: "/dev/null" };
    return await runOneOff(docker, {
      ...clientContainer({ ...place, command: [...command], environment }, atTerminal()),
      ...{ system: project.name, environment: stack, purpose: "redis-cli" },
      files: { [PASSWORD_FILE]: redis.password },
      filesOwner: CLIENT_USER,
    });
  });
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("redis-cli")
    .description("redis-cli on an environment's Redis, with the application's login")
    .argument("<stack>", "environment")
    .argument("[words...]", "the Redis' component where there are several; redis-cli's arguments behind --")
    .option(...yesOption)
    .action(async (stack: string, words: string[], options: object) => {
      const { name, behind } = partWords(words);
      process.exitCode = await redisCli(stack, name, behind, merged(options));
    });
