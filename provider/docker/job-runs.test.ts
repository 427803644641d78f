// What a scheduler's container tells of its jobs: bounded, and no reason for a deploy to fail. Docker is a list here: real ones
// are in tests/integration/jobs.test.ts.
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { expect, it } from "vitest";
import { jobsOf } from "./job-runs.ts";

/** Docker with one scheduler, what the one before left behind, and its log; without one, none can be read. */
function dockerWith(earlier: string | Buffer, log?: string): Docker {
  const frame = (text: string) => {
    const head = Buffer.alloc(8);
    head.writeUInt8(1, 0);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const archive = pack();
  archive.entry({ name: "earlier-runs" }, earlier);
  archive.finalize();
  return {
    getContainer: () => ({
      inspect: () => Promise.resolve({ Config: { Env: ["TOKEN=hunter2"] }, State: { Running: true } }),
      getArchive: () => Promise.resolve(archive),
      logs: () => (log === undefined ? Promise.reject(new Error("not read")) : Promise.resolve(frame(log))),
    }),
  } as never;
}

const run = { startedAt: "2026-11-30T03:15:00.000Z", output: ["by hunter2"] };
const earlier = JSON.stringify([{ job: "tidy", runs: [run] }]);

it("a log that can't be read hides nothing of what is known, and ends no deploy", async () => {
  expect(await jobsOf(dockerWith(earlier), "id")).toEqual([
    { job: "tidy", runs: [{ ...run, output: ["by [secret]"] }] },
  ]);
});

it("a file that somebody in the container made endless isn't read", async () => {
  const log = JSON.stringify({ time: run.startedAt, msg: "starting", "job.command": ". /x/tidy" });
  const endless = Buffer.alloc(65 * 1024 * 1024, " ");
  endless.write(earlier);
  expect(await jobsOf(dockerWith(endless, log), "id")).toEqual([
    { job: "tidy", runs: [{ ...run, output: [] }] },
  ]);
});
