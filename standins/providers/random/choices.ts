// RandomInteger, RandomShuffle and RandomPet: random choices, of which the first two can be repeated with a seed.
import type { Value } from "../../../plugin/values.ts";
import { type Draw, drawSecurely, drawSeeded, shuffle } from "./generate.ts";
import type { Generator } from "./generated.ts";
import { ADJECTIVES, ADVERBS, PETS } from "./pet-words.ts";

/** A whole number of a range. */
export const integer: Generator = {
  table: {
    min: { type: "integer", required: true, description: "Least possible result." },
    max: { type: "integer", required: true, description: "Greatest possible result." },
    seed: { type: "string", description: "Makes the result repeatable." },
    result: { type: "integer", output: true, description: "The number." },
  },
  check({ min, max }) {
    if (typeof min !== "number" || typeof max !== "number") return [];
    if (max < min) return [{ property: "max", reason: `must be at least min, which is ${min}` }];
    // The generator draws 48 bits at once.
    return max - min < 2 ** 48 - 1
      ? []
      : [{ property: "max", reason: "is too far from min; at most 2^48 apart" }];
  },
  generate({ min, max, seed }) {
    const result = Number(min) + drawFor(seed)(Number(max) - Number(min) + 1);
    return { id: String(result), outputs: { result } };
  },
  fromId(id) {
    const [result, min, max, ...seed] = id.split(",");
    if (![result, min, max].every((part) => part && /^-?\d+$/.test(part)) || seed.length > 1) {
      throw new Error("the id to import must be <result>,<min>,<max> or <result>,<min>,<max>,<seed>");
    }
    return {
      id: String(result),
      outputs: {
        result: Number(result),
        min: Number(min),
        max: Number(max),
        ...(seed[0] ? { seed: seed[0] } : {}),
      },
    };
  },
};

/** A random order, or a selection, of a list. */
export const order: Generator = {
  table: {
    inputs: { type: "strings", required: true, description: "The list." },
    resultCount: {
      type: "integer",
      description: "Number of results; more than the list has repeat it in other orders.",
      validate: (value) => (typeof value === "number" && value < 0 ? "must not be negative" : undefined),
      // Nought is a choice of its own here: no results at all.
      same: (old, next) => (old ?? undefined) === (next ?? undefined),
    },
    seed: { type: "string", description: "Makes the result repeatable." },
    results: { type: "strings", output: true, description: "The items in random order." },
  },
  generate({ inputs, resultCount, seed }) {
    const items = Array.isArray(inputs) ? inputs : [];
    const wanted = typeof resultCount === "number" ? resultCount : items.length;
    const draw = drawFor(seed);
    const results: Value[] = [];
    while (items.length > 0 && results.length < wanted) {
      results.push(...shuffle(items, draw).slice(0, wanted - results.length));
    }
    return { id: "-", outputs: { results } };
  },
};

/** A name that people can say; it is the resource's id. */
export const pet: Generator = {
  table: {
    length: {
      type: "integer",
      default: 2,
      description: "Number of words.",
      validate: (value) => (typeof value === "number" && value < 1 ? "must be at least 1" : undefined),
    },
    prefix: { type: "string", description: "Text before the words." },
    separator: {
      type: "string",
      default: "-",
      description: "Text between the words.",
      // The empty separator is a choice of its own.
      same: (old, next) => (old ?? "-") === (next ?? "-"),
    },
  },
  generate({ length, prefix, separator }) {
    const pick = (words: readonly string[]) => words[drawSecurely(words.length)] as string;
    const adverbs = Array.from({ length: Math.max(Number(length) - 2, 0) }, () => pick(ADVERBS));
    const words = [...adverbs, ...(Number(length) > 1 ? [pick(ADJECTIVES)] : []), pick(PETS)];
    const id = [...(prefix ? [String(prefix)] : []), ...words].join(String(separator));
    return { id, outputs: {} };
  },
};

function drawFor(seed: Value | undefined): Draw {
  return typeof seed === "string" && seed !== "" ? drawSeeded(seed) : drawSecurely;
}
