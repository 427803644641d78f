// Answers the engine's calls to a language host.
import grpc from "@grpc/grpc-js";
import type { ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import type { Children } from "./children.ts";
import { installDependencies, listDependencies, packageManagerOf } from "./dependencies.ts";
import { installedPlugins, type PluginNeed } from "./packages.ts";
import { runPlugin } from "./plugin.ts";
import { runProgram } from "./program.ts";
import { hostVersion } from "./version.ts";

/** Builds the service. `engineAddress` is where programs reach the engine; `leave` ends this process. */
export function createLanguageService(
  engineAddress: string,
  children: Children,
  leave: () => void,
): ILanguageRuntimeServer {
  let engine = engineAddress;

  return {
    handshake: unary((request) => {
      engine = request.getEngineAddress();
      return new languagePb.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => {
      const info = new pluginPb.PluginInfo();
      info.setVersion(`v${hostVersion}`);
      return info;
    }),
    about: unary((request) => {
      const response = new languagePb.AboutResponse();
      response.setExecutable(process.execPath);
      response.setVersion(process.version);
      response.getMetadataMap().set("packagemanager", packageManagerOf(request.getInfo()));
      return response;
    }),
    getRequiredPackages: unary((request) => {
      const response = new languagePb.GetRequiredPackagesResponse();
      const directory = request.getInfo()?.getProgramDirectory() ?? process.cwd();
      response.setPackagesList(installedPlugins(directory).map(packageDependency));
      return response;
    }),
    getProgramDependencies: unary((request) => {
      const response = new languagePb.GetProgramDependenciesResponse();
      const directory = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
      response.setDependenciesList(listDependencies(directory, request.getTransitivedependencies()));
      return response;
    }),
    run: (call, callback) => {
      const cancelled = new AbortController();
      call.once("cancelled", () => cancelled.abort());
      void runProgram(call.request, engine, children, cancelled.signal).then((response) =>
        callback(null, response),
      );
    },
    runPlugin: (call) => void runPlugin(call, children).catch((error: Error) => failStream(call, error)),
    installDependencies: (call) =>
      void installDependencies(call, children).catch((error: Error) => failStream(call, error)),
    // The lock file says which package manager to use: nothing is left to ask.
    runtimeOptionsPrompts: unary(() => new languagePb.RuntimeOptionsResponse()),
    template: unary(() => new languagePb.TemplateResponse()),
    cancel: (_call, callback) => {
      callback(null, new emptyPb.Empty());
      // One turn for the answer to reach the socket: the engine waits for this process to be gone.
      setTimeout(leave, 2);
    },
    getRequiredPlugins: refuse("GetRequiredPlugins (GetRequiredPackages stands in its place)"),
    generateProgram: refuse("generating programs"),
    generateProject: refuse("generating projects"),
    generatePackage: refuse("generating SDKs"),
    pack: refuse("packing SDKs"),
    link: refuse("linking SDKs"),
  };
}

function packageDependency(need: PluginNeed): pluginPb.PackageDependency {
  const dependency = new pluginPb.PackageDependency();
  dependency.setName(need.name);
  dependency.setKind("resource");
  dependency.setVersion(need.version);
  dependency.setServer(need.server);
  if (need.parameterization) {
    const parameterization = new pluginPb.PackageParameterization();
    parameterization.setName(need.parameterization.name);
    parameterization.setVersion(need.parameterization.version);
    parameterization.setValue(need.parameterization.value);
    dependency.setParameterization(parameterization);
  }
  return dependency;
}

function unary<Req, Res>(work: (request: Req) => Res): grpc.handleUnaryCall<Req, Res> {
  return (call, callback) => {
    try {
      callback(null, work(call.request));
    } catch (error) {
      callback({
        code: grpc.status.UNKNOWN,
        details: error instanceof Error ? error.message : String(error),
      });
    }
  };
}

function refuse<Req, Res>(what: string): grpc.handleUnaryCall<Req, Res> {
  const details = `Tandem's language host does not serve ${what}; Pulumi's own CLI from https://www.pulumi.com/docs/install does`;
  return (_call, callback) => callback({ code: grpc.status.UNIMPLEMENTED, details });
}

function failStream<Req, Res>(call: grpc.ServerWritableStream<Req, Res>, error: Error): void {
  call.emit("error", { code: grpc.status.UNKNOWN, details: error.message });
}
