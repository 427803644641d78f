// RandomBytes, a secret, and RandomId, which is none: random bytes in several spellings.
import { randomBytes } from "node:crypto";
import type { PropertySpec } from "../../../plugin/property-table.ts";
import type { Value } from "../../../plugin/values.ts";
import type { Generator } from "./generated.ts";

/** More than anyone needs, and few enough to travel to the engine in one message. */
const MAX_BYTES = 1024 * 1024;

const count = (description: string): PropertySpec => ({
  type: "integer",
  required: true,
  description,
  validate: (value: Value) =>
    typeof value === "number" && (value < 1 || value > MAX_BYTES)
      ? `must be from 1 to ${MAX_BYTES}`
      : undefined,
});

/**
 * Random bytes that are a secret. Their id is "none": the official plugin takes the secret itself, which the engine
 * would then write into the state in plain text.
 */
export const bytes: Generator = {
  table: {
    length: count("Number of bytes."),
    base64: { type: "string", output: true, secret: true, description: "The bytes in base64." },
    hex: { type: "string", output: true, secret: true, description: "The bytes in lowercase hexadecimal." },
  },
  generate: ({ length }) => ({ id: "none", outputs: bytesOutputs(randomBytes(Number(length))) }),
  fromId: (id) => {
    const decoded = decode(id, "base64");
    return { id: "none", outputs: { length: decoded.length, ...bytesOutputs(decoded) } };
  },
};

/** Random bytes that identify something. */
export const id: Generator = {
  table: {
    byteLength: count("Number of random bytes."),
    prefix: { type: "string", description: "Text before each spelling of the bytes." },
    b64Std: { type: "string", output: true, description: "The bytes in base64." },
    b64Url: { type: "string", output: true, description: "The bytes in base64 for URLs." },
    dec: { type: "string", output: true, description: "The bytes as a decimal number." },
    hex: { type: "string", output: true, description: "The bytes in lowercase hexadecimal." },
  },
  generate: ({ byteLength, prefix }) => identifier(randomBytes(Number(byteLength)), String(prefix ?? "")),
  fromId(given) {
    const comma = given.lastIndexOf(",");
    const prefix = given.slice(0, Math.max(comma, 0));
    const decoded = decode(given.slice(comma + 1), "base64url");
    const made = identifier(decoded, prefix);
    return {
      id: made.id,
      outputs: { byteLength: decoded.length, ...(prefix ? { prefix } : {}), ...made.outputs },
    };
  },
};

function bytesOutputs(raw: Buffer) {
  return { base64: raw.toString("base64"), hex: raw.toString("hex") };
}

function identifier(raw: Buffer, prefix: string) {
  return {
    id: raw.toString("base64url"),
    outputs: {
      b64Std: prefix + raw.toString("base64"),
      b64Url: prefix + raw.toString("base64url"),
      dec: prefix + BigInt(`0x${raw.toString("hex")}`).toString(),
      hex: prefix + raw.toString("hex"),
    },
  };
}

function decode(text: string, encoding: "base64" | "base64url"): Buffer {
  const raw = Buffer.from(text, encoding);
  if (raw.length === 0 || raw.toString(encoding) !== text) {
    throw new Error(`the id to import must be the bytes in ${encoding}`);
  }
  return raw;
}
