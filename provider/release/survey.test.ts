// What shall run if a release fails, and where its routes lead then.
import { describe, expect, it } from "vitest";
import { backTo } from "./go-back.ts";
import { type Earlier, whatToKeep } from "./survey.ts";

/** A container of the service that it is named after. */
const one = (id: string, stopFirst = false): Earlier => ({
  ...{ id, name: `${id}-name`, service: id.replace(/[0-9]+$/, ""), stopFirst },
});
const states = (...running: string[]) =>
  new Map<string, boolean | undefined>(running.map((id) => [id, true]));

describe("what shall run if a release fails", () => {
  const completed = [one("web1"), one("worker1"), one("once1", true)];

  it("is the version that was completed, also where what may exist once was ended by a run that was killed", () => {
    const earlier = [one("web1"), one("worker1"), one("web2"), one("worker2"), one("once2", true)];
    const seen = states("web1", "worker1").set("once1", false);
    expect(whatToKeep(earlier, [one("web3")], completed, seen)).toEqual(completed);
  });

  it("is what runs, where a part of the completed version is gone or ended", () => {
    const earlier = [one("web2"), one("worker2")];
    expect(whatToKeep(earlier, [one("web3")], completed, states("web1"))).toEqual(earlier);
    expect(whatToKeep(earlier, [one("web3")], completed, states("web1", "worker1"))).toEqual(earlier);
  });

  it("is what runs before the first release, be it of services that become one", () => {
    const own = [one("web"), one("worker")];
    expect(whatToKeep([], own, [], states("web", "worker"))).toEqual(own);
    expect(whatToKeep([], own, [], states())).toEqual([]);
    expect(whatToKeep([one("web1")], [one("web2")], [], states("web1", "web2"))).toEqual([one("web1")]);
  });

  it("is the new version where a run was killed when it ended the one before, and the rest of that", () => {
    const own = [one("web2"), one("worker2"), one("once2", true)];
    const seen = states("web2", "worker2", "once2", "worker1").set("web1", false).set("once1", false);
    expect(whatToKeep([one("worker1")], own, completed, seen)).toEqual([
      one("worker1"),
      one("web2"),
      one("once2", true),
    ]);
  });

  it("is also what was completed and has ended since, as after a loss of power", () => {
    const seen = states("worker1").set("web1", false).set("once1", false);
    expect(whatToKeep([], completed, completed, seen)).toEqual(completed);
  });
});

describe("a route that leads to what is stopped", () => {
  it("leads to the version that is kept, with each of its files, and no other is touched", () => {
    const upstreams = {
      "web.1": "web2:80\n",
      "web.1.stream": "web2.:80\n",
      "web.2": "web1-2:80\n",
      "web.3": "web2-3:80\n",
    };
    expect(backTo(upstreams, new Set(["web1-1", "web1-2"]), ["web1-1:80", "web1-2:80"])).toEqual({
      "web.1": "web1-1:80",
      "web.1.stream": "web1-1.:80",
      "web.3": "web1-1:80",
    });
  });
});
