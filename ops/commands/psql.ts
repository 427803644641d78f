// `tandem psql`: psql on an environment's database, with one of its own logins.

import { Option } from "commander";
import { SECRETS_DIR } from "../../lib/docker/writable.ts";
import { confirmWriting } from "../engine/confirm-writing.ts";
import { besideServer, besideServices, certificatesOf, chosen } from "../engine/containers/client.ts";
import { runOneOff } from "../engine/containers/one-off.ts";
import { CLIENT_USER, clientContainer } from "../engine/containers/one-off-options.ts";
import { serverAddress } from "../engine/containers/server-address.ts";
import { atTerminal } from "../engine/containers/terminal.ts";
import { withDocker } from "../engine/docker-client.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { dockerHostOf, openSession } from "../engine/session.ts";
import {
  type Credentials,
  type DatabaseAccess,
  databasesIn,
  type LoginName,
} from "../engine/state/logins.ts";
import { plainResources } from "../engine/state/plain-state.ts";
import { type AddCommand, partWords, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface PsqlOptions {
  project?: string;
  /** Whose login. */
  as: LoginName;
  /** Don't ask. */
  yes?: boolean;
}

const PASSWORD_FILE = `${SECRETS_DIR}/pgpass`;
const CA_FILE = `${SECRETS_DIR}/postgres-ca.pem`;

/** A line of libpq's password file, for whatever the client connects to: it has this one password only. */
export function passwordLine(password: string): string {
  return `*:*:*:*:${password.replace(/[\\:]/g, "\\$&")}\n`;
}

/** What libpq is told besides the password. */
export function connectionVariables(
  { database, managed }: Pick<DatabaseAccess, "database" | "managed">,
  { username }: Pick<Credentials, "username">,
  { host, port }: { host: string; port: string },
  hasCertificates: boolean,
): Record<string, string> {
  const sslmode = managed?.sslmode ?? "disable";
  // libpq looks for certificates in the home folder unless it is told to take the system's.
  const root: Record<string, string> = sslmode.startsWith("verify")
    ? { PGSSLROOTCERT: hasCertificates ? CA_FILE : "system" }
    : {};
  return {
    PGHOST: host,
    PGPORT: port,
    PGDATABASE: database,
    PGUSER: username,
    PGPASSFILE: PASSWORD_FILE,
    PGAPPNAME: "tandem psql",
    PGSSLMODE: sslmode,
    ...root,
  };
}

/**
 * Runs the command.
 *
 * @param name the database's component; not needed where there is one
 * @param words psql's own arguments
 * @returns psql's exit code
 * @throws UserError when there is no such database, its server doesn't run, or it is not confirmed.
 */
export async function psql(
  stack: string,
  name: string | undefined,
  words: readonly string[],
  options: PsqlOptions,
): Promise<number> {
  const project = loadProject(options.project);
  const file = loadStackFile(project, stack);
  if (options.as !== "readonly")
    await confirmWriting(stack, file, `The ${options.as}'s login`, options.yes === true);
  const session = openSession(project, stack, file);
  const resources = await plainResources(session);
  const database = chosen(databasesIn(resources), name, session, "database");
  const login = database.logins[options.as];
  if (login === undefined) {
    throw new UserError(
      `${database.component} of ${stack} has no login for ${options.as}`,
      `logins that it has: ${Object.keys(database.logins).join(", ")}`,
      2,
    );
  }
  return await withDocker(dockerHostOf(project, file), async (docker) => {
    const { container } = database;
    const place =
      container === undefined
        ? await besideServices(docker, session, resources, database)
        : await besideServer(docker, session, resources, container);
    const address = await serverAddress(docker, database);
    const certificates = certificatesOf(session, database);
    const environment = connectionVariables(database, login, address, certificates !== undefined);
    const client = { ...place, environment, command: ["psql", ...words] as [string, ...string[]] };
    return await runOneOff(docker, {
      ...clientContainer(client, atTerminal()),
      ...{ system: project.name, environment: stack, purpose: "psql" },
      files: {
        [PASSWORD_FILE]: passwordLine(login.password),
        ...(certificates === undefined ? {} : { [CA_FILE]: certificates }),
      },
      filesOwner: CLIENT_USER,
    });
  });
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("psql")
    .description("psql on an environment's database")
    .argument("<stack>", "environment")
    .argument("[words...]", "the database's component where there are several; psql's arguments behind --")
    .addOption(
      new Option("--as <login>", "the database's login").choices(["app", "owner", "readonly"]).default("app"),
    )
    .option(...yesOption)
    .action(async (stack: string, words: string[], options: { as: "app" | "owner" | "readonly" }) => {
      const { name, behind } = partWords(words);
      process.exitCode = await psql(stack, name, behind, merged(options));
    });
