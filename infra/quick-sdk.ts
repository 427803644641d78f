// Spares the program what Pulumi's SDK does for its own debugging, which was two fifths of a preview's program time.
//
// Stack traces: the SDK's start script installs source-map-support, and its runtime takes a stack trace for each output
// of each resource, so that every one of them is mapped. Node runs these sources as they are, with lines and columns
// unchanged; there is nothing to map, and Node's own traces say the same.
//
// Debug messages: the SDK sends three and more per resource to the engine, each in a call of its own, which shows them
// only under `--debug`. TANDEM_SDK_DEBUG=1 keeps them.
import { createRequire } from "node:module";

Reflect.deleteProperty(Error, "prepareStackTrace");

if (process.env.TANDEM_SDK_DEBUG === undefined) {
  // The module's own exports: as a namespace of an ES module they could not be replaced.
  const log = createRequire(import.meta.url)("@pulumi/pulumi/log") as { debug: () => Promise<void> };
  log.debug = () => Promise.resolve();
}
