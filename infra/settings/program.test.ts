// What the running program gets from the engine's flat map of text.
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { settings as oracle } from "../../stacks/oracle/settings.ts";
import { inProject, productionSource, projectSource } from "../check/testing.ts";
import { readSettings } from "./program.ts";

const staging = {
  "oracle:hostname": "staging-oracle.ingeniotech.co.uk",
  "oracle:hostPort": "3101",
  "oracle:postgresPort": "15101",
  "oracle:image": "tandem-example:0.1.0",
  "oracle:banner": "",
  "oracle:postgresForwardPort": "0",
  "oracle:limits": '{"app":{"memory":"1g"}}',
  "oracle:voipSync": "false",
};

beforeAll(() =>
  pulumi.runtime.setMocks(
    { call: (args) => args.inputs, newResource: (args) => ({ id: args.name, state: args.inputs }) },
    "oracle",
    "staging",
  ),
);

function withConfig(config: Record<string, string>, secrets: string[] = []) {
  pulumi.runtime.setAllConfig({ ...staging, ...config }, secrets);
  return readSettings(oracle);
}

describe("the program's settings", () => {
  it("are typed, with defaults for what is left out", async () => {
    const settings = await withConfig({});
    expect(settings.hostPort).toBe(3101);
    expect(settings.voipSync).toBe(false);
    expect(settings.banner).toBeUndefined();
    expect(settings.postgresForwardPort).toBeUndefined();
    expect(settings.limits.app).toEqual({ cpus: 1, memoryMb: 1024, pids: 256 });
    expect(settings.limits.redis.memoryMb).toBe(256);
    expect(settings.releaseData).toEqual([]);
  });

  it("hand secrets out as secret Outputs", async () => {
    const { voipToken } = await withConfig({ "oracle:voipToken": "hunter2" }, ["oracle:voipToken"]);
    expect(pulumi.Output.isInstance(voipToken)).toBe(true);
    if (voipToken === undefined) throw new Error("no token");
    expect(await pulumi.isSecret(voipToken)).toBe(true);
    expect(await new Promise((resolve) => voipToken.apply(resolve))).toBe("hunter2");
  });

  it("hand variables of services out by role, secret ones as secret Outputs", async () => {
    const config = {
      "oracle:environment": '{"app":{"FEATURE_X":"on"}}',
      "oracle:secrets": '{"app":{"API_KEY":"hunter2"}}',
    };
    const { environment, secrets } = await withConfig(config, ["oracle:secrets"]);
    expect(environment).toEqual({ app: { FEATURE_X: "on" } });
    const key = secrets.app?.API_KEY;
    if (key === undefined) throw new Error("no key");
    expect(await pulumi.isSecret(key)).toBe(true);
    expect(await new Promise((resolve) => key.apply(resolve))).toBe("hunter2");
    await expect(withConfig(config)).rejects.toThrow(/oracle:secrets.app.API_KEY is a secret in plain text/);
  });

  it("leave out a secret that only has the project file's empty default", async () => {
    expect((await withConfig({ "oracle:voipToken": "" })).voipToken).toBeUndefined();
  });

  it("come with a warning of what has no use", async () => {
    expect((await withConfig({ "oracle:postgresForwardPort": "16101" })).postgresForwardPort).toBe(16_101);
  });

  it("stop with every problem at once, without a stack trace or a secret", async () => {
    const run = withConfig({ "oracle:hostPort": "0", "oracle:voipToken": "hunter2", "oracle:tunnel": "[}" });
    const error: unknown = await run.catch((reason: unknown) => reason);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    const { message } = error as Error;
    for (const part of ["oracle:hostPort", "oracle:voipToken", "oracle:tunnel", "pulumi config set"]) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain("hunter2");
  });

  it("are compared with the project's other stacks", async () => {
    pulumi.runtime.setAllConfig({ ...staging, "oracle:hostPort": "3100" });
    const files = { "Pulumi.yaml": projectSource, "Pulumi.production.yaml": productionSource };
    const run = inProject(files, (projectDir) => readSettings(oracle, { projectDir }));
    await expect(run).rejects.toThrow(/3100 is the hostPort of production/);
  });
});
