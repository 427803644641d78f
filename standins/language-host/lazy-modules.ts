// Spares programs what the SDK loads at its start but needs only at times: for serialising a function of a dynamic resource
// or a callback the TypeScript compiler and npm's Arborist; V8's debugger, which tells of every script that is compiled from
// then on, and switched on later of all that were compiled before; for traces OpenTelemetry; the Automation API; the maps of
// compiled sources, which only a stack trace of the program's own files needs. A preview of The Oracle took 2.0 s without and
// 2.4 s with them.

/** Set to anything, the variable has programs load all modules at once, as under Pulumi's own host: for benchmarks. */
export const EAGER_MODULES = "TANDEM_EAGER_MODULES";

/** Modules by the SDK file that loads them. Elsewhere they load as ever. */
const DEFERRED: Readonly<Record<string, readonly string[]>> = {
  "/@pulumi/pulumi/runtime/closure/parseFunction.js": ["../../typescript-shim"],
  "/@pulumi/pulumi/runtime/closure/codePaths.js": ["@npmcli/arborist", "normalize-package-data"],
  "/@pulumi/pulumi/runtime/manifest.js": ["js-yaml"],
  "/@pulumi/pulumi/index.js": ["./automation"],
};

/** The SDK file that starts a program, and what it loads for traces and for stack traces. */
const STARTING = "/@pulumi/pulumi/cmd/run/";
const TRACING = "./tracing";
const SOURCE_MAPS = "source-map-support/register";

/** The SDK file that opens a session with V8's inspector. */
const INSPECTING = "/@pulumi/pulumi/runtime/closure/v8Hooks.js";

// `Module._load` is what instrumentation libraries hook into, too. The stand-in loads the module at the first look
// at it; it claims to be an ES module since the SDK's import helper would otherwise copy, and so load, all of it.
const PRELOAD = `
import Module from "node:module";
const deferred = ${JSON.stringify(DEFERRED)};
const load = Module._load;
const patient = (inspector) => {
  class Session extends inspector.Session {
    #asked = false;
    post(method, ...rest) {
      if (method === "Debugger.enable" && !this.#asked) {
        this.#asked = true;
        const answer = rest.at(-1);
        if (typeof answer === "function") process.nextTick(answer, null, {});
        return;
      }
      if (this.#asked) {
        this.#asked = false;
        super.post("Debugger.enable");
      }
      super.post(method, ...rest);
    }
  }
  return { ...inspector, __esModule: true, Session };
};
const own = (file) => file && !/^(node|data):|[\\\\/]node_modules[\\\\/]/.test(file);
const span = new Proxy({}, { get: () => () => span });
const traced = process.env.TRACEPARENT !== undefined || process.argv.includes("--tracing");
Module._load = function (request, parent, isMain) {
  const file = (parent?.filename ?? "").replaceAll("\\\\", "/");
  if (file.includes(${JSON.stringify(STARTING)})) {
    if (request === ${JSON.stringify(TRACING)} && !traced) {
      return { __esModule: true, start() {}, stop() {}, newSpan: () => span };
    }
    if (request === ${JSON.stringify(SOURCE_MAPS)}) {
      Error.prepareStackTrace = (error, trace) => {
        if (!trace.some((frame) => own(frame.getFileName()))) return [Error.prototype.toString.call(error), ...trace].join("\\n    at ");
        delete Error.prepareStackTrace;
        load.call(this, request, parent, isMain);
        return Error.prepareStackTrace(error, trace);
      };
      return {};
    }
  }
  if (request === "inspector" && file.endsWith(${JSON.stringify(INSPECTING)})) {
    return patient(load.call(this, request, parent, isMain));
  }
  if (!Object.entries(deferred).some(([end, wanted]) => wanted.includes(request) && file.endsWith(end))) {
    return load.call(this, request, parent, isMain);
  }
  let loaded;
  const real = () => (loaded ??= load.call(this, request, parent, isMain));
  return new Proxy({}, {
    get: (_, key) => (key === "__esModule" ? true : key === "default" ? (real().default ?? real()) : real()[key]),
    has: (_, key) => key in real(),
  });
};
`;

/**
 * Flags for a Node process that runs a program or plugin on the SDK. They change when modules load, and spare a stack trace of
 * the SDK alone its maps.
 */
export const lazyModuleFlags: readonly string[] = [
  "--import",
  `data:text/javascript,${encodeURIComponent(PRELOAD)}`,
];
