// Attacks on a running pair of Lugh: both environments on one Postgres and one Redis.
import { attackSuite } from "./suite.ts";

attackSuite("lugh");
