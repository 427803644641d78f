// Prepares the machine: looks at every part, and does what is missing.
import { join } from "node:path";
import type { NeededImages } from "./images/catalog.ts";
import { withLock } from "./lock.ts";
import { type Environ, resolvePaths } from "./paths.ts";
import { type InspectedStep, inspectSteps, installMissing, type Surroundings } from "./schedule.ts";
import { ensureState } from "./state.ts";
import type { Step } from "./step.ts";
import { docker } from "./steps/docker.ts";
import { engine, probeAddress } from "./steps/engine.ts";
import { images } from "./steps/images.ts";
import { languageHost } from "./steps/language-host.ts";
import { providers } from "./steps/providers.ts";
import { policyPack, tandemProvider } from "./steps/tandem-provider.ts";
import { testTools } from "./steps/test-tools.ts";

/** All steps. Those that take longest come first: they start in this order. */
export const steps: readonly Step[] = [
  docker,
  engine,
  ...providers,
  images,
  languageHost,
  tandemProvider,
  policyPack,
];

/** What a set-up is for. */
export interface SetupOptions {
  env?: Environ;
  /** Docker host as a URL. @default `DOCKER_HOST`, else the local socket */
  dockerHost?: string;
  /** Images that the stack names besides those that every system uses. @default none, or all for the tests */
  images?: NeededImages;
  /** Bring what only the tests need, too? @default false */
  forTests?: boolean;
  /** Nothing is to be deployed: no image is pulled or built. @default false */
  withoutImages?: boolean;
  /** Only the Pulumi CLI: for what needs no Docker and no plugins. @default false */
  engineOnly?: boolean;
}

function stepsFor(options: SetupOptions): readonly Step[] {
  if (options.engineOnly === true) return [engine];
  if (options.withoutImages === true) return steps.filter((step) => step !== images);
  return options.forTests === true ? [...steps, testTools] : steps;
}

function surroundingsOf(options: SetupOptions): Surroundings {
  return {
    paths: resolvePaths(options.env),
    env: options.env ?? process.env,
    ...(options.dockerHost === undefined ? {} : { dockerHost: options.dockerHost }),
    images: options.images ?? (options.forTests === true ? "all" : []),
    probe: probeAddress(),
  };
}

/** Looks at all parts of the machine; changes nothing. */
export async function inspectMachine(options: SetupOptions = {}): Promise<InspectedStep[]> {
  return await inspectSteps(stepsFor(options), surroundingsOf(options));
}

/**
 * Prepares the machine as far as needed. Where nothing is missing it says nothing and takes well below a second.
 * Two runs at once take turns.
 *
 * @throws SetupError naming every step that failed.
 */
export async function prepare(options: SetupOptions = {}): Promise<void> {
  const surroundings = surroundingsOf(options);
  ensureState(surroundings.paths, surroundings.env);
  const looked = await inspectMachine(options);
  if (looked.every(({ part }) => part.ready)) return;
  await withLock(
    join(surroundings.paths.cache, "setup.lock"),
    // It looks again: another set-up may have done part of it while this one waited.
    () => installMissing(stepsFor(options), surroundings),
    {
      onWait: ({ pid, since }) => {
        process.stderr.write(`tandem: another set-up is running (pid ${pid}, since ${since}): waiting\n`);
      },
    },
  );
}
