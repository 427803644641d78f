// What a release that fails leaves alone. Docker is a list here: real ones are in tests/integration/whole-release.test.ts.
import type Docker from "dockerode";
import { expect, it } from "vitest";
import { deploy } from "./deploy.ts";
import type { ReleaseSpec, ReleaseStart } from "./spec.ts";

interface Fake {
  service: string;
  running: boolean;
  /** Docker can't start it. */
  broken?: boolean;
  /** Its health check never ends. */
  hangs?: boolean;
}

/** Docker with containers by id. */
function dockerWith(containers: Record<string, Fake>): Docker {
  const of = (id: string) => containers[id] as Fake;
  const labelsOf = ({ service }: Fake) => ({
    ...{ "tandem.system": "s", "tandem.environment": "e", "tandem.component": service },
  });
  return {
    listContainers: ({ filters }: { filters: string }) => {
      const wanted = (JSON.parse(filters) as { label: string[] }).label;
      const all = Object.entries(containers).filter(
        ([, fake]) => fake.running && wanted.includes(`tandem.component=${fake.service}`),
      );
      return Promise.resolve(all.map(([Id, fake]) => ({ Id, Labels: labelsOf(fake) })));
    },
    getContainer: (id: string) => ({
      inspect: () =>
        Promise.resolve({
          ...{ Id: id, Name: `/${id}`, RestartCount: 0 },
          Config: {
            Labels: labelsOf(of(id)),
            ...(of(id).hangs ? { Healthcheck: { Test: ["CMD", "check"] } } : {}),
          },
          State: { Running: of(id).running, ExitCode: 0 },
          HostConfig: { RestartPolicy: { Name: "always" } },
        }),
      exec: () => new Promise(() => undefined),
      logs: () => Promise.resolve(Buffer.alloc(0)),
      update: () => Promise.resolve(),
      stop: () => {
        of(id).running = false;
        return Promise.resolve();
      },
      start: () => {
        if (of(id).running) return Promise.reject(Object.assign(new Error("runs"), { statusCode: 304 }));
        if (of(id).broken) return Promise.reject(new Error("no such device"));
        of(id).running = true;
        return Promise.resolve();
      },
    }),
  } as never;
}

const ctx = { signal: new AbortController().signal, status: () => undefined, log: () => undefined } as never;
const start = (id: string, stopFirst = false): ReleaseStart => ({
  ...{ id, name: id, service: id.replace(/[0-9]+$/, ""), stopFirst },
  ...{ healthTimeoutSeconds: 30, watchSeconds: 0 },
});
const release = (...starts: ReleaseStart[]): ReleaseSpec => ({ starts, routes: [] });
const web = { service: "web", running: true };
const worker = { service: "worker", running: false };

it("a service that becomes part of a release serves on where another one of it can't start", async () => {
  const containers: Record<string, Fake> = {
    web1: { ...web, hangs: true },
    worker1: { ...worker, broken: true },
  };
  const failed = deploy(dockerWith(containers), release(start("web1"), start("worker1")), undefined, ctx);
  await expect(failed).rejects.toThrow(/no such device\n.*Stopped: worker1\. Running: web1\./);
  expect(containers.web1?.running).toBe(true);
});

it("what had ended of a version that was completed runs again, although another one of it can't", async () => {
  const containers: Record<string, Fake> = {
    web1: { ...web, running: false },
    worker1: { ...worker, broken: true },
  };
  const spec = release(start("web1"), start("worker1"));
  await expect(deploy(dockerWith(containers), spec, spec, ctx)).rejects.toThrow(/no such device/);
  expect(containers.web1?.running).toBe(true);
});

it("a worker that may exist once from now on runs again where its release fails", async () => {
  const containers: Record<string, Fake> = {
    worker1: { ...worker, running: true },
    worker2: { ...worker, broken: true },
  };
  const spec = release(start("worker2", true));
  const failed = deploy(dockerWith(containers), spec, release(start("worker1")), ctx);
  await expect(failed).rejects.toThrow(/worker1, was started again.*Stopped: worker2\. Running: worker1\./s);
  expect(containers.worker1?.running).toBe(true);
});
