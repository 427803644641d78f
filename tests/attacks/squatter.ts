// A local user on the port of a database server that is down: whoever asks there, asks this one. It says in turn all that
// a server can say to get a password or a statement out of a client, and keeps what it is sent.
import { createServer, type Server, type Socket } from "node:net";
import { docker } from "../support/docker.ts";
import { authentication, challenge, OK, READY, SASL } from "../support/postgres-messages.ts";
import { eventually } from "../support/requests.ts";
import type { Blocker } from "./blockers.ts";
import type { Site } from "./site.ts";

const LET_IN = Buffer.concat([OK, READY]);

/** A server's answers, one to each message of a client after the first. */
type Answers = ((received: Buffer) => Buffer)[];

const TRICKS: [did: string, answers: Answers][] = [
  ["asked for the password in clear", [() => authentication(3), () => LET_IN]],
  ["asked for its MD5 hash", [() => authentication(5, Buffer.from("salt")), () => LET_IN]],
  ["let the client in at once", [() => LET_IN]],
  ["began SCRAM and let the client in", [() => SASL, () => LET_IN]],
  ["took the client's proof and gave none", [() => SASL, challenge, () => LET_IN]],
  [
    "gave a false proof",
    [() => SASL, challenge, () => Buffer.concat([authentication(12, Buffer.from("v=AAAA")), LET_IN])],
  ],
];

/** A client's first message has no letter; those that ask for encryption come before it. */
const ENCRYPTION = [80877103, 80877104];
/** What SCRAM's own messages begin with; neither tells the password. */
const SCRAM = /^(SCRAM-SHA-256\0[\s\S]{4}n,,n=|c=biws,r=)/;

/** What a client said after its first message, but for SCRAM's messages and its goodbye. */
function toldIn(data: Buffer): string[] {
  const told: string[] = [];
  let at = 0;
  while (at + 5 <= data.length) {
    const letter = String.fromCharCode(data[at] ?? 0);
    // Its length counts itself.
    const end = at + 1 + Math.max(4, data.readInt32BE(at + 1));
    const content = data.subarray(at + 5, end).toString("latin1");
    at = end;
    if (letter !== "X" && !(letter === "p" && SCRAM.test(content))) told.push(`${letter} ${content}`);
  }
  return told;
}

/** The user on the port. */
export class Squatter {
  /** What clients told it that they must not. */
  readonly told: string[] = [];
  /** What it tried on a client that went as far. */
  readonly tried = new Set<string>();
  private connections = 0;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => this.serve(socket));
  }

  /** Takes the port, as soon as it is free. */
  static async on(port: number): Promise<Squatter> {
    const squatter = new Squatter();
    const listen = () =>
      new Promise<boolean>((resolve) => {
        squatter.server.once("error", () => resolve(false));
        squatter.server.listen(port, "127.0.0.1", () => resolve(true));
      });
    await eventually(listen, (listening) => listening);
    return squatter;
  }

  /** Frees the port. */
  async leave(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private readonly sockets = new Set<Socket>();

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    let begun = false;
    let trick: (typeof TRICKS)[number] | undefined;
    let left: Answers = [];
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      if (!begun && ENCRYPTION.includes(data.readInt32BE(4))) {
        socket.write("N");
        return;
      }
      if (begun) this.told.push(...toldIn(data).map((text) => `${trick?.[0]}: ${text}`));
      else {
        begun = true;
        trick = TRICKS[this.connections++ % TRICKS.length];
        left = [...(trick?.[1] ?? [])];
        this.tried.add(String(trick?.[0]));
      }
      const answer = left.shift();
      if (answer !== undefined) socket.write(answer(data));
    });
  }
}

/** Postgres' port on this machine. */
function portOf(site: Site): number {
  return Number(site.project.config(site.system === "lugh" ? "shared" : site.stack).postgresPort);
}

/** The database server stopped, and somebody else on its port. */
export const squattedPort: Blocker = {
  kind: "a stranger on the port of a database server that is down",
  async hold(site) {
    const server = docker.getContainer(site.server);
    await server.stop();
    const squatter = await Squatter.on(portOf(site));
    return async () => {
      await squatter.leave();
      // An `up` meanwhile may have started it as soon as the port was free.
      await server.start().catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 304) throw error;
      });
      await eventually(
        () => site.sql("SELECT 1;").catch(String),
        (answer) => answer === "1",
      );
      // A command that didn't come by proves nothing.
      return [...squatter.told, ...(squatter.tried.size === 0 ? ["no command asked at the port"] : [])];
    };
  },
};
