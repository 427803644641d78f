// Run inside a network namespace: makes a port of its loopback reachable from outside, through a Unix socket.
// node relay-process.ts <socket> <port>
import { connect, createServer } from "node:net";

const [socket, port] = process.argv.slice(2);

createServer((outside) => {
  const inside = connect(Number(port), "127.0.0.1");
  outside.pipe(inside).pipe(outside);
  // An end that breaks ends the other: the asker sees what it would see on the port itself.
  outside.on("error", () => inside.destroy());
  inside.on("error", () => outside.destroy());
}).listen(socket);
