// Unit tests of the preview's report: what hides behind an update, what is never told, and the length of the comment.

import { describe, expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import { exitCodeOf } from "../../commands/preview-report.ts";
import { effectsOf } from "./effects.ts";
import { readEvents } from "./events.ts";
import { renderHtml } from "./html.ts";
import { COMMENT_LIMIT, renderMarkdown } from "./markdown.ts";
import { differencesOf, stackReport } from "./report.ts";
import { revealHidden } from "./updates.ts";

const urn = (type: string, name: string) => `urn:pulumi:staging::shop::${type}::${name}`;
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

const line = ({ op, type = types.container, name = "app", before, after, diffs = [] }: Given) =>
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

describe("an update of a container", () => {
  const update = (key: string) =>
    run({ op: "update", before: { labels, [key]: 1 }, after: { labels, [key]: 2 }, diffs: [key] });

  it("is one where the container gets it while it runs", () => {
    expect(effectsOf(update("memory"))).toMatchObject({ updates: ["redis"], idle: [], restarts: [] });
  });

  it("is told where the container never gets it", () => {
    expect(effectsOf(update("healthcheck"))).toMatchObject({ updates: [], idle: ["app: healthcheck"] });
    expect(stackReport("staging", update("tmpfs")).risks.map(({ kind }) => kind)).toEqual(["idle"]);
  });

  it("is none where only the provider goes by it", () => {
    expect(effectsOf(update("waitTimeout"))).toMatchObject({ updates: [], idle: [], restarts: [] });
  });
});

describe("an image that is updated in its place", () => {
  const IMAGE = types.pulledImage;
  const planned = run(
    { op: "update", type: IMAGE, name: "image", before: { name: "shop:1" }, after: { name: "shop:1" } },
    { op: "same", before: { labels, image: "sha256:a" }, after: { labels, image: "sha256:a" } },
    { op: "same", name: "other", before: { image: "sha256:b" }, after: { image: "sha256:b" } },
  );
  for (const step of planned.steps) step.old = { ...step.old, outputs: { imageId: "sha256:a" } };

  it("replaces the containers whose image its name led to, once the name leads elsewhere", async () => {
    const seen = await revealHidden(planned, async () => "sha256:c");
    expect(effectsOf(seen)).toMatchObject({
      hidden: ["app"],
      restarts: ["redis"],
      images: [{ component: "redis", before: "sha256:a", after: "sha256:c" }],
    });
    expect(stackReport("staging", seen).risks.map(({ kind }) => kind)).toEqual([
      "restart",
      "hidden",
      "image",
    ]);
  });

  it("replaces none while the name leads where it led", async () => {
    expect(effectsOf(await revealHidden(planned, async () => "sha256:a"))).toMatchObject({ hidden: [] });
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
    type: types.volume,
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

describe("variables of a service", () => {
  it("are told by name where the engine says of the service only that it changes, secret ones without a value", () => {
    const type = "tandem:index:AppService";
    const before = { environment: { A: "1", B: "2" }, secrets: ["KEY"] };
    const after = { environment: { A: "1", B: "3", C: "4" }, secrets: ["KEY", "TOKEN"] };
    const [change] = stackReport("staging", run({ op: "update", type, before, after })).changes;
    expect(change?.properties).toEqual([
      { path: 'environment["B"]', before: "2", after: "3" },
      { path: 'environment["C"]', before: "", after: "4" },
      { path: "secrets", before: '["KEY"]', after: '["KEY","TOKEN"]' },
    ]);
  });

  it("are settings by themselves where the stacks differ, secret ones without a value", () => {
    const project = { name: "shop", defaults: { environment: {}, secrets: {} } } as never;
    const file = (config: Record<string, unknown>) => ({ config }) as never;
    const secure = { secure: "v1:canary" };
    const differences = differencesOf(project, {
      staging: file({
        "shop:environment": { app: { A: "1", B: "x" } },
        "shop:secrets": { app: { KEY: secure, TOKEN: secure } },
      }),
      production: file({
        "shop:environment": { app: { A: "2", B: "x" } },
        "shop:secrets": { app: { KEY: { secure: "v1:canary-other" } } },
      }),
    });
    expect(differences).toEqual([
      { key: "environment.app.A", values: { staging: "1", production: "2" } },
      { key: "secrets.app.TOKEN", values: { staging: "[secret]", production: undefined } },
    ]);
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
