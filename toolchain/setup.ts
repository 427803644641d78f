// Prepares the machine: looks at every part, does what is missing, in parallel where parts don't wait for each other.
import { join } from "node:path";
import { canDownload } from "./download.ts";
import { withLock } from "./lock.ts";
import { type Environ, type Paths, resolvePaths } from "./paths.ts";
import { ensureState } from "./state.ts";
import type { Part, SetupContext, Step } from "./step.ts";
import { docker } from "./steps/docker.ts";
import { engine, probeAddress } from "./steps/engine.ts";
import { images } from "./steps/images.ts";
import { languageHost } from "./steps/language-host.ts";
import { providers } from "./steps/providers.ts";
import { tandemProvider } from "./steps/tandem-provider.ts";

/** All steps. Those that take longest come first: they start in this order. */
export const steps: readonly Step[] = [docker, engine, ...providers, images, languageHost, tandemProvider];

/** What a set-up is for. */
export interface SetupOptions {
  env?: Environ;
  /** Docker host as a URL. @default `DOCKER_HOST`, else the local socket */
  dockerHost?: string;
}

/** A step with what a look at it found. */
export interface InspectedStep {
  step: Step;
  part: Part;
}

/** What of the set-up could not be done; the messages say why and what to do. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}

/** Promises of the steps' ends, by step. */
class Progress {
  private readonly ends = new Map<string, PromiseWithResolvers<void>>();

  private of(step: string): PromiseWithResolvers<void> {
    let end = this.ends.get(step);
    if (end === undefined) {
      end = Promise.withResolvers<void>();
      // A failure that nobody waits for is reported by its own step.
      end.promise.catch(() => undefined);
      this.ends.set(step, end);
    }
    return end;
  }

  finished(step: string): Promise<void> {
    return this.of(step).promise;
  }

  finish(step: string): void {
    this.of(step).resolve();
  }

  fail(step: Step): void {
    this.of(step.id).reject(new Error(`not done, because "${step.title}" failed`));
  }
}

function createContext(
  paths: Paths,
  options: SetupOptions,
  finished: SetupContext["finished"],
): SetupContext {
  const env = options.env ?? process.env;
  let online: Promise<boolean> | undefined;
  let lastCompilation: Promise<unknown> = Promise.resolve();
  return {
    paths,
    env,
    ...(options.dockerHost === undefined ? {} : { dockerHost: options.dockerHost }),
    online: () => (online ??= canDownload(probeAddress(), env)),
    finished,
    compiling: (work) => {
      const turn = lastCompilation.then(work);
      lastCompilation = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** Looks at all parts of the machine; changes nothing. */
export async function inspectMachine(options: SetupOptions = {}): Promise<InspectedStep[]> {
  const context = createContext(resolvePaths(options.env), options, async () => undefined);
  return await inspectSteps(context);
}

async function inspectSteps(context: SetupContext): Promise<InspectedStep[]> {
  return await Promise.all(steps.map(async (step) => ({ step, part: await step.inspect(context) })));
}

/**
 * Prepares the machine as far as needed. Where nothing is missing it says nothing and takes well below a second.
 * Two runs at once take turns.
 *
 * @throws SetupError naming every step that failed.
 */
export async function prepare(options: SetupOptions = {}): Promise<void> {
  const paths = resolvePaths(options.env);
  ensureState(paths, options.env);
  const looked = await inspectMachine(options);
  if (looked.every(({ part }) => part.ready)) return;
  await withLock(
    join(paths.cache, "setup.lock"),
    async () => {
      await installMissing(paths, options);
    },
    {
      onWait: ({ pid, since }) => {
        process.stderr.write(`tandem: another set-up is running (pid ${pid}, since ${since}): waiting\n`);
      },
    },
  );
}

async function installMissing(paths: Paths, options: SetupOptions): Promise<void> {
  const progress = new Progress();
  const context = createContext(paths, options, (step) => progress.finished(step));
  // Another set-up may have done part of it while this one waited.
  const looked = await inspectSteps(context);
  for (const { step, part } of looked) if (part.ready) progress.finish(step.id);
  const missing = looked.filter(({ part }) => !part.ready);
  if (missing.length === 0) return;

  // The display is loaded only where there is something to show.
  const { Listr } = await import("listr2");
  const { PlainRenderer } = await import("./plain-renderer.ts");
  const failures: string[] = [];
  const list = new Listr(
    missing.map(({ step }) => ({
      title: step.title,
      task: async (_: unknown, task: { output: string }) => {
        try {
          await step.install(context, (activity) => {
            task.output = activity;
          });
          progress.finish(step.id);
        } catch (error) {
          progress.fail(step);
          failures.push(`${step.title}: ${error instanceof Error ? error.message : String(error)}`);
          throw error;
        }
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      // Interrupting is left to the process's own handlers.
      registerSignalListeners: false,
      renderer: process.stderr.isTTY ? "default" : PlainRenderer,
    },
  );
  await list.run();
  if (failures.length > 0) {
    throw new SetupError(`the machine is not ready:\n${failures.map((text) => `- ${text}`).join("\n")}`);
  }
}
