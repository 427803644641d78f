// Ports of a test's own Docker host that answer on this machine's loopback too, once something listens on them there.
import { connect, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnDocker } from "./own-docker.ts";

/** Milliseconds between looks whether a port is listened on. */
const LOOK_MS = 100;

/** Such ports. A port is opened no sooner than it is listened on: whoever looks whether it is free must find it free. */
export class OutwardPorts {
  readonly #servers: Server[] = [];
  #ended = false;

  /** Begins to look. */
  async open(own: OwnDocker, ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      const socket = await own.relay(port);
      void this.#whenListened(own, port, socket);
    }
  }

  /** Closes them. */
  close(): void {
    this.#ended = true;
    for (const server of this.#servers) server.close();
  }

  async #whenListened(own: OwnDocker, port: number, socket: string): Promise<void> {
    // Without an answer: it is being removed.
    while (!this.#ended && !(await own.listens(port).catch(() => false))) await sleep(LOOK_MS);
    if (this.#ended) return;
    const server = createServer((outside) => {
      const inside = connect(socket);
      outside.pipe(inside).pipe(outside);
      outside.on("error", () => inside.destroy());
      inside.on("error", () => outside.destroy());
    });
    this.#servers.push(server);
    server.listen(port, "127.0.0.1");
  }
}
