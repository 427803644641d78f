// When a release that has taken over has come to its end.
import { expect, it } from "vitest";
import { settleTogether } from "./settle.ts";

const start = { service: "worker", id: "new", name: "worker-1", stopFirst: false, watchSeconds: 0 };
const spec = { starts: [start], routes: [] };
const seen = {
  fresh: [start],
  earlier: [{ service: "worker", id: "old", name: "worker-0", stopFirst: false }],
  keep: [],
};

async function settled(signal: AbortSignal): Promise<void> {
  const ctx = { signal, status: () => undefined, log: () => undefined };
  await settleTogether({} as never, spec as never, seen as never, [], ctx as never);
}

it("is one when the watch is over", async () => {
  await expect(settled(new AbortController().signal)).resolves.toBeUndefined();
});

it("is none when the run was stopped before: the version before is still needed", async () => {
  await expect(settled(AbortSignal.abort())).rejects.toThrow("stopped while the new version was watched");
});
