// Who pauses for a migration, and that all go on after it. Docker is a list here: real ones are in tests/integration/jobs.test.ts.
import type Docker from "dockerode";
import { expect, it } from "vitest";
import { whilePaused } from "./scheduler.ts";

const OWN = { "tandem.system": "s", "tandem.environment": "e", "tandem.component": "app" };

/** Docker with schedulers of services; `broken` ones can't be started again. */
function dockerWith(services: Record<string, { running: boolean; broken?: boolean }>) {
  const asked: string[] = [];
  const docker = {
    listContainers: ({ filters }: { filters: string }) => {
      asked.push(...(JSON.parse(filters) as { label: string[] }).label);
      const running = Object.entries(services).filter(([, { running }]) => running);
      return Promise.resolve(running.map(([Id]) => ({ Id, Labels: { "tandem.jobs-of": Id } })));
    },
    getContainer: (id: string) => ({
      inspect: () =>
        Promise.resolve({
          Name: `/${id}`,
          Config: {},
          State: { Running: services[id]?.running },
          HostConfig: {},
        }),
      update: () => Promise.resolve(),
      stop: () => {
        (services[id] as { running: boolean }).running = false;
        return Promise.resolve();
      },
      start: () => {
        if (services[id]?.broken) return Promise.reject(new Error("no space left"));
        (services[id] as { running: boolean }).running = true;
        return Promise.resolve();
      },
    }),
  };
  return { docker: docker as unknown as Docker, asked };
}

const said: string[] = [];
const ctx = { status: () => undefined, log: (_: string, text: string) => said.push(text) } as never;

it("the service's own scheduler pauses, others don't, and it goes on also where the work failed", async () => {
  const services = { app: { running: true }, other: { running: true } };
  const { docker, asked } = dockerWith(services);
  const failing = whilePaused(docker, { labels: OWN } as never, ctx, () => {
    expect([services.app.running, services.other.running]).toEqual([false, true]);
    return Promise.reject(new Error("syntax error"));
  });
  await expect(failing).rejects.toThrow("syntax error");
  expect([services.app.running, services.other.running]).toEqual([true, true]);
  expect(asked).toEqual(["tandem.system=s", "tandem.environment=e", "tandem.jobs-of"]);
});

it("a release's migration pauses the jobs of all its services", async () => {
  const services = { web: { running: true }, worker: { running: true }, app: { running: true } };
  const { docker } = dockerWith(services);
  const inputs = { labels: OWN, services: ["web", "worker"] } as never;
  const during = await whilePaused(docker, inputs, ctx, () =>
    Promise.resolve(Object.values(services).map(({ running }) => running)),
  );
  expect(during).toEqual([false, false, true]);
  expect(Object.values(services).map(({ running }) => running)).toEqual([true, true, true]);
});

it("one that can't be started again is told of, and hides nothing", async () => {
  const { docker } = dockerWith({ app: { running: true, broken: true } });
  expect(await whilePaused(docker, { labels: OWN } as never, ctx, () => Promise.resolve("done"))).toBe(
    "done",
  );
  expect(said.at(-1)).toMatch(/can't be started again; the next `up` does: no space left/);
});

it("nothing pauses for what doesn't say whose it is", async () => {
  const services = { app: { running: true } };
  const { docker } = dockerWith(services);
  const labels = { "tandem.component": "app" };
  await whilePaused(docker, { labels } as never, ctx, () => {
    expect(services.app.running).toBe(true);
    return Promise.resolve();
  });
});
