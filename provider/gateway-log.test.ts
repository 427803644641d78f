// Which errors of a new version are too many.
import { describe, expect, it } from "vitest";
import { GatewayLog, tooManyErrors } from "./gateway-log.ts";

const none = { requests: 0, errors: 0 };

describe("errors of a new version", () => {
  it("are borne when they are few, or no more than the limit", () => {
    expect(tooManyErrors({ requests: 4, errors: 4 }, none, 20)).toBeUndefined();
    expect(tooManyErrors({ requests: 100, errors: 20 }, none, 20)).toBeUndefined();
  });

  it("are too many above the limit", () => {
    expect(tooManyErrors({ requests: 20, errors: 5 }, none, 20)).toBe(
      "answered 5 of 20 requests with a server error (25 %, at most 20 % are allowed)",
    );
  });

  it("are borne where the old version was no better", () => {
    expect(tooManyErrors({ requests: 10, errors: 5 }, { requests: 10, errors: 6 }, 20)).toBeUndefined();
    expect(tooManyErrors({ requests: 10, errors: 5 }, { requests: 10, errors: 4 }, 20)).toContain(
      "it was 40 %",
    );
  });
});

describe("the gateway's log", () => {
  it("counts by upstream, WebSockets with the rest, and passes over what is no request", () => {
    const log = new GatewayLog();
    for (const [upstream, status] of [
      ["a:80", 200],
      ["a.:80", 101],
      ["a:80", 502],
      ["b:80", 500],
    ]) {
      log.count(JSON.stringify({ logger: "http.log.access", status, upstream }));
    }
    log.count('{"msg":"no request","upstream"');
    log.count('{"msg":"started"}');
    expect(log.answersOf(["a:80"])).toEqual({ requests: 3, errors: 1 });
    expect(log.answersOf(["a:80", "b:80", "c:80"])).toEqual({ requests: 4, errors: 2 });
  });
});
