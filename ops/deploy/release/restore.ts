// The database half of `tandem rollback`: which restore point, restored, tested, and remembered in the state.

import type Docker from "dockerode";
import { types } from "../../../lib/resource-types.ts";
import { restoreTo } from "../../../provider/postgres/restore-database.ts";
import {
  type DumpedDatabase,
  listRestorePoints,
  type RestorePoint,
} from "../../../provider/postgres/restore-point.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { UserError } from "../../engine/errors.ts";
import { stackOutputs } from "../../engine/inventory.ts";
import { confirm } from "../../engine/prompt.ts";
import { say } from "../../engine/say.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";
import { exportStack, importStack } from "../../engine/state/state-transfer.ts";
import { stackCommand, upCommand } from "../../engine/systems.ts";
import { noteEnd } from "../recovery/open-ends.ts";
import type { Release } from "./definition.ts";
import { runSmokeTests, smokeLines } from "./smoke-tests.ts";

/** Seconds in which the application may notice that its connections were closed and open new ones. */
export const RECONNECT_SECONDS = 30;

/** The database that a migration changes, on a server in a container; undefined for any other resource. */
export function migratedDatabase({ type, outputs }: StateResource): DumpedDatabase | undefined {
  const database = outputs?.database as { containerId?: unknown; name?: unknown } | undefined;
  if (type !== types.migration || typeof database?.name !== "string") return undefined;
  return { containerId: String(database.containerId), name: database.name };
}

/** The databases that migrations of this stack change, on servers in containers. */
export function migratedDatabases({ resources = [] }: Deployment): DumpedDatabase[] {
  const all = resources.map(migratedDatabase).filter((database) => database !== undefined);
  return [...new Map(all.map((database) => [database.name, database])).values()];
}

/** A restore point and where it is. */
export interface Choice {
  database: DumpedDatabase;
  point: RestorePoint;
}

async function choose(
  docker: Docker,
  stack: string,
  databases: readonly DumpedDatabase[],
  name: string | true,
): Promise<Choice> {
  if (databases.length === 0) {
    throw new UserError(
      `no container of ${stack} holds a database that its migrations change, so there is no restore point`,
      "restore a managed database with the tools of whoever runs it, or write a down migration",
    );
  }
  const all: Choice[] = [];
  for (const database of databases) {
    const points = await listRestorePoints(docker, database);
    all.push(...points.map((point) => ({ database, point })));
  }
  const known = all.map(({ point }) => point.name).join(", ");
  if (known === "") {
    throw new UserError(
      `${stack} has no restore point`,
      "set restorePoints in its stack file: one is then made before each migration",
    );
  }
  const before = all.filter(({ point }) => point.name.endsWith("before-migration"));
  const newest = before.toSorted((one, other) => other.point.name.localeCompare(one.point.name))[0];
  const choice = name === true ? newest : all.find(({ point }) => point.name === name);
  if (choice !== undefined) return choice;
  throw new UserError(`${stack} has no restore point ${name === true ? "" : name}`, `there are: ${known}`, 2);
}

/** Lets the next `up` run the migrations anew: what they did since the restore point is gone. */
export async function forgetMigrations(session: Session, { database, point }: Choice): Promise<void> {
  const exported = await exportStack(session);
  const resources = (exported.deployment.resources ?? []).map((resource) => {
    const changed = resource.outputs?.database as { name?: unknown } | undefined;
    if (resource.type !== types.migration || changed?.name !== database.name) return resource;
    return { ...resource, outputs: { ...resource.outputs, restored: point.name } };
  });
  await importStack(session, { ...exported, deployment: { ...exported.deployment, resources } });
}

/**
 * Restores a database of the stack, after a question.
 *
 * @param name a restore point, or true for the newest that was made before a migration
 * @returns 0, or 1 when a smoke test fails afterwards
 * @throws UserError when there is none, or it is not confirmed; the database is then as it was.
 */
export async function restoreDatabase(
  session: Session,
  release: Release,
  name: string | true,
  yes: boolean,
): Promise<number> {
  const { project, stack, file } = session;
  const { deployment } = await exportStack(session);
  const databases = migratedDatabases(deployment ?? {});
  await withDocker(dockerHostOf(project, file), async (docker) => {
    const choice = await choose(docker, stack, databases, name);
    const { database, point } = choice;
    const rows = `${point.tables} tables, ${Math.round(point.bytes / 1024)} KiB`;
    say(`${point.name} of ${database.name}: ${point.createdAt}, ${rows}`);
    if (!yes) {
      const question = `Replace all rows of ${database.name} by those of ${point.createdAt}? What is there now is kept.`;
      await confirm(question, "--yes");
    }
    const replaced = await restoreTo(docker, database, point, say);
    await forgetMigrations(session, choice);
    noteEnd(session);
    process.stdout.write(
      `\n${database.name} is as it was at ${point.createdAt}. What was there is kept:\n` +
        `  ${stackCommand(project, "rollback", stack)} --database ${replaced.name}\n` +
        `The next \`${upCommand(project, stack)}\` runs the migrations of its image again.\n`,
    );
  });
  const results = await runSmokeTests(session, release, stackOutputs(deployment), RECONNECT_SECONDS);
  process.stdout.write(
    `Smoke tests:\n${smokeLines(results)
      .map((line) => `  ${line}\n`)
      .join("")}`,
  );
  if (results.every(({ ok }) => ok)) return 0;
  say(
    `the version that serves may need the newer tables: go back to an older one with \`${stackCommand(project, "rollback", stack)}\`,`,
  );
  say(`or bring the tables forward with \`${upCommand(project, stack)}\``);
  return 1;
}
