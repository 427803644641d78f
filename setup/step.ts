// What a step of the set-up is: it can look, and it can do.
import type { NeededImages } from "./images/catalog.ts";
import type { Environ, Paths } from "./paths.ts";

/** What a look at one part of the machine found. */
export interface Part {
  /** Is it there, complete and current? */
  ready: boolean;
  /** What is there, or what is missing. */
  found: string;
  /** What set-up would do about it, or what the user must do where set-up can't. */
  fix?: string;
}

/** Tells the progress display what a step is doing now. */
export type Say = (activity: string) => void;

/** What steps share during one run. */
export interface SetupContext {
  paths: Paths;
  env: Environ;
  /** Docker host as a URL; undefined means `DOCKER_HOST` or the local socket. */
  dockerHost?: string;
  /** Images that are needed besides those that every system uses. @default none */
  images?: NeededImages;
  /** Can official downloads be reached? One probe answers for all steps. */
  online(): Promise<boolean>;
  /** Resolves when another step of this run is done; rejects when it failed. */
  finished(step: string): Promise<void>;
  /** Runs CPU-heavy work, one piece at a time: two compilers at once only slow each other down. */
  compiling<T>(work: () => Promise<T>): Promise<T>;
}

/** One part of the machine that set-up looks after. */
export interface Step {
  /** Short name, by which other steps wait for it. */
  id: string;
  /** What the progress display calls it. */
  title: string;
  /** Looks without changing anything; must be quick (well below a second). */
  inspect(context: SetupContext): Promise<Part>;
  /**
   * Brings the part about; runs only where `inspect` found it missing, and may run again after a failure at any
   * point.
   *
   * @throws Error with what failed and what to do.
   */
  install(context: SetupContext, say: Say): Promise<void>;
}
