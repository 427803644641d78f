// The emulator behind a port of this machine, for processes that reach it by CLOUDFLARE_BASE_URL.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { CloudflareEmulator } from "./emulator.ts";

/** A listening emulator. */
export class EmulatorServer {
  /** Base URL to configure. */
  readonly baseUrl: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
  }

  /** Lets an emulator listen on a free port of loopback. */
  static async start(emulator: CloudflareEmulator): Promise<EmulatorServer> {
    const server = createServer(async (incoming, outgoing) => {
      try {
        const body = await buffer(incoming);
        const headers = Object.entries(incoming.headers).flatMap(([name, value]): [string, string][] =>
          typeof value === "string" ? [[name, value]] : [],
        );
        const method = incoming.method ?? "GET";
        const response = await emulator.fetch(`http://emulator${incoming.url}`, {
          method,
          headers,
          ...(method === "GET" ? {} : { body: new Uint8Array(body) }),
        });
        outgoing.writeHead(response.status, Object.fromEntries(response.headers));
        outgoing.end(await response.text());
      } catch {
        // A request that is cut off has no answer.
        incoming.socket.destroy();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new EmulatorServer(server);
  }

  /** Stops listening. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
