// Runs the user's program: the SDK's own start script, with the engine's answer to how it ended.
import { StringDecoder } from "node:string_decoder";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import type { Children } from "./children.ts";
import { EAGER_MODULES, lazyModuleFlags } from "./lazy-modules.ts";
import { optionVariables, parseOptions } from "./options.ts";
import { locateModule } from "./packages.ts";

/** Exit code by which the SDK says that it has shown the error itself. */
const ERROR_ALREADY_SHOWN = 32;

/** What Node prints when its heap is full. */
const OUT_OF_MEMORY = "<--- Last few GCs --->";

/**
 * Runs the program and waits for its end. Fires `cancelled` before that: the program is interrupted.
 * `engine` is the engine's address. Problems of the program are part of the answer, not errors.
 */
export async function runProgram(
  request: languagePb.RunRequest,
  engine: string,
  children: Children,
  cancelled: AbortSignal,
): Promise<languagePb.RunResponse> {
  const response = new languagePb.RunResponse();
  try {
    const { command, env } = programCommand(request, engine);
    const { child, exited } = children.start(process.execPath, command, { env });
    cancelled.addEventListener("abort", () => void children.interrupt(child), { once: true });
    child.stdout?.pipe(process.stdout, { end: false });
    child.stderr?.pipe(process.stderr, { end: false });
    const decoder = new StringDecoder();
    let tail = "";
    let outOfMemory = false;
    child.stderr?.on("data", (chunk: Buffer) => {
      // The mark may be cut in two by the pipe, so its length of the former text stays in view.
      tail += decoder.write(chunk);
      outOfMemory ||= tail.includes(OUT_OF_MEMORY);
      tail = tail.slice(-OUT_OF_MEMORY.length);
    });
    const { code, signal } = await exited;
    if (code === ERROR_ALREADY_SHOWN) response.setBail(true);
    else if (code !== 0) response.setError(describeExit(code, signal, outOfMemory));
  } catch (error) {
    response.setError(error instanceof Error ? error.message : String(error));
  }
  return response;
}

/** Arguments and environment of the Node process that runs the program. */
export function programCommand(
  request: languagePb.RunRequest,
  engine: string,
): { command: string[]; env: NodeJS.ProcessEnv } {
  const info = request.getInfo();
  if (!info) throw new Error("the engine is too old for this language host: it did not describe the program");
  if (request.getAttachDebugger()) {
    throw new Error(
      "--attach-debugger needs Pulumi's own language host; set the runtime option nodeargs to --inspect-brk instead",
    );
  }
  const options = parseOptions(info);
  const flags = Object.entries({
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info.getRootDirectory(),
    stack: request.getStack(),
    pwd: info.getProgramDirectory(),
    parallel: String(request.getParallel()),
  }).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
  const run = process.env.PULUMI_LANGUAGE_NODEJS_RUN_PATH || "@pulumi/pulumi/cmd/run";
  return {
    command: [
      // With ts-node the SDK needs TypeScript at once, and looks at --import to choose its module loader.
      ...(options.typescript || process.env[EAGER_MODULES] ? [] : lazyModuleFlags),
      ...options.nodeargs,
      locateModule(run, info.getProgramDirectory()),
      ...flags,
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info.getEntryPoint() || ".",
      ...request.getArgsList(),
    ],
    env: {
      ...process.env,
      ...optionVariables(options),
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(configEntries(request))),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
  };
}

/** Config keys in the long form `<namespace>:config:<name>`, which every version of the SDK reads. */
function configEntries(request: languagePb.RunRequest): [string, string][] {
  return request
    .getConfigMap()
    .toArray()
    .map(([key, value]) => {
      const colon = key.indexOf(":");
      const [namespace, name] = [key.slice(0, colon), key.slice(colon + 1)];
      return [name.startsWith("config:") ? key : `${namespace}:config:${name}`, value];
    });
}

function describeExit(code: number, signal: NodeJS.Signals | null, outOfMemory: boolean): string {
  const how = signal ? `Program was ended by ${signal}` : `Program exited with non-zero exit code: ${code}`;
  if (!outOfMemory) return how;
  return `${how}. It ran out of memory: give Node more with the runtime option nodeargs: --max-old-space-size=<MB>`;
}
