// A hostile client: bytes at the gateway's port that no browser would send. Each is bounded in size and time.
import { connect } from "node:net";
import { ask } from "../support/requests.ts";
import type { Trap } from "./trap.ts";

/** Longest wait for an answer. */
const WAIT_MS = 4000;

/** Sends bytes as they are. @returns the status lines that came back, then `closed` or `waits` */
function send(
  port: number,
  bytes: string | Buffer,
  rest?: { text: string; everyMs: number },
): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    const more = rest && setInterval(() => socket.write(rest.text), rest.everyMs);
    const end = (how: string) => {
      clearInterval(more);
      clearTimeout(timer);
      socket.destroy();
      const status = answer.match(/HTTP\/[\d.]+ \d{3}/g) ?? [];
      resolve([...status, how].join(" "));
    };
    const timer = setTimeout(() => end("waits"), WAIT_MS);
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.once("close", () => end("closed"));
    socket.once("error", () => end("closed"));
    socket.write(bytes);
  });
}

type Request = (host: string, token: string) => string;

const get: (path: string, headers?: string) => Request =
  (path, headers = "") =>
  (host) =>
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`;

/** Requests by kind, and what must not come back. */
const REQUESTS: [kind: string, request: Request, refused?: RegExp][] = [
  [
    "both a length and chunks",
    (host) =>
      `POST /api/notes HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ],
  [
    "two lengths",
    (host) => `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello`,
    /HTTP\/1.1 20/,
  ],
  [
    "an encoding with a trick",
    (host) =>
      `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\nabcd`,
    /HTTP\/1.1 20/,
  ],
  [
    "a space before the colon",
    (host) => `GET / HTTP/1.1\r\nHost : ${host}\r\nHost: evil.example\r\n\r\n`,
    /HTTP\/1.1 20/,
  ],
  ["a folded header", (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\nX: a\r\n b\r\nConnection: close\r\n\r\n`],
  ["two hosts", (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\nHost: other.example\r\n\r\n`, /HTTP\/1.1 20/],
  ["no host", () => "GET / HTTP/1.1\r\n\r\n", /HTTP\/1.1 20/],
  ["a host with a path", (host) => `GET / HTTP/1.1\r\nHost: ${host}/../x\r\n\r\n`, /HTTP\/1.1 20/],
  [
    "a host with a placeholder",
    () => "GET / HTTP/1.1\r\nHost: {file./etc/passwd}{env.HOME}\r\nConnection: close\r\n\r\n",
    /HTTP\/1.1 20|root:/,
  ],
  [
    "the host of the gateway's own check",
    (_, token) => `GET /${token} HTTP/1.1\r\nHost: health.gateway.internal\r\nConnection: close\r\n\r\n`,
  ],
  [
    "an absolute address",
    () => "GET http://169.254.169.254/ HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n",
    /HTTP\/1.1 20/,
  ],
  ["a tunnel", () => "CONNECT 127.0.0.1:2019 HTTP/1.1\r\nHost: 127.0.0.1:2019\r\n\r\n", /HTTP\/1.1 20/],
  ["control characters in the path", get("/\u001b[2J%1b%5b2J%0d%0aSet-Cookie:x=y%00")],
  ["a path that climbs", get("/..%2f..%2f..%2fetc/passwd")],
  ["a secret in the query", (host, token) => get(`/?token=${token}secret`)(host, token)],
  [
    "forged forwarding headers",
    get(
      "/api/info",
      "X-Forwarded-For: 10.0.0.1, 127.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nForwarded: for=127.0.0.1\r\n",
    ),
  ],
  [
    "headers that the gateway drops",
    get(
      "/",
      "Connection: X-Forwarded-For, close\r\nTE: trailers, chunked\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    ),
  ],
  ["a WebSocket without its words", get("/", "Upgrade: websocket\r\nSec-WebSocket-Version: 99\r\n")],
  ["HTTP/2 without asking", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"],
  ["TLS on a plain port", () => "\u0016\u0003\u0001\0\u0005\u0001\0\0\u0001\0"],
  [
    "a header of a megabyte",
    (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${"x".repeat(1_050_000)}\r\n\r\n`,
    /HTTP\/1.1 20/,
  ],
  [
    "a length that is a lie",
    (host) =>
      `POST /api/notes HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n{`,
  ],
  [
    "a negative length",
    (host) => `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: -1\r\n\r\n`,
    /HTTP\/1.1 20/,
  ],
  ["noise", () => "\0\u0001\u0002\u0003".repeat(2000)],
];

/** Several at once, none longer than a few seconds. */
export const clientFloods: Trap[] = [
  {
    kind: "bodies that never end",
    async plant({ address: [port, host] }) {
      const head = `POST /api/notes HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\n{`;
      const slow = Array.from({ length: 40 }, () => send(port, head, { text: " ", everyMs: 500 }));
      const served = await ask(port, host, "/version");
      await Promise.all(slow);
      return `served ${served.status}`;
    },
    answer: /^served 200$/,
  },
  {
    kind: "headers that never end",
    async plant({ address: [port, host] }) {
      const slow = Array.from({ length: 40 }, () =>
        send(port, `GET / HTTP/1.1\r\nHost: ${host}\r\n`, { text: "X-A: b\r\n", everyMs: 300 }),
      );
      const served = await ask(port, host, "/version");
      await Promise.all(slow);
      return `served ${served.status}`;
    },
    answer: /^served 200$/,
  },
  {
    kind: "wrong passwords",
    async plant({ address: [port, host] }) {
      const guesses = Array.from({ length: 40 }, (_, guess) =>
        ask(port, host, "/version", undefined, `admin:${guess}`),
      );
      return (await Promise.allSettled(guesses)).length;
    },
  },
  {
    kind: "connections that are reset",
    async plant({ address: [port, host] }) {
      const reset = Array.from(
        { length: 100 },
        () =>
          new Promise<void>((resolve) => {
            const socket = connect(port, "127.0.0.1", () => {
              socket.write(get("/")(host, ""));
              socket.resetAndDestroy();
            });
            socket.once("error", () => undefined);
            socket.once("close", () => resolve());
          }),
      );
      await Promise.all(reset);
      return `served ${(await ask(port, host, "/version")).status}`;
    },
    answer: /^served 200$/,
  },
];

/** Requests that stand for themselves: several may be under way at once. */
export const clientRequests: Trap[] = REQUESTS.map(
  ([kind, request, refused]): Trap => ({
    kind,
    async plant({ address: [port, host], token }) {
      const answer = await send(port, Buffer.from(request(host, token), "latin1"));
      const { status } = await ask(port, host, "/version");
      return refused?.test(answer) || status !== 200 ? `wrong: ${answer}, then ${status}` : `held: ${answer}`;
    },
    answer: /^held/,
  }),
);
