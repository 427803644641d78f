// Whose a one-off container is, and whether its command still lives.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { labels } from "../docker-client.ts";
import { oneOffLabels, oneOffOf, oneOffsIn } from "./one-off-labels.ts";

const own = { system: "shop", environment: "staging", purpose: "run app" };
const made = oneOffLabels(own);

describe("a one-off container", () => {
  it("has none of the labels by which an environment's containers are found", () => {
    for (const label of Object.values(labels)) expect(made).not.toHaveProperty(label);
  });

  it("is not left over while its command runs", () => {
    expect(oneOffOf(made)).toEqual({ ...own, isLeft: false });
  });

  it("is left over when its command is gone, or its number belongs to another process", () => {
    const gone = execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).trim();
    expect(oneOffOf({ ...made, "tandem.one-off.pid": gone })?.isLeft).toBe(true);
    expect(oneOffOf({ ...made, "tandem.one-off.started": "1000000000000" })?.isLeft).toBe(true);
  });

  it("is nobody's here to judge where its command ran on another machine", () => {
    const elsewhere = { ...made, "tandem.one-off.machine": "another", "tandem.one-off.pid": "0" };
    expect(oneOffOf(elsewhere)?.isLeft).toBe(false);
  });

  it("is no other container, and no other environment's", () => {
    const of = (Labels: Record<string, string>) => oneOffsIn([{ Labels }], "shop", "staging").length;
    expect([of(made), of({}), of(oneOffLabels({ ...own, environment: "production" }))]).toEqual([1, 0, 0]);
  });
});
