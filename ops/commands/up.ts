// `tandem up`: prepares the machine, checks the settings, runs `pulumi up`, and tells where the environment answers.
import { formatSeconds } from "../../setup/durations.ts";
import { deploy } from "../deploy/deploy.ts";
import { openForUpdate, type StackOptions } from "../deploy/open-stack.ts";
import { goneImages, lookedUpImages } from "../deploy/recovery/gone-images.ts";
import { findLeftOver, type LeftOver } from "../deploy/recovery/left-over.ts";
import { tellServing } from "../deploy/recovery/tell-serving.ts";
import { withDocker } from "../engine/docker-client.ts";
import { addressOf, changes, curlCommand, inventory, stackOutputs } from "../engine/inventory.ts";
import { say } from "../engine/say.ts";
import { listServices } from "../engine/services.ts";
import { dockerHostOf, remoteDockerHost, type Session } from "../engine/session.ts";
import type { Deployment } from "../engine/state/backend.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { upCommand } from "../engine/systems.ts";
import { type AddCommand, giveWay, waitOption, yesOption } from "./command-line.ts";

/** The official images that a stand-in took the place of, in what runs: nobody should take one for the other. */
async function standIns({ project, stack, file }: Session): Promise<string[]> {
  const services = await withDocker(dockerHostOf(project, file), (docker) =>
    listServices(docker, project.name, stack),
  );
  const lines = services
    .filter(({ standIn }) => standIn)
    .map(({ image, standInNote }) => `  stand-in   ${image}: ${standInNote ?? "built on this machine"}`);
  return [...new Set(lines)];
}

function report(session: Session, before: Deployment | undefined, after: Deployment | undefined): string {
  const address = addressOf(stackOutputs(after));
  const { made, removed } = changes(before, after);
  const curl = curlCommand(address);
  const host = remoteDockerHost(session.project, session.file);
  const lines = [
    `${session.stack} of ${session.project.name}: ${inventory(after?.resources ?? [])}`,
    ...(made === "" ? [] : [`  made       ${made}`]),
    ...(removed === "" ? [] : [`  removed    ${removed}`]),
    ...(made === "" && removed === "" ? ["  nothing was made or removed"] : []),
    ...address.urls.map((url) => `  answers at ${url}`),
    ...(address.hostname === undefined ? [] : [`  hostname   ${address.hostname}`]),
    ...(curl === undefined ? [] : [`  try        ${host === undefined ? curl : `${curl} (on ${host})`}`]),
  ];
  return lines.join("\n");
}

/** Names may be taken by things which the state doesn't know. */
function tellLeftOver({ stack }: Session, { needed, removals }: LeftOver): void {
  if (needed.length > 0) {
    say(`these run, carry the labels of ${stack}, and its state doesn't know them: ${needed.join(", ")}.`);
    say("They serve, or what serves may need them, so leave them. Another state knows them: look for it in");
    say("TANDEM_HOME and PULUMI_BACKEND_URL of whoever deployed them, or in a backup.");
  }
  if (removals.length === 0) return;
  say(`these carry the labels of ${stack}, but its state doesn't know them. If nobody else keeps a state`);
  say("for this environment, they are left over from a lost run, and this removes them:");
  for (const command of removals) say(`  ${command}`);
}

/** After a failure: what on the host is a likely cause, which the engine's own messages don't name. */
async function tellCauses(session: Session): Promise<void> {
  try {
    const deployment = await currentDeployment(session);
    const host = dockerHostOf(session.project, session.file);
    for (const gone of await goneImages(host, lookedUpImages(deployment))) say(gone);
    tellLeftOver(session, await findLeftOver(session, deployment));
  } catch (error) {
    // The engine's own failure counts; this was only to help.
    say(`could not look for the cause: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Runs the command.
 *
 * @returns the exit code: the engine's.
 * @throws UserError when it can't begin.
 */
export async function up(stack: string, options: StackOptions): Promise<number> {
  const begin = Date.now();
  const session = await openForUpdate(stack, options);
  const before = await currentDeployment(session);
  const code = await deploy(session, "up");
  const took = formatSeconds((Date.now() - begin) / 1000);
  if (code !== 0) {
    if (code > 128) {
      say(`interrupted after ${took}; run \`${upCommand(session.project, stack)}\` again to go on from here`);
      return code;
    }
    say(`${stack} is not up: the engine ended with exit code ${code} after ${took}; its messages are above`);
    await tellServing(session);
    say(`fix the cause and run \`${upCommand(session.project, stack)}\` again`);
    await tellCauses(session);
    return code;
  }
  const lines = [report(session, before, await currentDeployment(session)), ...(await standIns(session))];
  process.stdout.write(`\n${lines.join("\n")}\n  took       ${took}\n`);
  return 0;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("up")
    .hook("preAction", giveWay)
    .description("bring an environment up, or up to date; prepares the machine first")
    .argument("[stack]", "environment", "staging")
    .option(...yesOption)
    .option(...waitOption)
    .action(async (stack: string, options: { wait: number }) => {
      process.exitCode = await up(stack, merged(options));
    });
