// What every plugin process of the engine needs: a port on loopback for its engine only, and not to outlive its parent.
import { createServer, type Server, type Socket } from "node:net";
import grpc from "@grpc/grpc-js";
import { type Caller, type CallerCheck, onlyAncestors } from "./callers.ts";

/** As the engine's own: a resource may hold a large document. */
export const MESSAGE_LIMITS = { "grpc.max_receive_message_length": 400 * 1024 * 1024 };

/**
 * The engine's address among a plugin's arguments: the last of them that is no flag, since `--tracing` and its value come
 * before. Undefined for who runs the plugin by hand.
 */
export function engineAddress(args: readonly string[]): string | undefined {
  return args.findLast((arg) => !arg.startsWith("-"));
}

/** A port that is listened on. */
export interface Listener {
  readonly port: number;
  /** Listens no more. What is connected goes on. */
  close(): void;
}

/**
 * Listens on a free port on loopback. A connection is read from once it is known whose it is; a stranger's is closed
 * without an answer.
 *
 * @param serve gets each connection and who it is
 */
export function listenTo(
  check: CallerCheck,
  serve: (socket: Socket, caller: Caller) => void,
): Promise<Listener> {
  const accept = async (socket: Socket) => {
    // A connection that is reset has ended, which is all there is to it.
    socket.on("error", () => socket.destroy());
    const caller = await check(socket);
    if (caller === undefined) socket.destroy();
    else if (!socket.destroyed) serve(socket, caller);
  };
  const server: Server = createServer((socket) => void accept(socket).catch(() => socket.destroy()));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ port, close: () => server.close() });
    });
  });
}

/**
 * Serves on a free port on loopback.
 *
 * @param check who may call. @default the process that started this one, or one that started that: the engine
 */
export async function listenOnLoopback(server: grpc.Server, check?: CallerCheck): Promise<Listener> {
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  return await listenTo(check ?? (await onlyAncestors()), (socket) => injector.injectConnection(socket));
}

/**
 * Calls back once when the process that started this one is gone. A killed engine can't say good-bye; the
 * kernel then gives its children another parent.
 */
export function whenParentIsGone(callback: () => void, everyMilliseconds = 500): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, everyMilliseconds);
  timer.unref();
}

/** How long clients may take to close when a plugin is told to end. In milliseconds. */
const CLOSING_MS = 2_000;

/** Ends this process once all is closed; a connection that won't close must not keep an orphan alive. */
export function endAfter(closed: Promise<unknown>): void {
  void closed.finally(() => process.exit(0));
  setTimeout(() => process.exit(0), CLOSING_MS).unref();
}
