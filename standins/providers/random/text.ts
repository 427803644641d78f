// RandomPassword and RandomString: one way of making them, a secret and a public one.
import { genSalt, hash } from "bcryptjs";
import type { CheckFailure } from "../../../plugin/handler.ts";
import type { PropertySpec, PropertyTable } from "../../../plugin/property-table.ts";
import { hasUnknown, type Properties } from "../../../plugin/values.ts";
import { randomText, type TextParameters } from "./generate.ts";
import type { Generator } from "./generated.ts";

/** Rounds of bcrypt, as a power of two: that of the official plugin. */
const BCRYPT_COST = 10;

const flag = (description: string): PropertySpec => ({ type: "boolean", default: true, description });
const least = (what: string): PropertySpec => ({
  type: "integer",
  default: 0,
  description: `Minimum number of ${what} in the result.`,
  validate: (value) => (typeof value === "number" && value < 0 ? "must not be negative" : undefined),
});

const TABLE: PropertyTable = {
  length: {
    type: "integer",
    required: true,
    description: "Length of the result.",
    validate: (value) => (typeof value === "number" && value < 1 ? "must be at least 1" : undefined),
  },
  lower: flag("Include lowercase letters."),
  upper: flag("Include uppercase letters."),
  number: flag("Old name of `numeric`."),
  numeric: flag("Include digits."),
  special: flag("Include special characters."),
  minLower: least("lowercase letters"),
  minUpper: least("uppercase letters"),
  minNumeric: least("digits"),
  minSpecial: least("special characters"),
  overrideSpecial: { type: "string", description: "Special characters to use in place of the usual ones." },
};

const shared = {
  check(inputs: Properties): CheckFailure[] {
    if (hasUnknown(inputs)) return [];
    const { length, minLower, minUpper, minNumeric, minSpecial, ...rest } = parametersOf(inputs);
    const failures: CheckFailure[] = [];
    if (inputs.number !== inputs.numeric) {
      failures.push({
        property: "number",
        reason: "differs from numeric, of which it is the old name; leave it out",
      });
    }
    if (!rest.lower && !rest.upper && !rest.numeric && !rest.special) {
      failures.push({ property: "", reason: "one of lower, upper, numeric and special must be true" });
    }
    const sum = minLower + minUpper + minNumeric + minSpecial;
    if (sum > length) {
      failures.push({
        property: "length",
        reason: `must be at least ${sum}, the sum of all min… properties`,
      });
    }
    return failures;
  },
  normalize(inputs: Properties): Properties {
    const { number = inputs.numeric, numeric = inputs.number } = inputs;
    return number === undefined ? inputs : { ...inputs, number, numeric };
  },
} satisfies Partial<Generator>;

/** A random text that is a secret, with its bcrypt hash. */
export const password: Generator = {
  ...shared,
  table: {
    ...TABLE,
    result: { type: "string", output: true, secret: true, description: "The generated text." },
    bcryptHash: {
      type: "string",
      output: true,
      secret: true,
      description: "bcrypt hash of the result's first 72 bytes.",
    },
  },
  schemaVersion: 3,
  generate: async (inputs) => ({
    id: "none",
    outputs: await passwordOutputs(randomText(parametersOf(inputs))),
  }),
  fromId: async (id) => ({ id: "none", outputs: { ...imported(id), ...(await passwordOutputs(id)) } }),
};

/** A random text that is no secret; it is its own id. */
export const text: Generator = {
  ...shared,
  table: { ...TABLE, result: { type: "string", output: true, description: "The generated text." } },
  schemaVersion: 2,
  generate(inputs) {
    const result = randomText(parametersOf(inputs));
    return { id: result, outputs: { result } };
  },
  fromId: (id) => ({ id, outputs: { ...imported(id), result: id } }),
};

async function passwordOutputs(result: string): Promise<Properties> {
  // Go's bcrypt, which official plugins use, calls the same algorithm 2a.
  const salt = (await genSalt(BCRYPT_COST)).replace("$2b$", "$2a$");
  return { result, bcryptHash: await hash(result, salt) };
}

/** What is known of a text that was made elsewhere. */
function imported(result: string): Properties {
  return { length: [...result].length };
}

function parametersOf(inputs: Properties): TextParameters {
  const number = (key: string) => (typeof inputs[key] === "number" ? inputs[key] : 0);
  return {
    length: number("length"),
    lower: inputs.lower !== false,
    upper: inputs.upper !== false,
    numeric: inputs.numeric !== false,
    special: inputs.special !== false,
    minLower: number("minLower"),
    minUpper: number("minUpper"),
    minNumeric: number("minNumeric"),
    minSpecial: number("minSpecial"),
    overrideSpecial: typeof inputs.overrideSpecial === "string" ? inputs.overrideSpecial : "",
  };
}
