import { describe, expect, it } from "vitest";
import { chosenVersion, historyMessage, lastGood, rolledBackTo, type Version } from "./versions.ts";

/** Versions numbered from 1, each as what it served, how it ended, and what it was rolled back to. */
function history(...runs: { image: string; result?: string; kind?: string; back?: number }[]): Version[] {
  return runs.map(({ image, result = "succeeded", kind = "update", back }, index) => ({
    number: index + 1,
    kind,
    startedAt: "2026-11-21T09:00:00Z",
    result,
    message: historyMessage(back === undefined ? "up" : `rollback to ${back}`, {}, "ann@host"),
    images: { image },
    changes: {},
    config: {},
  }));
}

const target = (...runs: Parameters<typeof history>) => lastGood(history(...runs))?.number;

describe("the version to go back to", () => {
  it("is the last one that served another image well", () => {
    expect(target({ image: "a" }, { image: "b" })).toBe(1);
    // A change of settings only is no version to go back to.
    expect(target({ image: "a" }, { image: "b" }, { image: "b" })).toBe(1);
    expect(target({ image: "a" }, { image: "b", result: "failed" }, { image: "c" })).toBe(1);
    expect(target({ image: "a" }, { image: "a", kind: "refresh" }, { image: "b" })).toBe(1);
  });

  it("is the one that still serves, after a run that failed", () => {
    expect(target({ image: "a" }, { image: "b" }, { image: "b", result: "failed" })).toBe(2);
    expect(target({ image: "a" }, { image: "a", result: "in-progress" })).toBe(1);
  });

  it("is one older after a rollback, and never what was rolled back from", () => {
    const three = [{ image: "a" }, { image: "b" }, { image: "c" }];
    expect(target(...three, { image: "b", back: 2 })).toBe(1);
    expect(target(...three, { image: "b", back: 2 }, { image: "a", back: 1 })).toBeUndefined();
    // Deployed on purpose afterwards, it is wanted again.
    expect(target({ image: "a" }, { image: "b" }, { image: "a", back: 1 }, { image: "b" })).toBe(3);
    // The bad one between is passed over.
    expect(target({ image: "a" }, { image: "bad" }, { image: "a", back: 1 }, { image: "c" })).toBe(3);
  });

  it("is none where there is only one, or none", () => {
    expect(target({ image: "a" })).toBeUndefined();
    expect(target()).toBeUndefined();
  });
});

describe("a version that is chosen", () => {
  const versions = history({ image: "a" }, { image: "b", result: "failed" }, { image: "a", kind: "refresh" });

  it("must have served", () => {
    expect(chosenVersion(versions, 1).number).toBe(1);
    expect(() => chosenVersion(versions, 2)).toThrow(/version 2 never served: it failed/);
    expect(() => chosenVersion(versions, 3)).toThrow(/version 3 never served: it is a refresh/);
    expect(() => chosenVersion(versions, 4)).toThrow(/no version 4/);
  });
});

describe("who and what", () => {
  it("stands in the message: the CI system's user, else the one of the machine", () => {
    expect(historyMessage("up", { GITHUB_ACTOR: "ann" }, "root@runner")).toBe("up by ann");
    expect(historyMessage("up", { GITLAB_USER_LOGIN: "bob" }, "root@runner")).toBe("up by bob");
    expect(historyMessage("up", {}, "eve@laptop")).toBe("up by eve@laptop");
    expect(historyMessage("up", {})).toBe("up by unknown");
  });

  it("can be read from it", () => {
    const [version] = history({ image: "a", back: 7 });
    expect(version && rolledBackTo(version)).toBe(7);
    expect(version && rolledBackTo({ ...version, message: "rollback to 7 of prices" })).toBeUndefined();
  });
});
