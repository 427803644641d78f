// The language host of Node programs, for machines that can't download Pulumi's own: a plugin of the engine that
// starts the program and its policy packs. It answers on loopback and loads nothing but the protocol.
import grpc from "@grpc/grpc-js";
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { engineAddress, listenOnLoopback, MESSAGE_LIMITS, whenParentIsGone } from "../../plugin/process.ts";
import { Children } from "./children.ts";
import { createLanguageService } from "./service.ts";
import { hostVersion } from "./version.ts";

const args = process.argv.slice(2);
if (args.includes("--version")) process.stdout.write(`v${hostVersion}\n`);
else void serve(engineAddress(args) ?? "");

/** Serves until the engine ends this process; `engine` is the engine's own address. */
async function serve(engine: string): Promise<void> {
  const children = new Children();
  const server = new grpc.Server(MESSAGE_LIMITS);
  const leave = () => void children.stop().finally(() => process.exit(0));
  server.addService(languageGrpc.LanguageRuntimeService, createLanguageService(engine, children, leave));
  const { port } = await listenOnLoopback(server);
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  whenParentIsGone(leave);
  process.stdout.write(`${port}\n`);
}
