// How problems are shown.
import { describe, expect, it } from "vitest";
import type { Problem } from "./index.ts";
import { hasErrors, problemsAsJson, renderProblems } from "./render.ts";

const error: Problem = {
  kind: "out-of-range",
  severity: "error",
  key: "oracle:hostPort",
  file: "Pulumi.staging.yaml",
  line: 4,
  reason: "70000 is out of range: a port is 1 to 65535",
  fix: "pulumi config set oracle:hostPort 3100 --stack staging",
};
const warning: Problem = { ...error, severity: "warning", key: "", line: undefined };

describe("the renderer", () => {
  it("shows what, where, why and how to fix it", () => {
    expect(renderProblems([error, warning], { color: false })).toBe(
      [
        "✗ oracle:hostPort 70000 is out of range: a port is 1 to 65535",
        "    Pulumi.staging.yaml:4",
        "    pulumi config set oracle:hostPort 3100 --stack staging",
        "! Pulumi.staging.yaml 70000 is out of range: a port is 1 to 65535",
        "    Pulumi.staging.yaml",
        "    pulumi config set oracle:hostPort 3100 --stack staging",
        "",
        "1 error, 1 warning; nothing was touched",
        "",
      ].join("\n"),
    );
    expect(renderProblems([])).toBe("");
  });

  it("gives programs JSON, and says whether to stop", () => {
    expect(JSON.parse(problemsAsJson([error]))).toEqual({ problems: [error] });
    expect(hasErrors([warning])).toBe(false);
    expect(hasErrors([warning, error])).toBe(true);
  });
});
