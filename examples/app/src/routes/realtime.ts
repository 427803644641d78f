// The WebSocket: greets, echoes what it is sent, ticks, and says goodbye with a code when the app leaves.
import type { FastifyInstance } from "fastify";
import type { App } from "../app.ts";

const tickMs = 2_000;
/** RFC 6455: the endpoint goes away. */
const goingAway = 1001;
/** How long a client has to answer the close before its connection is cut. */
const closeMs = 1_500;

/** Adds GET /ws. */
export function realtimeRoutes(server: FastifyInstance, { settings }: App): void {
  server.get("/ws", { websocket: true }, (socket) => {
    const send = (message: object) => socket.send(JSON.stringify(message));
    send({ type: "hello", environment: settings.APP_ENV });
    const timer = setInterval(() => send({ type: "tick", at: new Date().toISOString() }), tickMs);
    socket.on("message", (data) =>
      send({ type: "echo", environment: settings.APP_ENV, data: data.toString() }),
    );
    socket.on("close", () => clearInterval(timer));
  });
}

/** Closes every WebSocket with code 1001 and waits until they are gone. */
export async function closeSockets(server: FastifyInstance): Promise<void> {
  const sockets = [...server.websocketServer.clients];
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(() => socket.terminate(), closeMs);
          socket.once("close", () => {
            clearTimeout(timer);
            resolve();
          });
          socket.close(goingAway, "server is shutting down");
        }),
    ),
  );
}
