// The program behind `pulumi up` of The Oracle, whose project is the root of the repository.
import { system } from "../stacks/oracle/topology.ts";
import { runSystem } from "./program.ts";

export default () => runSystem(system);
