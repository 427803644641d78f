// The program behind `pulumi up` of this system.
import { runSystem } from "tandem/system";
import { system } from "./topology.ts";

export default () => runSystem(system);
