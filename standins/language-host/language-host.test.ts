// Tests of the language host without an engine: options, packages, command lines, the proxy of policy packs, processes.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import grpc from "@grpc/grpc-js";
import analyzerGrpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzerPb from "@pulumi/pulumi/proto/analyzer_pb.js";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listenOnLoopback } from "../../plugin/process.ts";
import { Children } from "./children.ts";
import { listDependencies, packageManagerOf } from "./dependencies.ts";
import { parseOptions, splitArguments } from "./options.ts";
import { installedPackages, installedPlugins, locateModule } from "./packages.ts";
import { pluginCommand } from "./plugin.ts";
import { PolicyProxy } from "./policy-proxy.ts";
import { programCommand, runProgram } from "./program.ts";

let root: string;

function write(path: string, content: object | string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "tandem-host-")));
  write("app/package.json", {
    name: "app",
    dependencies: { "@pulumi/random": "4.21.2", "@pulumi/docker": "5" },
    devDependencies: { b: "1" },
  });
  write("app/package-lock.json", {});
  write("app/infra/main.ts", "");
  const plugin = { resource: true, name: "random" };
  write("app/node_modules/@pulumi/random/package.json", {
    name: "@pulumi/random",
    version: "4.21.2",
    pulumi: plugin,
  });
  write("app/node_modules/@pulumi/docker/package.json", {
    name: "@pulumi/docker",
    version: "5.0.0",
    pulumi: { resource: true },
  });
  write("app/node_modules/b/package.json", { name: "b", version: "1.2.3" });
  write("app/node_modules/b/node_modules/c/package.json", { name: "c", version: "0.1.0" });
  write("app/node_modules/@pulumi/pulumi/package.json", { name: "@pulumi/pulumi", version: "3.0.0" });
  for (const kind of ["run", "run-plugin", "run-policy-pack"]) {
    write(`app/node_modules/@pulumi/pulumi/cmd/${kind}/index.js`, "");
  }
  write("home/plugins/resource-random-v4.21.2/pulumi-resource-random", "");
  symlinkSync(join(root, "app"), join(root, "linked"));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function programInfo(
  directory: string,
  options: Record<string, structPb.JavaScriptValue> = {},
): languagePb.ProgramInfo {
  const info = new languagePb.ProgramInfo();
  info.setRootDirectory(join(root, "app"));
  info.setProgramDirectory(directory);
  info.setEntryPoint("main.ts");
  info.setOptions(structPb.Struct.fromJavaScript(options));
  return info;
}

function runRequest(
  options: Record<string, structPb.JavaScriptValue> = { typescript: false },
): languagePb.RunRequest {
  const request = new languagePb.RunRequest();
  request.setInfo(programInfo(join(root, "app/infra"), options));
  request.setMonitorAddress("127.0.0.1:1");
  request.setProject("p");
  request.setStack("s");
  request.setDryrun(true);
  request.setParallel(4);
  request.getConfigMap().set("p:plain", "1").set("p:config:old", "2");
  request.setConfigsecretkeysList(["p:plain"]);
  return request;
}

describe("options", () => {
  it("are those of the official host, with its defaults", () => {
    expect(parseOptions(programInfo(root))).toEqual({
      typescript: true,
      tsconfig: undefined,
      nodeargs: [],
      packagemanager: undefined,
    });
    expect(parseOptions(programInfo(root, { packagemanager: "auto" })).packagemanager).toBeUndefined();
    expect(() => parseOptions(programInfo(root, { typescript: "no" }))).toThrow(
      '"typescript" must be true or false',
    );
    expect(() => parseOptions(programInfo(root, { packagemanager: "cargo" }))).toThrow(
      "npm, yarn, pnpm, bun",
    );
  });

  it("split Node's arguments as a shell does", () => {
    expect(splitArguments(`--a 'b c' --d="e \\" f" g\\ h  ''`)).toEqual([
      "--a",
      "b c",
      '--d=e " f',
      "g h",
      "",
    ]);
    expect(splitArguments("")).toEqual([]);
    expect(() => splitArguments("--a 'b")).toThrow("without its end");
  });
});

describe("the program", () => {
  it("is started as the official host starts it", () => {
    const { command, env } = programCommand(
      runRequest({ typescript: false, nodeargs: "--inspect" }),
      "127.0.0.1:2",
    );
    const script = command.indexOf(join(root, "app/node_modules/@pulumi/pulumi/cmd/run/index.js"));
    expect(command.slice(0, script)).toEqual(["--import", expect.stringMatching(/^data:/), "--inspect"]);
    expect(command.slice(script + 1).join(" ")).toBe(
      `--monitor 127.0.0.1:1 --engine 127.0.0.1:2 --project p --root-directory ${root}/app --stack s --pwd ${root}/app/infra --parallel 4 --dry-run main.ts`,
    );
    expect(JSON.parse(env.PULUMI_CONFIG ?? "")).toEqual({ "p:config:plain": "1", "p:config:old": "2" });
    expect(env.PULUMI_CONFIG_SECRET_KEYS).toBe('["p:plain"]');
    expect(env.PULUMI_NODEJS_TYPESCRIPT).toBeUndefined();
  });

  it("gets ts-node when it asks for it, and then everything loads as ever", () => {
    const { command, env } = programCommand(runRequest({ tsconfig: "x.json" }), "");
    expect(command.join(" ")).not.toContain("--import");
    expect(env).toMatchObject({ PULUMI_NODEJS_TYPESCRIPT: "true", PULUMI_NODEJS_TSCONFIG_PATH: "x.json" });
  });

  const script = "app/node_modules/@pulumi/pulumi/cmd/run/index.js";
  const run = async (code: string) => {
    write(script, code);
    const response = await runProgram(runRequest(), "", new Children(), new AbortController().signal);
    return response.toObject();
  };

  it("answers with how it ended", async () => {
    expect(await run("")).toEqual({ error: "", bail: false });
    expect(await run("process.exitCode = 32")).toEqual({ error: "", bail: true });
    expect((await run("process.exitCode = 7")).error).toBe("Program exited with non-zero exit code: 7");
    expect((await run("process.kill(process.pid, 'SIGKILL')")).error).toBe("Program was ended by SIGKILL");
  });

  it("says what to do when it ran out of memory or has no SDK", async () => {
    const split = `process.stderr.write("<--- Last f"); setTimeout(() => { process.stderr.write("ew GCs --->"); process.exitCode = 134 }, 20)`;
    expect((await run(split)).error).toContain("--max-old-space-size");
    const request = runRequest();
    request.setInfo(programInfo(root, { typescript: false }));
    const response = await runProgram(request, "", new Children(), new AbortController().signal);
    expect(response.getError()).toContain('run "npm install" there');
  });

  it("is interrupted when the engine cancels", async () => {
    write(script, "setInterval(() => {}, 1000)");
    const cancelled = new AbortController();
    setTimeout(() => cancelled.abort(), 300);
    const response = await runProgram(runRequest(), "", new Children(), cancelled.signal);
    expect(response.getError()).toBe("Program was ended by SIGINT");
  });
});

describe("packages", () => {
  it("are found nested, and by real path", () => {
    const names = [...installedPackages(join(root, "app/infra"))].map(({ manifest }) => manifest.name).sort();
    expect(names).toEqual(["@pulumi/docker", "@pulumi/pulumi", "@pulumi/random", "b", "c"]);
    expect(locateModule("b/package.json", join(root, "linked/infra"))).toBe(
      join(root, "app/node_modules/b/package.json"),
    );
  });

  it("name the plugins that are installed, and no other", () => {
    expect(installedPlugins(join(root, "app/infra"), join(root, "home"))).toEqual([
      { name: "random", version: "v4.21.2", server: "", parameterization: undefined },
    ]);
  });

  it("are listed as dependencies, direct or all", () => {
    const list = (all: boolean) =>
      listDependencies(join(root, "app"), all)
        .map((info) => `${info.getName()}@${info.getVersion()}`)
        .sort();
    expect(list(false)).toEqual(["@pulumi/docker@5.0.0", "@pulumi/random@4.21.2", "b@1.2.3"]);
    expect(list(true)).toContain("c@0.1.0");
    expect(packageManagerOf(programInfo(join(root, "app/infra")))).toBe("npm");
    expect(packageManagerOf(programInfo(join(root, "app"), { packagemanager: "pnpm" }))).toBe("pnpm");
  });
});

describe("plugins", () => {
  it("get their folder where the SDK expects it", () => {
    const request = new languagePb.RunPluginRequest();
    request.setInfo(programInfo(join(root, "app")));
    request.setArgsList(["127.0.0.1:5"]);
    const cmd = join(root, "app/node_modules/@pulumi/pulumi/cmd");
    expect(pluginCommand(request, join(root, "app"))).toEqual([
      `${cmd}/run-plugin/index.js`,
      join(root, "app"),
      "127.0.0.1:5",
    ]);
    request.setKind("analyzer");
    expect(pluginCommand(request, join(root, "app"))).toEqual([
      `${cmd}/run-policy-pack/index.js`,
      "127.0.0.1:5",
      join(root, "app"),
    ]);
  });
});

describe("the proxy of a policy pack", () => {
  const connect = (port: number) =>
    new analyzerGrpc.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const info = (client: InstanceType<typeof analyzerGrpc.AnalyzerClient>) =>
    new Promise<analyzerPb.AnalyzerInfo>((resolve, reject) => {
      client.getAnalyzerInfo(new emptyPb.Empty(), (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });

  it("takes the configuration, then forwards everything to the pack", async () => {
    const proxy = await PolicyProxy.start();
    const engine = connect(proxy.port);
    const configuration = new analyzerPb.AnalyzerStackConfigureRequest();
    configuration.setStack("production");
    await new Promise((resolve) => engine.configureStack(configuration, resolve));
    expect((await proxy.configuration)?.getStack()).toBe("production");

    const seen: string[] = [];
    const pack = new grpc.Server();
    pack.addService(analyzerGrpc.AnalyzerService, {
      configureStack: (
        call: { request: analyzerPb.AnalyzerStackConfigureRequest },
        callback: grpc.sendUnaryData<unknown>,
      ) => {
        seen.push(call.request.getStack());
        callback(null, new analyzerPb.AnalyzerStackConfigureResponse());
      },
      getAnalyzerInfo: (_: unknown, callback: grpc.sendUnaryData<analyzerPb.AnalyzerInfo>) => {
        const answer = new analyzerPb.AnalyzerInfo();
        answer.setName("guards");
        callback(null, answer);
      },
    });
    const early = info(engine);
    await proxy.attach((await listenOnLoopback(pack)).port);
    expect((await early).getName()).toBe("guards");
    expect(seen).toEqual(["production"]);
    pack.forceShutdown();
    engine.close();
    proxy.close(new Error("done"));
  });

  it("gives the reason when the pack fails, also to who asks later", async () => {
    const proxy = await PolicyProxy.start();
    const engine = connect(proxy.port);
    const early = info(engine);
    expect(await proxy.configuration).toBeUndefined();
    proxy.close(new Error("the pack is broken"));
    await expect(early).rejects.toThrow("the pack is broken");
    await expect(info(engine)).rejects.toThrow("the pack is broken");
    engine.close();
  });
});

describe("children", () => {
  it("are interrupted, and one that can't be started says so", async () => {
    const children = new Children();
    const { child, exited } = children.start(
      process.execPath,
      ["-e", "console.log(1); setInterval(() => {}, 1000)"],
      {},
    );
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    await children.stop();
    expect(await exited).toEqual({ code: -1, signal: "SIGINT" });
    await expect(children.start("/nowhere/node", [], {}).exited).rejects.toThrow(
      "could not start /nowhere/node",
    );
  });
});
