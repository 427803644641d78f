import { describe, expect, it } from "vitest";
import { accessLine, isFailure, linesBackTo } from "./access-log.ts";

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

describe("the lines of a log from a time on", () => {
  /** A log of one line a second, from second 0, as Docker frames it; tells how many lines it was asked for. */
  function logOf(seconds: number) {
    const asked: number[] = [];
    const frame = (text: string) => {
      const head = Buffer.alloc(8);
      head.writeUInt8(1);
      head.writeUInt32BE(text.length, 4);
      return Buffer.concat([head, Buffer.from(text)]);
    };
    const logs = async ({ tail = 0 }: { tail?: number }) => {
      asked.push(tail);
      const first = Math.max(0, seconds - tail);
      // Each hundredth line is so long that Docker cuts it into two entries.
      const all = Array.from({ length: seconds - first }, (_, at) => {
        const text = `{"ts":${first + at}.5}\n`;
        return (first + at) % 100 === 99 ? [text.slice(0, 5), text.slice(5)] : [text];
      });
      return Buffer.concat(all.flat().slice(-tail).map(frame));
    };
    return { asked, container: { logs } as unknown as Parameters<typeof linesBackTo>[0] };
  }

  it("are read from the end, and no more than needed", async () => {
    const { asked, container } = logOf(100_000);
    expect((await linesBackTo(container, 99_000)).length).toBeLessThan(2_000);
    expect(await linesBackTo(container, 95_000)).toContain('{"ts":95000.5}');
    expect(asked).toEqual([2_000, 2_000, 8_000]);
  });

  it("are all that there are where the log begins later", async () => {
    const { asked, container } = logOf(3_000);
    expect(await linesBackTo(container, -1)).toHaveLength(3_001);
    expect(asked).toEqual([2_000, 8_000]);
  });
});
