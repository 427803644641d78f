// Deploys images that are there already, for rollback and promotion: named in the stack file, brought up as any change is,
// compared with what was meant, and tested.
import { formatSeconds } from "../../../setup/durations.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { UserError } from "../../engine/errors.ts";
import { stackOutputs } from "../../engine/inventory.ts";
import { loadStackFile } from "../../engine/project.ts";
import { say } from "../../engine/say.ts";
import { dockerHostOf, openSession, type Session } from "../../engine/session.ts";
import { currentDeployment } from "../../engine/state/state-transfer.ts";
import { stackCommand } from "../../engine/systems.ts";
import { deploy } from "../deploy.ts";
import { tellServing } from "../recovery/tell-serving.ts";
import type { Release } from "./definition.ts";
import { type NewImage, writeImages } from "./image-setting.ts";
import {
  type ImageFacts,
  type Images,
  imageFacts,
  lastingName,
  sameImages,
  servedImages,
  shownName,
} from "./images.ts";
import { runSmokeTests, smokeLines } from "./smoke-tests.ts";

/** An image as the stack file is to name it, with what the Docker host knows of it. */
export interface NamedImage extends NewImage {
  facts: ImageFacts;
}

/**
 * Finds a lasting name for each image on the session's Docker host.
 *
 * @param origin where they come from, for the comment in the stack file
 * @param fix what to do where one is gone
 * @throws UserError when one is no longer there.
 */
export async function nameImages(
  { project, file }: Session,
  images: Images,
  origin: string,
  fix: string,
): Promise<Record<string, NamedImage>> {
  return await withDocker(dockerHostOf(project, file), async (docker) => {
    const entries: [string, NamedImage][] = [];
    for (const [setting, id] of Object.entries(images)) {
      const facts = await imageFacts(docker, id);
      if (facts === undefined) {
        throw new UserError(`the image ${id} (${setting}; ${origin}) is no longer on the Docker host`, fix);
      }
      const comment = `${shownName(facts)}, ${origin}`;
      entries.push([setting, { reference: lastingName(facts), comment, facts }]);
    }
    return Object.fromEntries(entries);
  });
}

/** What to deploy. */
export interface Redeployment {
  /** The environment that it goes to; nobody else may change it. */
  session: Session;
  release: Release;
  images: Images;
  named: Readonly<Record<string, NamedImage>>;
  /** How the history calls it. */
  deed: string;
  /** What the images are, for the report: `version 3`, `the image of staging`. */
  what: string;
}

/**
 * Brings the images up, looks whether they are what serves, and runs the smoke tests.
 *
 * @returns the engine's exit code; 1 when a smoke test fails
 * @throws UserError when something else serves afterwards.
 */
export async function redeploy({
  session,
  release,
  images,
  named,
  deed,
  what,
}: Redeployment): Promise<number> {
  const begin = Date.now();
  const { project, stack, file } = session;
  const command = (verb: string) => `\`${stackCommand(project, verb, stack)}\``;
  const undo = writeImages(project, file.path, named);
  const next = openSession(project, stack, loadStackFile(project, stack));
  const code = await deploy(next, deed);
  const took = formatSeconds((Date.now() - begin) / 1000);
  if (code !== 0) {
    undo();
    say(
      `${stack} did not change over to ${what}: the engine ended with exit code ${code}; its messages are above`,
    );
    await tellServing(next);
    say(`${file.path} is as it was before; ${command("up")} brings all of ${stack} back to it`);
    return code;
  }
  const deployment = (await currentDeployment(next)) ?? {};
  if (!sameImages(servedImages(deployment, release.definition), images)) {
    throw new UserError(`${stack} does not serve ${what} afterwards`, `see ${command("history")}`);
  }
  const results = await runSmokeTests(next, release, stackOutputs(deployment));
  const lines = smokeLines(results).map((line) => `  ${line}\n`);
  process.stdout.write(`\n${stack} serves ${what}, after ${took}. Smoke tests:\n${lines.join("")}`);
  say(`${file.path} now names what serves; commit it`);
  const failed = results.filter(({ ok }) => !ok).length;
  if (failed === 0) return 0;
  say(`${failed} of ${results.length} smoke tests failed: look at ${command("logs")};`);
  say(`${command("rollback")} goes back to the version before`);
  return 1;
}
