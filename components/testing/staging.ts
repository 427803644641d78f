// What most tests of components begin and end with.
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach } from "vitest";
import { Environment } from "../environment.ts";
import { type Registered, recordResources } from "./mocks.ts";

/** Before each test of a file: the environment `staging` of a system, whose resources are recorded; its program ends after the test. */
export function eachInStaging(
  begin: (made: { registered: Registered[]; env: Environment }) => void,
  system = "shop",
): void {
  beforeEach(async () => {
    const registered = await recordResources();
    begin({ registered, env: new Environment("staging", { system, environment: "staging" }) });
  });
  afterEach(() => pulumi.runtime.disconnect());
}
