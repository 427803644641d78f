// Attacks on a running pair of The Oracle: each environment on servers of its own, production's rows copied for staging.
import { describe } from "vitest";
import { attackSuite, FULL } from "./suite.ts";

describe.runIf(FULL)("The Oracle", () => attackSuite("oracle"));
