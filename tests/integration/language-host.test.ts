// The language host on the real engine: programs in TypeScript modules, dynamic resources, policy packs, failures.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireEngine, TestEngine } from "../support/engine.ts";

const engine = requireEngine();

const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const stack: string = pulumi.getStack();
export const greeting = config.requireSecret("name").apply((name) => \`\${stack} greets \${name}\`);
`;

const DYNAMIC = `
import * as pulumi from "@pulumi/pulumi";
const provider: pulumi.dynamic.ResourceProvider = {
  async create(inputs: { text: string }) {
    const { createHash } = await import("node:crypto");
    return { id: createHash("sha256").update(inputs.text).digest("hex"), outs: { ...inputs, loud: inputs.text.toUpperCase() } };
  },
};
class Loud extends pulumi.dynamic.Resource {
  declare readonly loud: pulumi.Output<string>;
  constructor(name: string, text: string) {
    super(provider, name, { text, loud: undefined });
  }
}
export const loud = new Loud("loud", "hello").loud;
`;

/** A policy pack on the bare protocol: it refuses every resource when the stack's config says so. */
const PACK = `
const grpc = require("@grpc/grpc-js");
const { AnalyzerService } = require("@pulumi/pulumi/proto/analyzer_grpc_pb.js");
const pb = require("@pulumi/pulumi/proto/analyzer_pb.js");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb.js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js");
const config = JSON.parse(process.env.PULUMI_CONFIG ?? "{}");
console.log("a line before the port");
const server = new grpc.Server();
const analyze = (call, callback) => {
  const response = new pb.AnalyzeResponse();
  if (Object.values(config).includes("forbid")) {
    const diagnostic = new pb.AnalyzeDiagnostic();
    diagnostic.setPolicyname("none");
    diagnostic.setPolicypackname("pack");
    diagnostic.setMessage("nothing is allowed in " + process.env.PULUMI_NODEJS_STACK);
    diagnostic.setEnforcementlevel(pb.EnforcementLevel.MANDATORY);
    response.addDiagnostics(diagnostic);
  }
  callback(null, response);
};
server.addService(AnalyzerService, {
  getAnalyzerInfo: (_, callback) => {
    const info = new pb.AnalyzerInfo();
    info.setName("pack");
    info.setVersion("1.0.0");
    const policy = new pb.PolicyInfo();
    policy.setName("none");
    policy.setEnforcementlevel(pb.EnforcementLevel.MANDATORY);
    info.setPoliciesList([policy]);
    callback(null, info);
  },
  getPluginInfo: (_, callback) => callback(null, new PluginInfo()),
  configure: (_, callback) => callback(null, new Empty()),
  analyze,
  analyzeStack: (_, callback) => callback(null, new pb.AnalyzeResponse()),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => console.log(String(port)));
`;

describe("the language host", () => {
  let test: TestEngine;

  beforeAll(async () => {
    test = await TestEngine.create(String(engine));
  });

  afterAll(() => test?.remove());

  it("runs a TypeScript module, also through a link to its folder, without a warning", async () => {
    const project = await test.project("greeting", PROGRAM);
    await project.config("name", "canary-name", true);
    const output = await project.ok("up", "--yes", "--skip-preview");
    expect(output).not.toMatch(/warning/i);
    expect(output).not.toContain("canary-name");
    expect(await project.ok("stack", "output", "greeting", "--show-secrets")).toContain(
      "test greets canary-name",
    );
    const link = join(test.folder, "greeting-link");
    symlinkSync(project.folder, link);
    const linked = await test.run(link, ["preview", "--stack", "test", "--expect-no-changes"]);
    expect(linked.exitCode, linked.output).toBe(0);
    const about = await project.ok("about");
    expect(about).toContain("packagemanager='npm'");
  });

  it("runs dynamic resources, for which the compiler loads late", async () => {
    const project = await test.project("dynamic", DYNAMIC);
    await project.ok("up", "--yes", "--skip-preview");
    expect(await project.ok("stack", "output", "loud")).toContain("HELLO");
    await project.ok("preview", "--expect-no-changes");
    await project.ok("destroy", "--yes", "--skip-preview");
  });

  it("runs a program that uses what is loaded late: the Automation API", async () => {
    const project = await test.project(
      "automation",
      `import * as pulumi from "@pulumi/pulumi";
export const workspace = typeof pulumi.automation.LocalWorkspace.create;
export const upserts = "createOrSelectStack" in pulumi.automation.LocalWorkspace;`,
    );
    await project.ok("up", "--yes", "--skip-preview");
    expect(await project.ok("stack", "output", "workspace")).toContain("function");
    expect(await project.ok("stack", "output", "upserts")).toContain("true");
  });

  it("runs a program whose calls are traced", async () => {
    const project = await test.project("traced", PROGRAM);
    await project.config("name", "x", true);
    const traces = join(project.folder, "traces.json");
    await project.ok("up", "--yes", "--skip-preview", "--otel-traces", `file://${traces}`);
    expect(await project.ok("stack", "output", "greeting", "--show-secrets")).toContain("test greets x");
    // The engine heard of the resources from the program, which reached it in spite of the tracer beside it.
    expect(readFileSync(traces, "utf8")).toContain("RegisterResource");
  });

  it.each<[what: string, program: string, says: RegExp]>([
    ["an error", 'throw new Error("it broke");', /Error: it broke/],
    [
      "a RunError",
      'import * as p from "@pulumi/pulumi"; throw new p.RunError("in plain words");',
      /error: in plain words$/m,
    ],
    ["a syntax error", "const x: = 1;", /SyntaxError/],
    ["an exit code", "process.exit(7);", /Program exited with non-zero exit code: 7/],
    ["a rejected promise", 'Promise.reject(new Error("late"));', /Error: late/],
  ])("reports %s once", async (what, program, says) => {
    const project = await test.project(`fails-${what.replaceAll(/\W/g, "")}`, program);
    const { exitCode, output } = await project.run("preview");
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(says);
    const reports = output
      .split("Diagnostics:")
      .at(1)
      ?.match(/^ {4}error: /gm);
    expect(reports, output).toHaveLength(1);
  });

  it("runs a policy pack with the stack's config", async () => {
    const project = await test.project("guarded", PROGRAM, {
      "pack/PulumiPolicy.yaml": "runtime: nodejs\n",
      "pack/package.json": JSON.stringify({ name: "pack", version: "1.0.0" }),
      "pack/index.js": PACK,
    });
    await project.config("name", "x", true);
    await project.config("rule", "allow");
    const allowed = await project.run("preview", "--policy-pack", "pack");
    expect(allowed.exitCode, allowed.output).toBe(0);
    await project.config("rule", "forbid");
    const refused = await project.run("preview", "--policy-pack", "pack");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain("nothing is allowed in test");
    project.write("pack/index.js", 'throw new Error("the pack is broken");');
    const broken = await project.run("preview", "--policy-pack", "pack");
    expect(broken.exitCode).not.toBe(0);
    expect(broken.output).toContain("the pack is broken");
  });

  it("leaves nothing behind when the engine is killed", async () => {
    const project = await test.project(
      "killed",
      "await new Promise((resolve) => setTimeout(resolve, 60_000));",
    );
    const child = spawn(join(test.folder, "bin/pulumi"), ["preview", "--non-interactive"], {
      cwd: project.folder,
      env: { ...process.env, ...test.environment() },
      stdio: "ignore",
    });
    await until(() => processesWith(project.folder).length >= 1);
    child.kill("SIGKILL");
    await until(() => processesWith(test.folder).length === 0);
    expect(processesWith(test.folder)).toEqual([]);
  });
});

/** Command lines of all processes that mention the text. */
function processesWith(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.includes(text));
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !condition() && Date.now() < end; ) await sleep(100);
}
