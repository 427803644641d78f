// An application for tests of deploys: answers as the example app does, without its servers, and breaks as it is told.

/** Image that it runs in. */
export const BACKEND_IMAGE = "node:24.21.0-trixie-slim";

/** How it breaks, by the variable FAULT. */
export type Fault =
  /** Ends at once. */
  | "exit"
  /** Takes more memory than it may before it listens. */
  | "memory"
  /** Fills /data at the start. */
  | "disk"
  /** Never healthy. */
  | "sick"
  /** Healthy for 4 s, counted from its first health check. */
  | "late-sick"
  /** Ends by itself 4 s after its first health check, and again after each restart. */
  | "late-exit"
  /** Healthy, and answers everything else with 500. */
  | "errors";

/**
 * Its source, for `node -e`. When it is stopped it closes its WebSockets with 1001 and ends, whatever requests are under
 * way: what is lost then is the gateway's fault.
 */
export const BACKEND = `
const { createHash } = require("node:crypto");
const { writeFileSync } = require("node:fs");
const { FAULT: fault, VERSION: version, PORT: port = "8080" } = process.env;
const sockets = new Set();
let healthy = fault !== "sick";
let checked = false;
const late = () => {
  if (fault === "late-sick") healthy = false;
  if (fault === "late-exit") process.exit(3);
};
const server = require("node:http").createServer((request, response) => {
  const hash = createHash("sha256");
  // From here on, so that it is healthy for as long on a slow machine as on a fast one.
  if (request.url === "/health" && !checked) setTimeout(late, 4000);
  checked ||= request.url === "/health";
  const bad = request.url === "/health" ? !healthy : fault === "errors";
  const answer = () => {
    response.statusCode = bad ? 500 : 200;
    response.end(JSON.stringify({ version, waitedMs: 1000, sha256: hash.digest("hex") }));
  };
  request.on("data", (chunk) => hash.update(chunk));
  request.on("end", () => setTimeout(answer, request.url.startsWith("/slow") ? 1000 : 0));
});
server.on("upgrade", (request, socket) => {
  const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + guid).digest("base64");
  socket.write(["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
    "Sec-WebSocket-Accept: " + accept, "", ""].join("\\r\\n"));
  socket.write(Buffer.concat([Buffer.from([0x81, version.length]), Buffer.from(version)]));
  sockets.add(socket);
  socket.on("error", () => {});
  socket.on("data", () => socket.end());
  socket.on("close", () => sockets.delete(socket));
});
process.on("SIGTERM", () => {
  for (const socket of sockets) socket.write(Buffer.from([0x88, 2, 1001 >> 8, 1001 & 255]));
  const end = () => (sockets.size === 0 ? process.exit(0) : setTimeout(end, 20));
  end();
});
if (fault === "exit") throw new Error("no configuration, no service");
if (fault === "disk") writeFileSync("/data/cache", Buffer.alloc(8 * 2 ** 20));
if (fault === "memory") for (const kept = []; ; ) kept.push(Buffer.alloc(2 ** 24, 1));
server.listen(Number(port));
`;

/** Its health check, on the port that it listens on. */
export const BACKEND_HEALTH = [
  "node",
  "-e",
  "fetch('http://127.0.0.1:'+(process.env.PORT??8080)+'/health').then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))",
];
