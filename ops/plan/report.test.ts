// Unit tests of the preview's report: what hides behind an update, what is never told, and the length of the comment.
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../commands/preview-report.ts";
import { effectsOf } from "./effects.ts";
import { readEvents } from "./events.ts";
import { renderHtml } from "./html.ts";
import { COMMENT_LIMIT, renderMarkdown } from "./markdown.ts";
import { stackReport } from "./report.ts";

const urn = (type: string, name: string) => `urn:pulumi:staging::shop::${type}::${name}`;
const CONTAINER = "docker:index/container:Container";
const SECRET = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "canary-old",
};

interface Given {
  op: string;
  type?: string;
  name?: string;
  before?: object;
  after?: object;
  diffs?: string[];
}

const line = ({ op, type = CONTAINER, name = "app", before, after, diffs = [] }: Given) =>
  JSON.stringify({
    resourcePreEvent: {
      metadata: {
        op,
        type,
        urn: urn(type, name),
        ...(before ? { old: { inputs: before } } : {}),
        ...(after ? { new: { inputs: after } } : {}),
        diffs,
      },
    },
  });
const run = (...steps: Given[]) => ({ ...readEvents(steps.map(line)), ok: true, seconds: 1 });
const labels = [{ label: "tandem.component", value: "redis" }];

describe("a replacement that hides behind an update", () => {
  it("is found where the container can't change while it runs", () => {
    const step = {
      op: "update",
      before: { labels, user: "a" },
      after: { labels, user: "b" },
      diffs: ["user"],
    };
    expect(effectsOf(run(step))).toMatchObject({ hidden: ["app"], restarts: ["redis"] });
    const report = stackReport("staging", run(step));
    expect(report.risks.map(({ kind }) => kind)).toEqual(["restart", "hidden"]);
  });

  it("is none where it can", () => {
    const step = {
      op: "update",
      before: { labels, memory: 1 },
      after: { labels, memory: 2 },
      diffs: ["memory"],
    };
    expect(effectsOf(run(step))).toMatchObject({ hidden: [], restarts: [], updates: ["redis"] });
  });
});

describe("a container that is deleted first", () => {
  it("is a restart, one that is made first is none", () => {
    const steps = ["delete-replaced", "create-replacement"].map((op) => ({
      op,
      before: { labels },
      after: { labels },
    }));
    expect(effectsOf(run(...steps)).restarts).toEqual(["redis"]);
    expect(effectsOf(run(...steps.toReversed()))).toMatchObject({ restarts: [], replaces: ["redis"] });
  });
});

describe("what a volume's replacement makes of the exit code", () => {
  const volume = {
    op: "create-replacement",
    type: "docker:index/volume:Volume",
    name: "data",
    before: { name: "shop_data" },
  };
  it("is 6 unless it is approved", () => {
    const report = { project: "shop", stacks: [stackReport("staging", run(volume))], differences: [] };
    expect(report.stacks[0]?.risks[0]).toMatchObject({ weight: "stop", kind: "data" });
    expect(exitCodeOf(report, false)).toBe(6);
    expect(exitCodeOf(report, true)).toBe(0);
  });
});

describe("the comment", () => {
  it("tells no secret, and lets no value become markup", () => {
    const before = { labels, envs: SECRET, hostname: "<img src=x> ``` @everyone" };
    const step = {
      op: "update",
      before,
      after: { ...before, envs: { ...SECRET, ciphertext: "canary-new" } },
      diffs: ["envs", "hostname"],
    };
    const report = { project: "shop", stacks: [stackReport("stag<b>ing", run(step))], differences: [] };
    for (const text of [renderMarkdown(report), renderHtml(report), JSON.stringify(report)]) {
      expect(text).not.toMatch(/canary/);
    }
    expect(renderMarkdown(report)).toContain("stag&lt;b>ing");
    expect(renderMarkdown(report).match(/```/g)).toHaveLength(2);
    expect(renderHtml(report)).not.toContain("<img");
  });

  it("stays below GitHub's limit, whatever happens, and says what it left out", () => {
    const steps = Array.from({ length: 3000 }, (_, index) => ({
      op: "create",
      name: `resource-${index}`,
      after: { labels },
    }));
    const stacks = ["staging", "production"].map((stack) => stackReport(stack, run(...steps)));
    const text = renderMarkdown({ project: "shop", stacks, differences: [] });
    expect(text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(text.match(/and \d+ more/g)).toHaveLength(2);
    expect(text.match(/<details>/g)).toHaveLength(2);
    expect(text.match(/<\/details>/g)).toHaveLength(2);
    expect(renderMarkdown({ project: "shop", stacks, differences: [] }, 3000).length).toBeLessThanOrEqual(
      3000,
    );
  });
});
