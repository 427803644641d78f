// The one way to a connection with Postgres: it gives its password only to a server that proves that it knows it.
//
// In SCRAM-SHA-256 both sides prove that they know the password, and neither tells it. node-postgres has no setting that
// refuses everything else (libpq's require_auth): it also sends a password in clear or as an MD5 hash to any server that
// asks, and takes a server that asks for nothing at its word. Whoever sits on the port of a server that is down would
// learn the password, or answer in the server's place.
import pg from "pg";

/** A server that did not prove that it knows the password. Nothing was told to it. */
export class UnprovenServerError extends Error {
  override name = "UnprovenServerError";
  /** What it did instead of SCRAM-SHA-256. */
  readonly did: "asked for the password in clear" | "asked for an MD5 hash" | "let us in without a proof";

  constructor(did: UnprovenServerError["did"]) {
    super(
      `the server ${did}: the password goes only to a server that proves that it knows it (SCRAM-SHA-256)`,
    );
    this.did = did;
  }
}

/** The parts of node-postgres' connection that its types leave out. */
type Wire = pg.Connection & { password(answer: string): void };

/**
 * Connects. With a password, the server must prove that it knows it before the first statement; without one, the server
 * must ask for none.
 *
 * @throws UnprovenServerError where the server asks for the password in clear or as an MD5 hash, or for no proof
 * @throws Error with the server's words or the network's
 */
export async function connectPostgres(config: pg.ClientConfig): Promise<pg.Client> {
  // With an empty one the library doesn't look for a password file.
  const client = new pg.Client({ ...config, password: config.password ?? "" });
  // A connection that breaks fails its query as well; without a listener it would end the process.
  client.on("error", () => undefined);
  const { connection: wire } = client as unknown as { connection: Wire };
  let proven = false;
  const refuse = (did: UnprovenServerError["did"]) => wire.stream.destroy(new UnprovenServerError(did));
  // The only function that sends a password, or its MD5 hash. SCRAM's messages are others.
  wire.password = (answer) =>
    refuse(answer.startsWith("md5") ? "asked for an MD5 hash" : "asked for the password in clear");
  // The client compares the server's signature by itself, and fails where it is wrong.
  wire.on("authenticationSASLFinal", () => {
    proven = true;
  });
  try {
    await client.connect();
    if (client.password && !proven) throw new UnprovenServerError("let us in without a proof");
    return client;
  } catch (error) {
    wire.stream.destroy();
    throw error;
  }
}
