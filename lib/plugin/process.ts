// What every plugin process of the engine needs: a port on loopback, and not to outlive its parent.
import grpc from "@grpc/grpc-js";

/** As the engine's own: a resource may hold a large document. */
export const MESSAGE_LIMITS = { "grpc.max_receive_message_length": 400 * 1024 * 1024 };

/**
 * The engine's address among a plugin's arguments: the last of them that is no flag, since `--tracing` and its value come
 * before. Undefined for who runs the plugin by hand.
 */
export function engineAddress(args: readonly string[]): string | undefined {
  return args.findLast((arg) => !arg.startsWith("-"));
}

/** Binds the server to a free port on loopback and returns the port. */
export function listenOnLoopback(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
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
