// Requests to a gateway that are never finished, or taken back at once: what a client does who wants to use it up.
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";

/** Where a gateway listens on loopback, and a hostname that it serves. */
export interface Gateway {
  port: number;
  host: string;
}

/** Sends the beginning of a request on a connection of its own, and no end. */
export function unfinished(port: number, head: string[], rest: string | Buffer = ""): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined).on("data", () => undefined);
  socket.write(`${head.join("\r\n")}\r\n`);
  socket.write(rest);
  return socket;
}

/** A request whose body never ends: large or of unknown length, or small, of a client that a proxy would name. */
export function endless({ port, host }: Gateway, at: number, client: string): Socket {
  const length = ["Content-Length: 5000000", "Transfer-Encoding: chunked", "Content-Length: 900"][at % 3];
  const head = ["POST /upload HTTP/1.1", `Host: ${host}`, `X-Forwarded-For: ${client}`, `${length}`, ""];
  return unfinished(port, head, at % 3 === 1 ? "5\r\nhello\r\n" : "hello");
}

/**
 * Begins requests and cancels each before it can be answered, 10 every 20 ms, on a new connection where the gateway ended
 * the last one. @returns the end, which tells how many it cancelled
 */
export function rapidResets({ port, host }: Gateway): () => number {
  let cancelled = 0;
  let session: ClientHttp2Session | undefined;
  const round = () => {
    if (session === undefined || session.closed || session.destroyed) {
      session = connectHttp2(`https://127.0.0.1:${port}`, { servername: host, rejectUnauthorized: false });
      session.on("error", () => undefined);
      return;
    }
    if (session.connecting) return;
    for (let count = 0; count < 10; count++) {
      const stream = session.request({ ":path": "/slow", ":authority": host });
      stream.on("error", () => undefined).close(constants.NGHTTP2_CANCEL);
      cancelled++;
    }
  };
  const timer = setInterval(round, 20);
  return () => {
    clearInterval(timer);
    session?.destroy();
    return cancelled;
  };
}
