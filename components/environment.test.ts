// Environment with Pulumi's mocks: names, labels, the providers that it hands on, and the fingerprint of secrets.
import { Provider as DockerProvider } from "@pulumi/docker/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TandemProvider } from "../provider/sdk.ts";
import { Environment, type EnvironmentArgs } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { RedisInstance } from "./redis-instance.ts";
import { errorsOf, only, type Registered, recordResources, settled } from "./testing/mocks.ts";

const CONTAINER = "docker:index/container:Container";
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
let registered: Registered[];

beforeEach(async () => {
  registered = await recordResources();
});

function environment(
  extra: Partial<EnvironmentArgs> = {},
  opts?: pulumi.ComponentResourceOptions,
): Environment {
  return new Environment("staging", { system: "oracle", environment: "staging", ...extra }, opts);
}

/** Lets every registration settle. */
function done(): Promise<void> {
  return pulumi.runtime.disconnect();
}

// What still registers when the next test sets its mocks would fail there.
afterEach(done);

describe("Environment", () => {
  it("has fixed names, labels and a network of its own", async () => {
    const env = environment();
    await done();
    expect(env.name("pgdata")).toBe("oracle_staging_pgdata");
    expect(only(registered, "docker:index/network:Network").inputs).toMatchObject({
      name: "oracle_staging_network",
      labels: [
        { label: "tandem.system", value: "oracle" },
        { label: "tandem.environment", value: "staging" },
        { label: "tandem.component", value: "network" },
      ],
    });
  });

  it("takes the naming that a system has", () => {
    expect(environment({ naming: (role) => `aiia_prod_${role}` }).name("postgresql")).toBe(
      "aiia_prod_postgresql",
    );
  });

  it.each([
    "",
    "Oracle",
    "a_b",
    "-a",
    "a-",
    "x".repeat(21),
    "a b",
    "a;b",
  ])("refuses the name '%s'", (system) => {
    expect(() => environment({ system })).toThrow(/Environment: system/);
  });

  it("hands on providers that the program brings, but for its own package", async () => {
    const random = new RandomProvider("mine");
    const tandem = new TandemProvider("other", { dockerHost: "unix:///other.sock" });
    for (const opts of [{ provider: tandem }, { providers: [tandem] }, { providers: { tandem } }])
      expect(() => environment({}, opts)).toThrow(/for tandem.*Name the Docker host in `dockerHost`/s);
    environment({}, { providers: [random] });
    await done();
    const key = only(registered, "random:index/randomPassword:RandomPassword");
    expect(key.provider).toContain("::mine");
  });

  it.each<[string, (docker: DockerProvider) => pulumi.ComponentResourceOptions]>([
    ["alone", (docker) => ({ provider: docker })],
    ["in a list", (docker) => ({ providers: [docker] })],
    ["by its package", (docker) => ({ providers: { docker } })],
  ])("is made with the Docker provider that the program brings: %s", async (_, options) => {
    const docker = new DockerProvider("mine", { host: "unix:///var/run/docker.sock" });
    const env = environment({}, options(docker));
    new Gateway("gateway", { env, image: "caddy:1", hostPort: 3101, limits });
    await done();
    expect(env.providers.docker).toBe(docker);
    const made = registered.filter(({ type }) => type.startsWith("docker:"));
    expect(made.map(({ type }) => type.split(":").at(-1)).sort()).toEqual(["Container", "Network", "Volume"]);
    for (const { provider } of made) expect(provider).toContain("::mine");
    const named = registered.filter(({ type }) => type === "pulumi:providers:docker");
    expect(named.map(({ name }) => name)).toEqual(["mine"]);
    expect(only(registered, "tandem:docker:Image").provider).toContain("staging-tandem");
  });

  it("lets a preview know what is made with a Docker provider that names no host", async () => {
    registered = await recordResources("oracle", "staging", true);
    environment(
      {},
      { providers: [new DockerProvider("mine", { registryAuth: [{ address: "example.test" }] })] },
    );
    await done();
    expect(only(registered, "docker:index/network:Network").inputs.name).toBe("oracle_staging_network");
    const other = new DockerProvider("other", { host: "ssh://deploy@example.test" });
    expect(await errorsOf(() => environment({}, { provider: other }))).toEqual([
      expect.stringMatching(/is for ssh:/),
    ]);
  });

  it.each<[string, { host?: string; context?: string }, RegExp]>([
    [
      "is for another host",
      { host: "ssh://deploy@example.test" },
      /for docker .* is for ssh:.*environment for unix:/,
    ],
    ["names a context", { context: "desktop" }, /names the Docker context 'desktop'/],
  ])("makes nothing with a Docker provider that %s", async (_, args, message) => {
    const errors = await errorsOf(() => {
      const env = environment({}, { providers: [new DockerProvider("mine", args)] });
      new Gateway("gateway", { env, image: "caddy:1", hostPort: 3101, limits });
    });
    expect(errors).toEqual([expect.stringMatching(message)]);
    expect(registered.filter(({ type }) => /^(docker|tandem:(?!index)):?/.test(type))).toEqual([]);
  });

  it("goes with its components wherever they stand, and lets none have another Docker provider", async () => {
    const env = environment();
    const parent = new pulumi.ComponentResource("mine:index:Parts", "parts");
    new Gateway("gateway", { env, image: "caddy:1", hostPort: 3101, limits }, { parent });
    await done();
    expect(only(registered, CONTAINER).provider).toContain("staging-docker");
    expect(only(registered, "tandem:docker:ContainerStart").provider).toContain("staging-tandem");
    const provider = new DockerProvider("other", { host: "unix:///other.sock" });
    const redis = () => new RedisInstance("redis", { env, image: "redis:7", limits }, { provider });
    expect(redis).toThrow(/RedisInstance 'redis': it is given a provider for docker/);
    await done();
  });

  it("fingerprints secrets with a key, so that equal values in two environments have different ones", async () => {
    const one = await settled(environment().fingerprint(["a"]));
    expect(one.secret).toBe(false);
    expect(one.value).toMatch(/^[0-9a-f]{16}$/);
  });
});
