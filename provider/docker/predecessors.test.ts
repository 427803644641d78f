// Who a new container takes over from, and what becomes of those when it fails. Docker is a list here: real ones are in
// tests/integration/ready-made.test.ts.
import type Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { containerStart } from "../container-start.ts";
import { predecessors, startAgain, stopPredecessors } from "./predecessors.ts";

const LABELS = { "tandem.system": "s", "tandem.environment": "e", "tandem.component": "app" };

interface Fake {
  labels: Record<string, string>;
  running: boolean;
  /** Nothing stops it. */
  stuck?: boolean;
  /** Docker can't start it. */
  broken?: boolean;
  restart?: string;
}

/** Docker with containers by id. */
function dockerWith(containers: Record<string, Fake>): Docker {
  const all = Object.entries(containers);
  const of = (id: string) => containers[id] as Fake;
  return {
    listContainers: ({ filters }: { filters: string }) => {
      const wanted = (JSON.parse(filters) as { label: string[] }).label;
      const fits = ({ labels }: Fake) =>
        wanted.every((each) => Object.entries(labels).some((pair) => pair.join("=") === each));
      const found = all.filter(([, fake]) => fake.running && fits(fake));
      return Promise.resolve(found.map(([Id, { labels }]) => ({ Id, Labels: labels })));
    },
    getContainer: (id: string) => ({
      inspect: () =>
        Promise.resolve({
          Id: id,
          Name: `/${id}`,
          Config: { Labels: of(id).labels },
          State: { Running: of(id).running },
          HostConfig: { RestartPolicy: { Name: of(id).restart ?? "always" } },
        }),
      update: ({ RestartPolicy }: { RestartPolicy?: { Name: string } }) => {
        if (RestartPolicy !== undefined) of(id).restart = RestartPolicy.Name;
        return Promise.resolve();
      },
      stop: () => {
        of(id).running = of(id).stuck === true;
        return Promise.resolve();
      },
      start: () => {
        if (of(id).broken) return Promise.reject(new Error("port is already allocated"));
        of(id).running = true;
        return Promise.resolve();
      },
    }),
  } as never;
}

const status = { status: () => undefined };

describe("predecessors", () => {
  it("are the containers of the same service, and neither its migration nor what is made for a moment", async () => {
    const docker = dockerWith({
      fresh: { labels: LABELS, running: false },
      old: { labels: LABELS, running: true },
      migration: { labels: { ...LABELS, "tandem.migration": "true" }, running: true },
      look: { labels: { ...LABELS, "tandem.transient": "true" }, running: true },
      other: { labels: { ...LABELS, "tandem.component": "web" }, running: true },
    });
    expect(await predecessors(docker, "fresh")).toEqual(["old"]);
  });

  it("are none where a container doesn't say whose it is", async () => {
    const labels = { "tandem.component": "app" };
    const docker = dockerWith({ fresh: { labels, running: false }, old: { labels: LABELS, running: true } });
    expect(await predecessors(docker, "fresh")).toEqual([]);
  });

  it("run again, and after a restart of Docker, when one of them can't be stopped", async () => {
    const containers: Record<string, Fake> = {
      one: { labels: LABELS, running: true },
      two: { labels: LABELS, running: true, stuck: true },
      fresh: { labels: LABELS, running: false },
    };
    const docker = dockerWith(containers);
    await expect(stopPredecessors(docker, ["one", "two"], status)).rejects.toThrow(/two can't be stopped/);
    const said = await startAgain(docker, "fresh", ["one", "two"]);
    expect(said).toMatch(/one, was started again\.\n.*two, runs as before/);
    for (const id of ["one", "two"])
      expect(containers[id]).toMatchObject({ running: true, restart: "always" });
  });

  it("run again when Docker can't start the new one, which it then doesn't try again by itself", async () => {
    const containers: Record<string, Fake> = {
      old: { labels: LABELS, running: true },
      fresh: { labels: LABELS, running: false, broken: true },
    };
    const client = { docker: () => Promise.resolve(dockerWith(containers)) };
    const inputs = { containerId: "fresh", containerName: "fresh", stopFirst: true, pids: 9 };
    const up = async () => containerStart.create({ inputs } as never, { client, ...status } as never);
    await expect(up()).rejects.toThrow(
      /port is already allocated\nThe version before, old, was started again/,
    );
    expect(containers.old).toMatchObject({ running: true, restart: "always" });
    expect(containers.fresh).toMatchObject({ running: false, restart: "no" });
  });

  it("stay ended while the one that failed still runs", async () => {
    const docker = dockerWith({
      old: { labels: LABELS, running: false },
      fresh: { labels: LABELS, running: true, stuck: true },
    });
    expect(await startAgain(docker, "fresh", ["old"])).toMatch(
      /wasn't started again, since fresh can't be stopped/,
    );
    expect((await docker.getContainer("old").inspect()).State.Running).toBe(false);
  });
});
