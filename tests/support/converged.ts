// What must hold after any accident and one more `up`: nothing left to do, nothing left over, and the app answers.
import { expect } from "vitest";
import type { TestProject } from "./project.ts";
import { ask, type Target } from "./requests.ts";

/** What the state knows and what stands on the host: both by the name of the kind. */
async function inventory(project: TestProject) {
  const exported = await project.pulumi(["stack", "export", "--stack", "staging"]);
  expect(exported.exitCode, exported.output).toBe(0);
  const { deployment } = JSON.parse(exported.output) as {
    deployment: { resources: { type: string; id: string }[]; pending_operations?: unknown[] };
  };
  const ids = (type: string) =>
    deployment.resources
      .filter((resource) => resource.type === type)
      .map((resource) => resource.id)
      .sort();
  const filters = JSON.stringify({ label: [`tandem.system=${project.name}`] });
  const containers = await project.docker.listContainers({ all: true, filters });
  const networks = await project.docker.listNetworks({ filters });
  const { Volumes } = await project.docker.listVolumes({ filters });
  return {
    pending: deployment.pending_operations ?? [],
    state: {
      containers: ids("docker:index/container:Container"),
      networks: ids("docker:index/network:Network"),
      volumes: ids("docker:index/volume:Volume"),
    },
    host: {
      containers: containers.map(({ Id }) => Id).sort(),
      networks: networks.map(({ Id }) => Id).sort(),
      volumes: (Volumes ?? []).map(({ Name }) => Name).sort(),
    },
  };
}

/** Where staging of a project answers, and as what. */
export function addressOf(project: TestProject): [Target, string] {
  const { hostPort, hostname } = project.config("staging");
  return [project.gateway ?? Number(hostPort), String(hostname)];
}

/** Nothing is left to do or left over, and the app answers. */
export async function expectWhole(project: TestProject): Promise<void> {
  const preview = await project.pulumi(["preview", "--stack", "staging", "--expect-no-changes", "--diff"]);
  expect(preview.exitCode, preview.output).toBe(0);
  const found = await inventory(project);
  expect(found.host).toEqual(found.state);
  expect(found.pending).toEqual([]);
  const ready = await ask(...addressOf(project), "/ready");
  expect(ready.status, ready.text).toBe(200);
}

/** One more `up` must do. */
export async function expectConverged(project: TestProject): Promise<void> {
  const up = await project.tandem(["up", "staging"]);
  expect(up.exitCode, up.output).toBe(0);
  await expectWhole(project);
}

/** The world is as the state says. */
export async function expectCleanRefresh(project: TestProject): Promise<void> {
  const flags = ["--stack", "staging", "--preview-only", "--expect-no-changes", "--diff"];
  const refresh = await project.pulumi(["refresh", ...flags]);
  expect(refresh.exitCode, refresh.output).toBe(0);
}
