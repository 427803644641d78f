import { describe, expect, it } from "vitest";
import { accessLine, isFailure } from "./access-log.ts";

const line = (fields: object) =>
  JSON.stringify({
    level: "info",
    ts: 1763712000.5,
    logger: "http.log.access.entry",
    msg: "handled request",
    ...fields,
  });

describe("a line of the gateway's access log", () => {
  it("tells when, and with which status", () => {
    expect(accessLine(line({ status: 200 }))).toEqual({ at: 1763712000.5, status: 200 });
    expect(accessLine(line({ status: 502 }))).toEqual({ at: 1763712000.5, status: 502 });
  });

  it("is told from others, even where a request quotes one, and from one that the rotation cut in two", () => {
    expect(accessLine(line({ logger: "admin.api", status: 200 }))).toBeUndefined();
    expect(accessLine(line({ logger: "http.handlers", uri: '/"http.log.access"', status: 200 }))).toBe(
      undefined,
    );
    expect(accessLine('ger":"http.log.access.entry","status":200}')).toBeUndefined();
    expect(accessLine("plain text")).toBeUndefined();
  });
});

describe("a failed request", () => {
  it("is one that a server failed, not one that a client gave up or got wrong", () => {
    expect([500, 502, 503, 504].every(isFailure)).toBe(true);
    expect([0, 101, 200, 404, 499].some(isFailure)).toBe(false);
  });
});
