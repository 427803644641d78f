// `tandem seed`: staging gets production's rows, every one masked; no original leaves production's host.
import type Docker from "dockerode";
import { readSystem } from "../../infra/check/index.ts";
import type { SeedDefinition } from "../../infra/settings/seed.ts";
import { copyBetween } from "../../provider/postgres/dump-transfer.ts";
import { restoreTo } from "../../provider/postgres/restore-database.ts";
import {
  adoptRestorePoint,
  listRestorePoints,
  removeRestorePoint,
  restorePointName,
} from "../../provider/postgres/restore-point.ts";
import { deploy } from "../deploy/deploy.ts";
import { openForChange, openForLook, type StackOptions } from "../deploy/open-stack.ts";
import { loadRelease } from "../deploy/release/definition.ts";
import { forgetMigrations, RECONNECT_SECONDS } from "../deploy/release/restore.ts";
import { runSmokeTests, smokeLines } from "../deploy/release/smoke-tests.ts";
import { type Column, columnsOf, definitionProblems } from "../deploy/seed/columns.ts";
import { withMaskedCopy } from "../deploy/seed/masked-copy.ts";
import { maskCounts } from "../deploy/seed/masks.ts";
import { type DatabasePair, databasePairs, matchingRoles, unpaired } from "../deploy/seed/pairs.ts";
import { skeleton } from "../deploy/seed/skeleton.ts";
import { withDocker } from "../engine/docker-client.ts";
import { UserError } from "../engine/errors.ts";
import { stackOutputs } from "../engine/inventory.ts";
import { countsAsProduction, loadProject, loadStackFile, type Project } from "../engine/project.ts";
import { confirm } from "../engine/prompt.ts";
import { say } from "../engine/say.ts";
import { dockerHostOf, type Session } from "../engine/session.ts";
import type { Deployment } from "../engine/state/backend.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { stackCommand, upCommand } from "../engine/systems.ts";
import { type AddCommand, giveWayUnasked, waitOption, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface SeedOptions extends StackOptions {
  /** Environment that the rows come from. */
  from: string;
  /** Don't ask. */
  yes?: boolean;
  /** Only write down a definition. */
  init?: boolean;
}

/** One of the two environments. */
interface Side {
  session: Session;
  deployment: Deployment;
  dockerHost: string | undefined;
}

/** A database with its counterpart, and what is known of its columns. */
interface Plan extends DatabasePair {
  columns: Column[];
}

function refuseProduction(project: Project, stack: string, from: string): void {
  if (stack === from) throw new UserError(`rows of ${from} can't go to ${from}`, "name two environments", 2);
  if (!countsAsProduction(stack, loadStackFile(project, stack))) return;
  throw new UserError(
    `${stack} is production: its rows are never replaced by a copy`,
    `for a restore point of its own: ${stackCommand(project, "rollback", stack)} --database`,
    2,
  );
}

async function definitionOf(project: Project, from: string, stack: string): Promise<SeedDefinition> {
  const definition = (await readSystem(project.directory, from))?.seed;
  if (definition !== undefined) return definition;
  throw new UserError(
    `${project.name} does not say how production's rows are masked`,
    `give its settings a \`seed\`; this writes a first one: ${stackCommand(project, "seed", stack)} --init`,
    2,
  );
}

async function open(stack: string, change: boolean, options: SeedOptions): Promise<Side> {
  const session = await (change ? openForChange : openForLook)(stack, options);
  const deployment = (await currentDeployment(session)) ?? {};
  return { session, deployment, dockerHost: dockerHostOf(session.project, session.file) };
}

/** @throws UserError where an environment has no database here, or a column of one is not named. */
async function plan(source: Docker, from: Side, to: Side, definition: SeedDefinition): Promise<Plan[]> {
  const pairs = databasePairs(from.deployment, to.deployment);
  if (pairs.length === 0) {
    throw new UserError(
      `${from.session.stack} and ${to.session.stack} have no database in common that is in a container of its own and changed by a service's migration`,
      "bring both up first; a managed server, or the database of an application that migrates by itself, is seeded with tools of its own",
    );
  }
  for (const name of unpaired(to.deployment, pairs))
    say(`${name} is left as it is: no service's migration changes it`);
  const plans = [];
  for (const pair of pairs) plans.push({ ...pair, columns: await columnsOf(source, pair.from) });
  const problems = plans.flatMap(({ columns }) => definitionProblems(definition, columns));
  if (problems.length === 0) return plans;
  throw new UserError(
    `the seed of ${from.session.project.name} does not say what becomes of every column of ${from.session.stack}; ` +
      `nothing was copied:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
    "name each in the system's seed definition (infra/settings/seed.ts)",
    2,
  );
}

/** Prints a definition for what an environment has; the system's own word on a column stays. */
async function propose(project: Project, options: SeedOptions): Promise<number> {
  const known = (await readSystem(project.directory, options.from))?.seed;
  const { session, deployment, dockerHost } = await open(options.from, false, options);
  const databases = databasePairs(deployment, deployment).map(({ from }) => from);
  if (databases.length === 0) {
    throw new UserError(
      `${session.stack} has no database in a container of its own`,
      `bring it up first: ${upCommand(project, session.stack)}`,
    );
  }
  const columns = await withDocker(dockerHost, async (docker) =>
    Promise.all(databases.map((database) => columnsOf(docker, database))),
  );
  process.stdout.write(skeleton(columns.flat(), known));
  say("write it into a file of the system, read every line, and name it as `seed` in its settings");
  return 0;
}

/** Brings one database over; until its last moment the one that is replaced serves as it is. */
async function copy(
  { source, target }: { source: Docker; target: Docker },
  { from, to, columns }: Plan,
  sides: { from: Side; to: Side },
  definition: SeedDefinition,
): Promise<string> {
  const { stack, project } = sides.from.session;
  const { masked, emptied } = maskCounts(definition, columns);
  const now = new Date();
  const name = restorePointName(`from-${stack}`, now);
  return await withMaskedCopy(
    {
      docker: source,
      system: project.name,
      environment: stack,
      database: from,
      definition,
      roles: matchingRoles(sides.from.deployment, sides.to.deployment),
      say,
    },
    async (dump) => {
      const { bytes, sha256, tables } = dump;
      say(`${from.name}: ${masked} columns masked, ${emptied} tables emptied, no original found in the copy`);
      const point = { name, database: to.name, createdAt: now.toISOString(), bytes, sha256, tables };
      await adoptRestorePoint(target, to, point, (path) =>
        copyBetween(dump, { docker: target, containerId: to.containerId, path }, "postgres"),
      );
      const replaced = await restoreTo(target, to, point, say);
      // The newest copy is enough: another takes a minute.
      for (const { name: older } of await listRestorePoints(target, to)) {
        if (older !== name && older.endsWith(`-from-${stack}`)) await removeRestorePoint(target, to, older);
      }
      await forgetMigrations(sides.to.session, { database: to, point });
      return replaced.name;
    },
  );
}

/**
 * Runs the command.
 *
 * @param stack environment whose rows are replaced
 * @returns the exit code: the engine's, of the `up` that brings the tables forward; 1 when a smoke test fails afterwards
 * @throws UserError when it is refused or not confirmed; nothing was done then.
 */
export async function seed(stack: string, options: SeedOptions): Promise<number> {
  const project = loadProject(options.project);
  if (options.init) return await propose(project, options);
  refuseProduction(project, stack, options.from);
  const definition = await definitionOf(project, options.from, stack);
  const release = await loadRelease(project, stack);
  const from = await open(options.from, false, options);
  const to = await open(stack, true, options);
  const replaced: string[] = [];
  await withDocker(from.dockerHost, (source) =>
    withDocker(to.dockerHost, async (target) => {
      const plans = await plan(source, from, to, definition);
      if (options.yes !== true) {
        const names = plans.map(({ to: { name } }) => name).join(", ");
        const question = `Replace all rows of ${names} by masked rows of ${options.from}? What is there now is kept.`;
        await confirm(question, "--yes");
      }
      for (const each of plans) replaced.push(await copy({ source, target }, each, { from, to }, definition));
    }),
  );
  // Production's tables may be older than this environment's image wants.
  const code = await deploy(to.session, `seed from ${options.from}`);
  if (code !== 0) {
    say(
      `${stack} has the rows, but its migrations did not run: fix the cause, then \`${upCommand(project, stack)}\``,
    );
    return code;
  }
  const outputs = stackOutputs(await currentDeployment(to.session));
  const results = await runSmokeTests(to.session, release, outputs, RECONNECT_SECONDS);
  const lines = smokeLines(results).map((line) => `  ${line}\n`);
  process.stdout.write(`\n${stack} has the rows of ${options.from}, masked. Smoke tests:\n${lines.join("")}`);
  for (const name of replaced) {
    process.stdout.write(
      `What was there is kept: ${stackCommand(project, "rollback", stack)} --database ${name}\n`,
    );
  }
  return results.every(({ ok }) => ok) ? 0 : 1;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("seed")
    .hook("preAction", giveWayUnasked)
    .description("give an environment production's rows, every one masked; what it had is kept")
    .argument("[stack]", "environment", "staging")
    .option("--from <stack>", "environment that the rows come from", "production")
    .option("--init", "only print a definition of what becomes of each column, to begin with")
    .option(...yesOption)
    .option(...waitOption)
    .action(async (stack: string, options: { from: string; wait: number }) => {
      process.exitCode = await seed(stack, merged(options));
    });
