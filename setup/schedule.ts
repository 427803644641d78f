// Runs set-up steps side by side: each waits for those it needs, one failure doesn't stop the others, all is shown.
import { canDownload } from "./download.ts";
import type { NeededImages } from "./images/catalog.ts";
import type { Environ, Paths } from "./paths.ts";
import type { Part, SetupContext, Step } from "./step.ts";

/** A step with what a look at it found. */
export interface InspectedStep {
  step: Step;
  part: Part;
}

/** What of the set-up could not be done; the message says of each step why and what to do. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}

/** What a run of steps works with. */
export interface Surroundings {
  paths: Paths;
  env: Environ;
  dockerHost?: string;
  /** Images that are needed besides those that every system uses. */
  images?: NeededImages;
  /** Address whose answer tells whether official downloads can be reached. */
  probe: string;
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

function createContext(surroundings: Surroundings, finished: SetupContext["finished"]): SetupContext {
  const { paths, env, dockerHost, images, probe } = surroundings;
  let online: Promise<boolean> | undefined;
  let lastCompilation: Promise<unknown> = Promise.resolve();
  return {
    paths,
    env,
    ...(dockerHost === undefined ? {} : { dockerHost }),
    ...(images === undefined ? {} : { images }),
    online: () => (online ??= canDownload(probe, env)),
    finished,
    compiling: (work) => {
      const turn = lastCompilation.then(work);
      lastCompilation = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** Looks at the parts of the machine that steps look after; changes nothing. */
export async function inspectSteps(
  steps: readonly Step[],
  surroundings: Surroundings,
): Promise<InspectedStep[]> {
  const context = createContext(surroundings, async () => undefined);
  return await Promise.all(steps.map(async (step) => ({ step, part: await step.inspect(context) })));
}

/**
 * Does what is missing, with progress on standard error.
 *
 * @throws SetupError naming every step that failed; the others were done all the same.
 */
export async function installMissing(steps: readonly Step[], surroundings: Surroundings): Promise<void> {
  const progress = new Progress();
  const context = createContext(surroundings, (step) => progress.finished(step));
  const looked = await inspectSteps(steps, surroundings);
  for (const { step, part } of looked) if (part.ready) progress.finish(step.id);
  const missing = looked.filter(({ part }) => !part.ready);
  if (missing.length === 0) return;

  // The display is loaded only where there is something to show.
  const { Listr, PRESET_TIMER } = await import("listr2");
  const { PlainRenderer } = await import("./plain-renderer.ts");
  // The moving display needs a terminal with some width; a pseudo-terminal in CI often has none.
  const moving = process.stdout.isTTY && process.stdout.columns >= 40;
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
      // The moving display hides the cursor and must give it back; without it an interrupt simply ends the process.
      registerSignalListeners: moving,
      renderer: moving ? "default" : PlainRenderer,
      // Errors are told once, all together, at the end.
      rendererOptions: { timer: PRESET_TIMER, formatOutput: "truncate", showErrorMessage: false },
    },
  );
  await list.run();
  if (failures.length > 0) {
    throw new SetupError(`the machine is not ready:\n${failures.map((text) => `- ${text}`).join("\n")}`);
  }
}
