// A client that begins HTTP/2 requests and cancels them at once, until its standard input ends; then it prints how many.
// node rapid-resets-process.ts <port> <host> <sessions>
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { setPriority } from "node:os";

/** Requests that each session cancels every ROUND_MS. */
const BURST = 50;
const ROUND_MS = 20;

const [port, host, sessions] = process.argv.slice(2);
if (sessions === undefined) throw new Error("usage: node rapid-resets-process.ts <port> <host> <sessions>");
// A hostile client has a machine of its own: what it computes must not slow down who is served here.
setPriority(19);
let cancelled = 0;

/** Cancels on one session, and opens another where the gateway has ended it. */
function cancelAll(): void {
  let session: ClientHttp2Session | undefined;
  setInterval(() => {
    if (session === undefined || session.closed || session.destroyed) {
      session = connect(`https://127.0.0.1:${port}`, { servername: host, rejectUnauthorized: false });
      session.on("error", () => undefined);
      return;
    }
    if (session.connecting) return;
    for (let count = 0; count < BURST; count++) {
      const stream = session.request({ ":path": "/slow", ":authority": host });
      stream.on("error", () => undefined).close(constants.NGHTTP2_CANCEL);
      cancelled++;
    }
  }, ROUND_MS);
}

for (let made = 0; made < Number(sessions); made++) cancelAll();
process.stdin.resume().on("end", () => {
  console.log(cancelled);
  process.exit(0);
});
console.log("sending");
