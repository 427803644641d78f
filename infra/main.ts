// The program behind `pulumi up` of The Oracle, whose project is the root of the repository.
import { runSystem } from "tandem/system";
import { system } from "../stacks/oracle/topology.ts";

export default () => runSystem(system);
