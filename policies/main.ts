// Entry point of the policy pack as an executable: `pulumi preview --policy-pack policies/pulumi-analyzer-tandem`.
import grpc from "@grpc/grpc-js";
import analyzerGrpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import { listenOnLoopback, MESSAGE_LIMITS, whenParentIsGone } from "../plugin/process.ts";
import { createAnalyzer } from "./service.ts";

async function start(): Promise<void> {
  const server = new grpc.Server(MESSAGE_LIMITS);
  server.addService(analyzerGrpc.AnalyzerService, createAnalyzer());
  process.stdout.write(`${(await listenOnLoopback(server)).port}\n`);
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
whenParentIsGone(() => process.exit(0));
void start();
