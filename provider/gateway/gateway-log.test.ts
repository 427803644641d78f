// Which errors of a new version are too many.
import { describe, expect, it } from "vitest";
import { type ByClient, GatewayLog, tooManyErrors } from "./gateway-log.ts";

const none: ByClient = new Map();
/** Answers to one client after the other: how many, and how many of them with an error. */
const to = (...answers: [number, number][]): ByClient =>
  new Map(answers.map(([requests, errors], client) => [`192.0.2.${client}`, { requests, errors }]));

describe("errors of a new version", () => {
  it("are borne when they are few, or no more than the limit", () => {
    expect(tooManyErrors(to([4, 4]), none, 20, true)).toBeUndefined();
    expect(tooManyErrors(to([100, 20]), none, 20, true)).toBeUndefined();
  });

  it("are too many above the limit", () => {
    expect(tooManyErrors(to([20, 5]), none, 20, false)).toBe(
      "answered 5 of 20 requests with a server error (25 %, at most 20 % are allowed)",
    );
  });

  it("are borne where the old version was no better", () => {
    expect(tooManyErrors(to([10, 5]), to([10, 6]), 20, true)).toBeUndefined();
    expect(tooManyErrors(to([10, 5]), to([10, 4]), 20, true)).toContain("it was 40 %");
  });

  it("are borne where one client makes them and the others are served", () => {
    expect(tooManyErrors(to([5000, 5000], [6, 0]), none, 20, true)).toBeUndefined();
    const few = Array.from({ length: 20 }, (): [number, number] => [10, 0]);
    expect(tooManyErrors(to([900, 900], [900, 900], [900, 900], ...few), none, 20, true)).toBeUndefined();
  });

  it("are too many where the others see them as well", () => {
    expect(tooManyErrors(to([5000, 5000], [10, 6]), none, 20, false)).toContain("answered 6 of 10 requests");
  });

  it("of one client wait for the others, where there were others before, and count in the end if none came", () => {
    const before = to([50, 0], [40, 0]);
    expect(tooManyErrors(to([50, 50]), before, 20, false)).toBeUndefined();
    expect(tooManyErrors(to([50, 50]), before, 20, true)).toContain("answered 50 of 50 requests");
    expect(tooManyErrors(to([50, 50]), to([50, 0]), 20, false)).toContain("answered 50 of 50 requests");
  });
});

describe("the gateway's log", () => {
  it("counts by upstream and client, WebSockets with the rest, and passes over what is no request", () => {
    const log = new GatewayLog();
    for (const [upstream, status, client_ip] of [
      ["a:80", 200, "192.0.2.1"],
      ["a.:80", 101, "192.0.2.1"],
      ["a:80", 502, "192.0.2.2"],
      ["b:80", 500, "192.0.2.2"],
    ]) {
      log.count(JSON.stringify({ logger: "http.log.access", status, upstream, request: { client_ip } }));
    }
    log.count('{"msg":"no request","upstream"');
    log.count('{"msg":"started"}');
    expect(Object.fromEntries(log.answersOf(["a:80"]))).toEqual({
      "192.0.2.1": { requests: 2, errors: 0 },
      "192.0.2.2": { requests: 1, errors: 1 },
    });
    expect(log.answersOf(["a:80", "b:80", "c:80"]).get("192.0.2.2")).toEqual({ requests: 2, errors: 2 });
  });
});
