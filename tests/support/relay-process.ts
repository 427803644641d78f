// Run inside a network namespace: leads from a Unix socket to a port of its loopback, or from such a port to a socket.
// node relay-process.ts <from> <to>    each a port or the path of a socket
import { connect, createServer } from "node:net";

/** Where to listen or to connect. */
function place(text = "") {
  return /^\d+$/.test(text) ? { port: Number(text), host: "127.0.0.1" } : { path: text };
}

const [from, to] = process.argv.slice(2).map(place);
if (from === undefined || to === undefined) throw new Error("usage: node relay-process.ts <from> <to>");

createServer((asking) => {
  const asked = connect(to);
  asking.pipe(asked).pipe(asking);
  // An end that breaks ends the other: the asker sees what it would see on the port itself.
  asking.on("error", () => asked.destroy());
  asked.on("error", () => asking.destroy());
}).listen(from);
