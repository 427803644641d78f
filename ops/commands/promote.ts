// `tandem promote`: the very image that one environment serves, proven there, goes to another; nothing is built.

import { openForLook, openForUpdate, type StackOptions } from "../deploy/open-stack.ts";
import { noteEnd } from "../deploy/recovery/open-ends.ts";
import { loadRelease, type Release } from "../deploy/release/definition.ts";
import { type Images, sameImages, servedImages, shownName } from "../deploy/release/images.ts";
import { refusals } from "../deploy/release/promotion-checks.ts";
import { migrationLines, settingLines } from "../deploy/release/promotion-plan.ts";
import { type NamedImage, nameImages, redeploy } from "../deploy/release/redeploy.ts";
import { readVersions } from "../deploy/release/versions.ts";
import { withDocker } from "../engine/docker-client.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { confirm } from "../engine/prompt.ts";
import { dockerHostOf, type Session } from "../engine/session.ts";
import type { Deployment } from "../engine/state/backend.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { upCommand } from "../engine/systems.ts";
import { type AddCommand, giveWayUnasked, waitOption, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface PromoteOptions extends StackOptions {
  /** Environment whose version is taken. */
  from: string;
  /** Environment that it goes to. */
  to: string;
  /** Don't ask. */
  yes?: boolean;
}

/** One of the two environments. */
interface Side {
  session: Session;
  release: Release;
  deployment: Deployment;
  images: Images;
}

async function open(stack: string, change: boolean, options: PromoteOptions): Promise<Side> {
  const release = await loadRelease(loadProject(options.project), stack);
  const session = await (change ? openForUpdate : openForLook)(stack, options);
  const deployment = (await currentDeployment(session)) ?? {};
  return { session, release, deployment, images: servedImages(deployment, release.definition) };
}

/** @throws UserError with every reason that speaks against it. */
async function requireGood(from: Side, to: string): Promise<void> {
  const { session, release } = from;
  const versions = await readVersions(session, release.definition);
  const { promoteAfter } = (await loadRelease(session.project, to)).values;
  const targetHost = dockerHostOf(session.project, loadStackFile(session.project, to));
  const found = await withDocker(dockerHostOf(session.project, session.file), (docker) =>
    refusals(
      {
        ...from,
        versions,
        healthyForSeconds: typeof promoteAfter === "number" ? promoteAfter : 0,
        targetHost,
      },
      docker,
    ),
  );
  if (found.length === 0) return;
  const lines = found.map(({ code, reason }) => `  ${code}: ${reason}`).join("\n");
  throw new UserError(
    `what ${session.stack} serves is not promoted to ${to}:\n${lines}`,
    "nothing was done; fix this and try again",
  );
}

/** What is about to happen, in words. */
async function planLines(from: Side, to: Side, named: Record<string, NamedImage>): Promise<string[]> {
  const lines = Object.entries(named).flatMap(([setting, { reference, facts }]) => {
    const about = [facts.version, facts.commit].filter((text) => text !== undefined).join(", commit ");
    return [
      `${setting}: ${to.images[setting] ?? "(none)"} → ${reference}`,
      `  ${shownName(facts)} ${about}`.trimEnd(),
    ];
  });
  const settings = settingLines(from.release.values, to.release.values, Object.keys(from.images));
  lines.push("settings that differ, and stay as they are:", ...settings.map((line) => `  ${line}`));
  const migrations = await withDocker(dockerHostOf(to.session.project, to.session.file), (docker) =>
    migrationLines(docker, from.images, from.deployment, to.deployment),
  );
  const known = migrations.length === 0 ? ["none known"] : migrations;
  return [...lines, "migrations:", ...known.map((line) => `  ${line}`)];
}

/**
 * Runs the command.
 *
 * @returns the exit code: the engine's; 1 when a smoke test fails afterwards
 * @throws UserError when the version is refused, or it is not confirmed; nothing was done then.
 */
export async function promote(options: PromoteOptions): Promise<number> {
  if (options.from === options.to) {
    throw new UserError(`--from and --to are both ${options.to}`, "name two environments", 2);
  }
  const from = await open(options.from, false, options);
  if (Object.keys(from.images).length < Object.keys(from.release.definition.images).length) {
    throw new UserError(
      `what ${options.from} serves is not promoted to ${options.to}:\n  not-deployed: ${options.from} serves no version`,
      `bring it up first: ${upCommand(from.session.project, options.from)}`,
    );
  }
  await requireGood(from, options.to);
  const to = await open(options.to, true, options);
  if (sameImages(from.images, to.images)) {
    noteEnd(to.session);
    process.stdout.write(`${options.to} serves the image of ${options.from} already; nothing was done\n`);
    return 0;
  }
  const named = await nameImages(
    from.session,
    from.images,
    `promoted from ${options.from}`,
    `bring it up again first: ${upCommand(from.session.project, options.from)}`,
  );
  process.stdout.write(`${(await planLines(from, to, named)).join("\n")}\n`);
  if (options.yes !== true) await confirm(`Bring this to ${options.to}?`, "--yes");
  const { session, release } = to;
  const deed = `promotion from ${options.from}`;
  return await redeploy({
    session,
    release,
    images: from.images,
    named,
    deed,
    what: `the image of ${options.from}`,
  });
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("promote")
    .hook("preAction", giveWayUnasked)
    .description("bring the very image that one environment serves, proven there, to another")
    .option("--from <stack>", "environment that serves it", "staging")
    .option("--to <stack>", "environment that it goes to", "production")
    .option(...yesOption)
    .option(...waitOption)
    .action(async (options: { from: string; to: string; wait: number }) => {
      process.exitCode = await promote(merged(options));
    });
