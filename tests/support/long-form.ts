// What only `./tandem test soak` runs: the long form. docs/tests.md names each of its cases, which bench/long-form-in-docs.test.ts holds.
import { it } from "vitest";

/** Does the long form run? */
export const SOAK = process.env.TANDEM_SOAK !== undefined;

/** A test of the long form only. */
export const long = it.runIf(SOAK);
