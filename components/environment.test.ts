// Environment with Pulumi's mocks: names, labels, the providers that it hands on, and the fingerprint of secrets.
import { Provider as DockerProvider } from "@pulumi/docker/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Environment } from "./environment.ts";
import { only, type Registered, recordResources, settled } from "./testing/mocks.ts";

let registered: Registered[];

beforeEach(async () => {
  registered = await recordResources();
});

function environment(extra: Partial<ConstructorParameters<typeof Environment>[1]> = {}): Environment {
  return new Environment("staging", { system: "oracle", environment: "staging", ...extra });
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

  it("hands on providers that the program brings, and refuses those that it makes itself", async () => {
    const random = new RandomProvider("mine");
    const docker = new DockerProvider("other", { host: "ssh://deploy@example.test" });
    const args = { system: "oracle", environment: "staging" };
    const made = (opts: pulumi.ComponentResourceOptions) => new Environment("staging", args, opts);
    const options = [{ provider: docker }, { providers: [docker] }, { providers: { docker } }];
    for (const opts of options)
      expect(() => made(opts)).toThrow(/for docker.*Name the Docker host in `dockerHost`/s);
    made({ providers: [random] });
    await done();
    const key = only(registered, "random:index/randomPassword:RandomPassword");
    expect(key.provider).toContain("::mine");
  });

  it("fingerprints secrets with a key, so that equal values in two environments have different ones", async () => {
    const one = await settled(environment().fingerprint(["a"]));
    expect(one.secret).toBe(false);
    expect(one.value).toMatch(/^[0-9a-f]{16}$/);
  });
});
