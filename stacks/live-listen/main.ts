// The program behind `pulumi up` of this system.
import { runSystem } from "../../infra/program.ts";
import { system } from "./topology.ts";

export default () => runSystem(system);
