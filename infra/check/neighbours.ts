// Compares a stack with those of the other systems in the same repository: hostnames, and ports of the same machine.
import { basename, join, relative, resolve } from "node:path";
import {
  type Listener,
  type Settings,
  type StackSettings,
  type SystemSettings,
  settingsOf,
  type ValuesOf,
} from "../settings/define.ts";
import { type Issue, set } from "../settings/issue.ts";
import { readValues } from "../settings/read.ts";
import { fileProblem, type Problem } from "./problem.ts";
import { loadProject, type Project } from "./project-file.ts";
import { repositoryOf, systemsBelow } from "./projects.ts";
import { withDefaults } from "./siblings.ts";
import { loadStack, stacksIn } from "./stack-file.ts";
import { loadSystem } from "./system.ts";
import { collide, freePort, hostnamesOf } from "./values.ts";

/** A stack of another system: what it takes for itself. */
interface Neighbour {
  /** `<system> <stack>`, for messages. */
  name: string;
  hostnames: string[];
  listeners: Listener[];
}

/** The projects of the repository besides the one in `folder`. */
function otherProjects(folder: string): string[] {
  const own = resolve(folder);
  return systemsBelow(repositoryOf(own)).flatMap((system) => (system.folder === own ? [] : [system.folder]));
}

/** The stacks of the repository's other systems. What is wrong with them is theirs to say. */
async function loadNeighbours(folder: string): Promise<Neighbour[]> {
  const all = await Promise.all(
    otherProjects(folder).map(async (other) => {
      const { project } = loadProject(other);
      const loaded = project === undefined ? undefined : await loadSystem(other, project);
      return project === undefined || loaded === undefined || "problem" in loaded
        ? []
        : stacksOf(other, project, loaded.settings);
    }),
  );
  return all.flat();
}

function stacksOf(folder: string, project: Project, settings: StackSettings): Neighbour[] {
  return stacksIn(join(folder, project.stackConfigDir)).map((stack) => {
    const { raw } = loadStack(folder, project, stack, {});
    const system = settingsOf(settings, stack);
    const { values } = readValues(system, withDefaults(raw, project.declared, settings, stack));
    return {
      name: `${project.name} ${stack}`,
      hostnames: hostnamesOf(system, values).map(([, hostname]) => hostname),
      listeners: system.listeners?.(values) ?? [],
    };
  });
}

/**
 * Another project of the repository with this one's name, as after a folder was copied: what belongs to an environment
 * is found by the project's name and the stack's, so each would take the other's containers and volumes for its own.
 */
export function sameNameProblems(folder: string, { name, file, yaml }: Project): Problem[] {
  return otherProjects(folder).flatMap((other): Problem[] => {
    if (loadProject(other).project?.name !== name) return [];
    const reason = `has the name of the project in ${relative(folder, other) || "."}, ${name}: they would share containers and volumes`;
    return [fileProblem("same-project", { file, line: yaml.lineOf(["name"]) }, reason, undefined, "name")];
  });
}

/** What a stack has in common with a stack of another system, and may not. */
export async function neighbourIssues<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  folder: string,
): Promise<Issue[]> {
  const neighbours = await loadNeighbours(folder);
  const ownName = loadProject(folder).project?.name ?? basename(resolve(folder));
  const own = system.listeners?.(values) ?? [];
  const taken = [...own, ...neighbours.flatMap(({ listeners }) => listeners)];
  return neighbours.flatMap((neighbour) => [
    ...hostnamesOf(system, values).flatMap(([key, hostname]): Issue[] => {
      if (!neighbour.hostnames.includes(hostname)) return [];
      const reason = `${hostname} is a hostname of ${neighbour.name}: one of them would never be asked`;
      const fix = [set(`${ownName}.${hostname}`, [key])];
      return [{ problem: "hostname-of-other-system", path: [key], reason, fix }];
    }),
    ...own.flatMap((listener): Issue[] => {
      const other = neighbour.listeners.find((candidate) => collide(listener, candidate));
      if (other === undefined) return [];
      const reason = `${listener.port} is the ${other.key} of ${neighbour.name}: on one machine only one of them can be up`;
      const fix = [set(freePort(listener.port, taken), [listener.key])];
      // They may be meant for different machines; whether the port is taken on this one, the look at the host tells.
      return [{ problem: "port-of-other-system", path: [listener.key], reason, fix, severity: "warning" }];
    }),
  ]);
}
