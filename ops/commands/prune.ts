// `tandem prune`: removes the images of earlier versions that no rollback needs any more, from the environments' Docker hosts.
import { noRelease } from "../deploy/release/definition.ts";
import { imageFacts, shownName } from "../deploy/release/images.ts";
import {
  environmentsBeside,
  environmentsOf,
  type KnownImages,
  knownImages,
} from "../deploy/release/known-images.ts";
import { type Judged, judge, removeImage } from "../deploy/release/unneeded-images.ts";
import { withDocker } from "../engine/docker-client.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject, type Project } from "../engine/project.ts";
import { confirm } from "../engine/prompt.ts";
import { renderTable } from "../engine/table.ts";
import { type AddCommand, wholeNumber, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface PruneOptions {
  project?: string;
  /** Versions of each environment whose images stay, the serving one included. */
  keep: number;
  yes?: boolean;
}

/** Those of one host. */
async function unneededOn(
  host: string | undefined,
  { named, needed, all, repositories }: KnownImages,
): Promise<Judged[]> {
  return await withDocker(host, async (docker) => {
    const now = await Promise.all([...named].map((reference) => imageFacts(docker, reference)));
    const stay = new Set([...needed, ...now.map((image) => image?.id)]);
    return await judge(
      docker,
      [...all].filter((id) => !stay.has(id)),
      repositories,
    );
  });
}

/** The images that no environment needs, by host. */
async function unneeded(project: Project, keep: number): Promise<Map<string | undefined, Judged[]>> {
  const own = await environmentsOf(project);
  if (own.length === 0) throw noRelease(project);
  const facts = await knownImages(own, await environmentsBeside(project), keep);
  const found = new Map<string | undefined, Judged[]>();
  for (const host of facts.hosts) found.set(host, await unneededOn(host, facts));
  return found;
}

const row = ({ image, bytes, stays }: Judged) => [
  shownName(image),
  `${Math.round(bytes / 1024 / 1024)} MiB`,
  stays === undefined ? "goes" : `stays: ${stays}`,
];

/**
 * Runs the command.
 *
 * @returns the exit code: 1 where an image couldn't be removed
 * @throws UserError where it isn't known what is needed, or it isn't confirmed
 */
export async function prune(options: PruneOptions): Promise<number> {
  const project = loadProject(options.project);
  if (options.keep < 1) throw new UserError("--keep is 0: what serves is always kept", "give 1 or more", 2);
  let found = await unneeded(project, options.keep);
  const all = [...found.values()].flat();
  const going = all.filter(({ stays }) => stays === undefined);
  if (all.length > 0) process.stdout.write(`${renderTable(["image", "size", ""], all.map(row))}\n`);
  if (going.length === 0) {
    process.stdout.write("nothing to remove\n");
    return 0;
  }
  if (options.yes !== true) {
    const back = options.keep - 1;
    const reach =
      back === 0 ? "No rollback is possible then" : `A rollback then reaches ${back} versions back`;
    await confirm(`Remove ${going.length} of them? ${reach}.`, "--yes");
    // While it was asked, somebody may have gone back to one of them.
    found = await unneeded(project, options.keep);
  }
  const shown = new Set(going.map(({ image }) => image.id));
  let removed = 0;
  let failed = 0;
  for (const [host, images] of found) {
    await withDocker(host, async (docker) => {
      for (const { image, stays } of images) {
        if (stays !== undefined || !shown.has(image.id)) continue;
        try {
          await removeImage(docker, image);
          removed++;
        } catch (error) {
          failed++;
          process.stderr.write(`${shownName(image)} stays: ${(error as Error).message}\n`);
        }
      }
    });
  }
  process.stdout.write(`${removed} removed\n`);
  return failed === 0 ? 0 : 1;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("prune")
    .description("remove images of earlier versions that no rollback needs")
    .option(
      "--keep <versions>",
      "versions of each environment that stay, the serving one included",
      wholeNumber,
      5,
    )
    .option(...yesOption)
    .action(async (options: { keep: number; yes?: boolean }) => {
      process.exitCode = await prune(merged(options));
    });
