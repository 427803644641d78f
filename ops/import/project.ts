// What an import reads of one environment, whatever tool the files are of.
import type { Commands } from "./commands.ts";
import type { ComposeProject } from "./compose/load.ts";
import { type ComposeService, servicesOf } from "./compose/model.ts";
import type { Note } from "./notes.ts";

/** Something to tell that was found while reading. */
export interface Told extends Omit<Note, "line"> {
  /** What to write, or the command to run. */
  line?: string | ((commands: Commands) => string);
}

/** Where an environment runs. */
export interface Machines {
  /** Hosts of the applications, and of what runs beside them, by service. */
  roles: Record<string, readonly string[]>;
  accessories: Record<string, readonly string[]>;
  /** Whose login it is, and at which port of SSH. */
  user: string;
  port: number;
}

/** One environment. */
export interface Project extends Omit<ComposeProject, "services" | "volumes" | "configs"> {
  services: ComposeService[];
  /** Why a variable has no value, by its name, where more can be said than that no file gives one. */
  missing: ReadonlyMap<string, string>;
  told: readonly Told[];
  /** Names of the services that run one image, and are released together. */
  together?: readonly string[];
  machines?: Machines;
}

/** Compose's files as one. */
export function projectOf(project: ComposeProject): Project {
  return { ...project, services: servicesOf(project), missing: new Map(), told: [] };
}
