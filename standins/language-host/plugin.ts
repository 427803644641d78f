// Runs plugins that are Node programs themselves: policy packs and providers.
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type grpc from "@grpc/grpc-js";
import type analyzerPb from "@pulumi/pulumi/proto/analyzer_pb.js";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import type { Children } from "./children.ts";
import { optionVariables, parseOptions } from "./options.ts";
import { locateModule } from "./packages.ts";
import { PolicyProxy } from "./policy-proxy.ts";

/** A running `RunPlugin` call: output and exit code go out through it. */
export type PluginCall = grpc.ServerWritableStream<languagePb.RunPluginRequest, languagePb.RunPluginResponse>;

/** Kind of the plugins that are policy packs. */
const ANALYZER = "analyzer";

/** Runs the plugin until it ends or the engine hangs up, with its output passed on. */
export async function runPlugin(call: PluginCall, children: Children): Promise<void> {
  const { request } = call;
  if (request.getAttachDebugger()) throw new Error("--attach-debugger needs Pulumi's own language host");
  const isPolicyPack = request.getKind() === ANALYZER;
  const proxy = isPolicyPack ? await PolicyProxy.start() : undefined;
  try {
    if (proxy) write(call, "stdout", Buffer.from(`${proxy.port}\n`));
    const configuration = await proxy?.configuration;
    const directory = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
    const { child, exited } = children.start(process.execPath, pluginCommand(request, directory), {
      // A policy pack has always run in its own folder, a provider in the program's.
      cwd: isPolicyPack ? directory : request.getPwd(),
      env: { ...pluginEnvironment(request), ...stackVariables(configuration) },
    });
    call.once("cancelled", () => void children.interrupt(child));
    child.stderr?.on("data", (chunk: Buffer) => write(call, "stderr", chunk));
    if (child.stdout) passOn(child.stdout, call, (port) => proxy?.attach(port));
    const { code } = await exited;
    proxy?.close(new Error(`the policy pack in ${directory} has ended with exit code ${code}`));
    const last = new languagePb.RunPluginResponse();
    last.setExitcode(code);
    call.write(last);
    call.end();
  } catch (error) {
    proxy?.close(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/**
 * Passes stdout on. The first line of a policy pack that is a number is its port, which is for the proxy and not for
 * the engine; a pack may print other lines before it.
 */
function passOn(
  stdout: Readable,
  call: PluginCall,
  attach: (port: number) => Promise<void> | undefined,
): void {
  let pending = call.request.getKind() === ANALYZER ? "" : undefined;
  const decoder = new StringDecoder();
  stdout.on("data", (chunk: Buffer) => {
    if (pending === undefined) return write(call, "stdout", chunk);
    pending += decoder.write(chunk);
    const port = /^(\d+)\r?\n/m.exec(pending);
    if (!port) return;
    const rest = pending.slice(0, port.index) + pending.slice(port.index + port[0].length);
    pending = undefined;
    if (rest !== "") write(call, "stdout", Buffer.from(rest));
    // A failure reaches the engine through the calls that wait for the pack.
    void attach(Number(port[1]));
  });
  stdout.on("end", () => {
    if (pending) write(call, "stdout", Buffer.from(pending));
  });
}

/** Arguments of the Node process. Policy packs get their folder last, other plugins first: so the SDK expects it. */
export function pluginCommand(request: languagePb.RunPluginRequest, directory: string): string[] {
  const options = parseOptions(request.getInfo());
  const args = request.getArgsList();
  if (request.getKind() === ANALYZER) {
    const script = locateModule("@pulumi/pulumi/cmd/run-policy-pack", directory);
    return [...options.nodeargs, script, ...args, directory];
  }
  const run = process.env.PULUMI_LANGUAGE_NODEJS_RUN_PATH || "@pulumi/pulumi/cmd/run-plugin";
  return [...options.nodeargs, locateModule(run, directory), directory, ...args];
}

function pluginEnvironment(request: languagePb.RunPluginRequest): NodeJS.ProcessEnv {
  const given = request.getEnvList().map((entry): [string, string] => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  const base = given.length > 0 ? Object.fromEntries(given) : process.env;
  return { ...base, ...optionVariables(parseOptions(request.getInfo())) };
}

/** Variables by which the SDK in a policy pack learns of the stack and its config. */
function stackVariables(
  configuration: analyzerPb.AnalyzerStackConfigureRequest | undefined,
): Record<string, string> {
  if (!configuration) return {};
  return {
    PULUMI_NODEJS_ORGANIZATION: configuration.getOrganization(),
    PULUMI_NODEJS_PROJECT: configuration.getProject(),
    PULUMI_NODEJS_STACK: configuration.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(configuration.getDryRun()),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(configuration.getConfigMap().toArray())),
  };
}

function write(call: PluginCall, stream: "stdout" | "stderr", chunk: Buffer): void {
  const response = new languagePb.RunPluginResponse();
  if (stream === "stdout") response.setStdout(chunk);
  else response.setStderr(chunk);
  call.write(response);
}
