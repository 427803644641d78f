// RandomUuid, RandomUuid4 and RandomUuid7: each is its own id.
import { randomBytes, randomUUID } from "node:crypto";
import type { Generator } from "./generated.ts";

const FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function uuidGenerator(make: () => string): Generator {
  return {
    table: { result: { type: "string", output: true, description: "The UUID." } },
    generate() {
      const result = make();
      return { id: result, outputs: { result } };
    },
    fromId(given) {
      const result = given.toLowerCase();
      if (!FORM.test(result)) throw new Error("the id to import must be a UUID, such as 123e4567-e89b-...");
      return { id: result, outputs: { result } };
    },
  };
}

/** 128 random bits in the form of a UUID, without version bits: so the official plugin makes them. */
export const uuid: Generator = uuidGenerator(() => format(randomBytes(16)));

/** A UUID of version 4: random. */
export const uuid4: Generator = uuidGenerator(() => randomUUID());

/** A UUID of version 7 (RFC 9562): 48 bits of time in milliseconds, then random bits. */
export const uuid7: Generator = uuidGenerator(() => {
  const raw = randomBytes(16);
  raw.writeUIntBE(Date.now(), 0, 6);
  raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x70;
  raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
  return format(raw);
});

function format(raw: Buffer): string {
  return raw.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
