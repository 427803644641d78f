// Spares the program what Pulumi's SDK does for its own debugging, which was two fifths of a preview's program time.
//
// Stack traces: the SDK's start script installs source-map-support, and its runtime takes a stack trace for each output
// of each resource, so that every one of them is mapped. Node runs these sources as they are, with lines and columns
// unchanged; there is nothing to map, and Node's own traces say the same.
//
// Those that remain are written down for each promise of the runtime, for PULUMI_DEBUG_PROMISE_LEAKS; the promises are
// still watched without them.
//
// Debug messages: the SDK sends three and more per resource to the engine, each in a call of its own, which shows them
// only under `--debug`. TANDEM_SDK_DEBUG=1 keeps them.
import { createRequire } from "node:module";

// The modules' own exports: as namespaces of ES modules they could not be replaced.
const load = createRequire(import.meta.url);

/** Watches a promise of the runtime until it settles. */
type Watch = (promise: Promise<unknown>, context: unknown) => Promise<unknown>;

/** Does it, for the rest of this process. */
export function quickenSdk(): void {
  Reflect.deleteProperty(Error, "prepareStackTrace");

  if (process.env.TANDEM_SDK_DEBUG === undefined) {
    const log = load("@pulumi/pulumi/log") as { debug: () => Promise<void> };
    log.debug = () => Promise.resolve();
  }

  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS === undefined) {
    const debuggable = load("@pulumi/pulumi/runtime/debuggable") as { debuggablePromise: Watch };
    const watch = debuggable.debuggablePromise;
    debuggable.debuggablePromise = (promise, context) => {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      try {
        return watch(promise, context);
      } finally {
        Error.stackTraceLimit = stackTraceLimit;
      }
    };
  }
}
