// What a system's environments need of the images on their Docker hosts, and what the repository's other systems do that use images of
// the same names.
import { readSystem } from "../../../infra/check/index.ts";
import { repositoryOf as rootOf, systemsBelow } from "../../../infra/check/projects.ts";
import { SHARED_STACK } from "../../../infra/settings/define.ts";
import { UserError } from "../../engine/errors.ts";
import { loadProject, loadStackFile, type Project, plainSetting, stackNames } from "../../engine/project.ts";
import { dockerHostOf, openSession } from "../../engine/session.ts";
import { repositoryOf, servedOver } from "./unneeded-images.ts";
import { readVersions, type Version } from "./versions.ts";

/** An environment. */
export interface Known {
  /** Docker host, as its program sees it. */
  host: string | undefined;
  /** References of its images by the setting that names them, now. */
  named: Readonly<Record<string, string>>;
  /** Its versions, oldest first. */
  versions(): Promise<readonly Version[]>;
}

/** Images of all environments together. */
export interface KnownImages {
  /** Content addresses that a rollback may need. */
  needed: Set<string>;
  /** Those that versions of this system ever served. */
  all: Set<string>;
  /** References that stack files name now. */
  named: Set<string>;
  /** Names that this system gave its images. */
  repositories: Set<string>;
  hosts: Set<string | undefined>;
}

/**
 * The environments of a system that have images of their own: shared servers have none, nor can a system go back that doesn't say
 * which settings name its images. Other settings may have errors: those of a system that nobody brought up here often lack secrets.
 */
export async function environmentsOf(project: Project): Promise<Known[]> {
  const found: Known[] = [];
  for (const stack of stackNames(project).filter((name) => name !== SHARED_STACK)) {
    const definition = (await readSystem(project.directory, stack))?.release;
    if (definition === undefined) continue;
    const file = loadStackFile(project, stack);
    found.push({
      host: dockerHostOf(project, file),
      named: Object.fromEntries(
        Object.keys(definition.images).flatMap((setting) => {
          const reference = plainSetting(project, file, setting);
          return reference === undefined ? [] : [[setting, reference]];
        }),
      ),
      async versions() {
        const versions = await readVersions(openSession(project, stack, file), definition);
        if (versions.length === 0 || versions.some(({ images }) => images !== undefined)) return versions;
        throw new UserError(
          `the backend of ${project.name} ${stack} does not keep the state of earlier versions, so it isn't known which images are needed`,
          "remove old images by hand, with docker image rm",
        );
      },
    });
  }
  return found;
}

/** The environments of the repository's other systems. */
export async function environmentsBeside(project: Project): Promise<Known[]> {
  const others = systemsBelow(rootOf(project.directory)).filter(({ folder }) => folder !== project.directory);
  return (await Promise.all(others.map(({ folder }) => environmentsOf(loadProject(folder))))).flat();
}

/**
 * All that is known.
 *
 * @param own environments whose images may go
 * @param beside those whose images may be the same ones; asked for their versions where a name is
 * @param keep how many different versions back a rollback may go, the serving one included
 */
export async function knownImages(
  own: readonly Known[],
  beside: readonly Known[],
  keep: number,
): Promise<KnownImages> {
  const result: KnownImages = {
    needed: new Set(),
    all: new Set(),
    named: new Set([...own, ...beside].flatMap(({ named }) => Object.values(named))),
    repositories: new Set(own.flatMap(({ named }) => Object.values(named).map(repositoryOf))),
    hosts: new Set(own.map(({ host }) => host)),
  };
  for (const { named, versions } of own) {
    const all = await versions();
    const served = servedOver(all, keep);
    for (const id of served.needed) result.needed.add(id);
    for (const id of served.all) result.all.add(id);
    for (const { config } of all)
      for (const setting of Object.keys(named)) result.repositories.add(repositoryOf(config[setting] ?? ""));
  }
  for (const { named, versions } of beside) {
    if (!Object.values(named).some((reference) => result.repositories.has(repositoryOf(reference)))) continue;
    for (const id of servedOver(await versions(), keep).needed) result.needed.add(id);
  }
  return result;
}
