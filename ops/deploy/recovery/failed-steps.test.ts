// Which failures of the engine leave it open whether something was made.

import { expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import { openEndsOf } from "./failed-steps.ts";

const urn = (name: string) => `urn:pulumi:staging::oracle::docker:index/network:Network::${name}`;

function failure(name: string, op = "create"): object {
  const resource = { urn: urn(name), type: types.network, inputs: { name } };
  return {
    resOpFailedEvent: { metadata: { op, urn: urn(name), new: op === "delete" ? null : resource } },
  };
}

function error(name: string, message: string): object {
  return { diagnosticEvent: { urn: urn(name), severity: "error", message } };
}

const log = (...events: object[]) => events.map((event) => JSON.stringify(event)).join("\n");
const names = (text: string) => openEndsOf(text).map(({ resource }) => resource.inputs?.name);

it("counts a creation whose connection broke, or that was interrupted", () => {
  const events = [
    error("a", "error during connect: Post http://…/networks/create: EOF"),
    failure("a"),
    error("b", "context canceled"),
    failure("b", "create-replacement"),
  ];
  expect(names(log(...events))).toEqual(["a", "b"]);
  expect(openEndsOf(log(...events))[0]?.type).toBe("creating");
});

it.each([
  "Error response from daemon: network with name a already exists",
  'Conflict. The container name "/a" is already in use by container "1f"',
  'database "a" already exists',
])("leaves alone what bears the name already: %s", (message) => {
  expect(names(log(error("a", message), failure("a")))).toEqual([]);
});

it("counts no deletions and no updates", () => {
  expect(names(log(failure("a", "delete"), failure("b", "update"), failure("c", "delete-replaced")))).toEqual(
    [],
  );
});

it("reads a log whose last line is torn", () => {
  expect(names(`${log(failure("a"))}\n{"resOpFailedEv`)).toEqual(["a"]);
});
