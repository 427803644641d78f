// Unit tests of what of a state counts as gone from its host.
import { expect, it } from "vitest";
import type { StateResource } from "../../engine/state/backend.ts";
import { goneOf, type Standing } from "./gone.ts";

const resource = (kind: string, id: string, more: Partial<StateResource> = {}): StateResource => ({
  ...{ urn: `urn:${id}`, id, type: `docker:index/${kind.toLowerCase()}:${kind}` },
  ...more,
});
const state = [
  ...[resource("Container", "app"), resource("Container", "db"), resource("Network", "net")],
  ...[resource("Volume", "data", { retainOnDelete: true }), resource("Volume", "config")],
  resource("Container", "before", { delete: true }),
];
const container = (Id: string, State = "running") =>
  ({
    Id,
    State,
    Names: [],
    Labels: {},
    NetworkSettings: { Networks: { net: { NetworkID: "net" } } },
  }) as unknown as Standing["containers"][number];
const host = (more: Partial<Standing>): Standing => ({
  containers: [container("app"), container("db")],
  networks: [{ Id: "net" }],
  volumes: [{ Name: "data" }, { Name: "config" }],
  ...more,
});
const found = (more: Partial<Standing>) => {
  const { resources, stranded, lostData } = goneOf(state, host(more));
  return { gone: resources.map(({ id }) => id), stranded, lostData };
};

it("is what the host has no more, but for what waits for its deletion", () => {
  expect(found({})).toEqual({ gone: [], stranded: [], lostData: [] });
  expect(found({ containers: [container("db")] })).toEqual({ gone: ["app"], stranded: [], lostData: [] });
  expect(found({ volumes: [{ Name: "data" }] })).toEqual({ gone: ["config"], stranded: [], lostData: [] });
});

it("is what stands still on a network that is gone, too; what runs there is left alone", () => {
  expect(found({ networks: [], containers: [container("app"), container("db", "exited")] })).toEqual({
    ...{ gone: ["net", "db"], stranded: ["db"], lostData: [] },
  });
});

it("says where data is gone as well: that may be another host", () => {
  expect(found({ containers: [], volumes: [] })).toEqual({
    ...{ gone: ["app", "db", "config"], stranded: [], lostData: ["data"] },
  });
});
