// Attacks on a running pair of The Oracle: each environment on servers of its own, production's rows copied for staging.
import { attackSuite } from "./suite.ts";

attackSuite("oracle");
