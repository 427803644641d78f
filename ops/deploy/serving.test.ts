// Unit tests of what counts as serving, and of what is said about it.
import type Docker from "dockerode";
import { expect, it } from "vitest";
import { removalOf } from "./removal.ts";
import { type Lead, servingLines, servingOf, workerLines } from "./serving.ts";

const container = (name: string, State: string) =>
  ({ Id: name, Names: [`/${name}`], State }) as Docker.ContainerInfo;
const lead = (to: string): Lead => ({
  ...{ gatewayId: "gateway", gateway: "gateway", route: "app" },
  ...{ address: `${to}:8080`, container: to },
});

const containers = [
  ...[container("gateway", "running"), container("old", "running"), container("new", "exited")],
  container("worker", "running"),
];

it("what a gateway leads to serves while it runs, and so does the gateway", () => {
  expect([...servingOf([lead("old"), lead("new"), lead("gone")], containers).keys()]).toEqual([
    "gateway",
    "old",
  ]);
  expect([...servingOf([lead("new")], containers).keys()]).toEqual([]);
});

it("nothing that runs is removed while something serves, and nothing that stands still is removed by force", () => {
  const commands = (leads: Lead[]) => {
    const serving = servingOf(leads, containers);
    return containers.map((one) => removalOf(one, serving));
  };
  expect(commands([lead("old")])).toEqual([undefined, undefined, "docker rm new", undefined]);
  expect(commands([])).toEqual([
    "docker stop gateway && docker rm gateway",
    "docker stop old && docker rm old",
    "docker rm new",
    "docker stop worker && docker rm worker",
  ]);
});

it("says who serves only where something answered", () => {
  expect(
    servingLines([
      { route: "app", container: "old" },
      { route: "api", container: "new", problem: "which doesn't run" },
      { route: "web", problem: "its gateway is gone" },
    ]),
  ).toEqual([
    "route app is served by old, which answers",
    "nobody is served at route api: it leads to new, which doesn't run",
    "nobody is served at route web: its gateway is gone",
  ]);
});

it("A9: says which worker of a release runs, and of which none does", () => {
  const running = [
    { component: "worker", name: "worker-old", state: "running" },
    { component: "worker", name: "worker-new", state: "exited" },
  ];
  expect(workerLines(["worker", "scheduler"], running)).toEqual([
    "of service worker runs worker-old",
    "nothing of service scheduler runs",
  ]);
});
