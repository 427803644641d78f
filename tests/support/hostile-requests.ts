// Requests to a gateway that are never finished, or taken back at once: what a client does who wants to use it up.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { execa } from "execa";

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
 * Begins HTTP/2 requests and cancels each before it can be answered, in a process of its own: a sender in the test's
 * process would delay the very answers whose time is measured.
 *
 * @returns the end, which tells how many were cancelled
 */
export async function rapidResets({ port, host }: Gateway, sessions: number): Promise<() => Promise<number>> {
  const script = fileURLToPath(new URL("rapid-resets-process.ts", import.meta.url));
  const sender = execa("node", [script, String(port), host, String(sessions)]);
  await once(sender.stdout, "data");
  return async () => {
    sender.stdin.end();
    return Number((await sender).stdout.trim().split("\n").at(-1));
  };
}
