// Which container of a service a command means.
import { describe, expect, it } from "vitest";
import { inOrder, isOwn, type Listed, nameOf, unknownService } from "./service-containers.ts";

const container = (name: string, State: string, Status: string, Created = 0): Listed => ({
  ...{ Id: name, Names: [`/${name}`], State, Status, Created, Labels: {} },
});

describe("of several containers", () => {
  it("the first healthy replica comes first, and of one replica the newest", () => {
    const ordered = inOrder([
      container("shop_staging_app-10-aaaaaaa", "running", "Up 2 minutes (healthy)", 1),
      container("shop_staging_app-1-bbbbbbb", "exited", "Exited (1)", 9),
      container("shop_staging_app-2-ccccccc", "running", "Up 2 minutes (healthy)", 1),
      container("shop_staging_app-1-ddddddd", "running", "Up 1 second (health: starting)", 9),
      container("shop_staging_app-2-eeeeeee", "running", "Up 1 minute (healthy)", 5),
    ]);
    expect(ordered.map(nameOf).map((name) => name.slice(-7, -6))).toEqual(["e", "c", "a", "d", "b"]);
  });
});

it("a service's migration is none of its containers: it has the owner's login", () => {
  const labelled = (name: string, Labels = {}): Listed => ({
    ...container(name, "running", "Up 1 second"),
    Labels: { "tandem.component": "app", ...Labels },
  });
  expect(isOwn(labelled("shop_staging_app-1-aaaaaaa"), "app")).toBe(true);
  expect(isOwn(labelled("shop_staging_app_migration"), "app")).toBe(false);
  expect(isOwn(labelled("shop_staging_app_job", { "tandem.migration": "true" }), "app")).toBe(false);
  expect(isOwn(labelled("any_name", { "tandem.transient": "true" }), "app")).toBe(false);
});

describe("a service that isn't there", () => {
  const project = { directory: "/nowhere" } as Parameters<typeof unknownService>[0];
  it("is told with the near ones and all that are", () => {
    const { message, fix } = unknownService(project, "staging", "ap", ["app", "gateway"]);
    expect([message, fix]).toEqual([
      'staging has no service "ap"',
      "did you mean app? services that it has: app, gateway",
    ]);
  });

  it("and an environment that isn't up, with the command that brings it up", () => {
    expect(unknownService(project, "staging", "app", [])).toMatchObject({
      message: "staging is not up: it has no containers",
      fix: expect.stringMatching(/up .*staging/),
    });
  });
});
