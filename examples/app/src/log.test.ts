// The log must give nothing away: what clients hang on their errors stays out, passwords in URLs are struck.
import { describe, expect, it } from "vitest";
import { errorForLog } from "./log.ts";

describe("errorForLog", () => {
  it("leaves out everything but kind, message, code and stack", () => {
    const error = Object.assign(new Error("WRONGPASS"), {
      command: { name: "auth", args: ["app", "hidden"] },
    });
    expect(JSON.stringify(errorForLog(error))).not.toContain("hidden");
  });

  it("strikes credentials from URLs in messages and stacks", () => {
    const logged = JSON.stringify(errorForLog(new Error("no answer from redis://app:hidden@cache:6379/0")));
    expect(logged).toContain("redis://***@cache:6379/0");
    expect(logged).not.toContain("hidden");
  });

  it("copes with things that are no errors", () => {
    expect(errorForLog("postgres://a:hidden@b/c")).toEqual({ type: "string", message: "postgres://***@b/c" });
  });
});
