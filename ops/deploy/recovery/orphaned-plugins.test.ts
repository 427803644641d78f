// How a plugin process is told from others.
import { expect, it } from "vitest";
import { enginePortOf } from "./orphaned-plugins.ts";

it.each([
  [["/home/u/.pulumi/plugins/resource-docker-v5.2.0/pulumi-resource-docker", "127.0.0.1:41771"], 41771],
  [["/usr/bin/node", "/home/u/.pulumi/plugins/pulumi-resource-random", "127.0.0.1:5"], 5],
  [["pulumi-language-nodejs", "--flag", "127.0.0.1:33171"], 33171],
  // An engine, an editor, a plugin that was started by hand.
  [["/usr/bin/pulumi", "up", "127.0.0.1:1"], undefined],
  [["vim", "a", "pulumi-resource-docker", "127.0.0.1:1"], undefined],
  [["pulumi-resource-docker", "--version"], undefined],
  [["pulumi-resource-docker", "10.0.0.1:80"], undefined],
  [[], undefined],
])("%j: %s", (args, port) => {
  expect(enginePortOf(args)).toBe(port);
});
