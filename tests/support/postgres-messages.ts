// What a server says to a client that logs in, for tests that play a server.

/** A message of Postgres' protocol: its letter, its length, its content. */
const message = (kind: string, content: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(kind, 0);
  head.writeInt32BE(4 + content.length, 1);
  return Buffer.concat([head, content]);
};
/** A message about the login: what the server asks for, by its number. */
export const authentication = (code: number, more = Buffer.alloc(0)) => {
  const number = Buffer.alloc(4);
  number.writeInt32BE(code);
  return message("R", Buffer.concat([number, more]));
};
/** Let in. */
export const OK = authentication(0);
/** Ready for a statement. */
export const READY = message("Z", Buffer.from("I"));
/** Asks for SCRAM. */
export const SASL = authentication(10, Buffer.from("SCRAM-SHA-256\0\0"));

/** The nonce in a client's first SCRAM message, with what a server adds to it, a salt and a count. */
export const challenge = (received: Buffer) =>
  authentication(
    11,
    Buffer.from(`r=${/r=([^,]+)$/.exec(received.toString("latin1"))?.[1]}more,s=AAAA,i=4096`),
  );
