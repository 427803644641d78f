// The WebSocket: greets, echoes what it is sent, ticks, and says goodbye with a code when the app leaves.
import type { WebSocket } from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import type { App } from "../app.ts";

const tickMs = 2_000;
/** RFC 6455: the endpoint goes away. */
const goingAway = 1001;
/** How long a client has to answer the close before its connection is cut. */
const closeMs = 1_500;

/** Adds GET /ws. */
export function realtimeRoutes(server: FastifyInstance, { settings, lifecycle }: App): void {
  server.get("/ws", { websocket: true }, (socket) => {
    // Came while the others were being closed: nobody would close it any more.
    if (lifecycle.leaving) return void close(socket);
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
  await Promise.all([...server.websocketServer.clients].map(close));
}

function close(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.terminate(), closeMs);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.close(goingAway, "server is shutting down");
  });
}
