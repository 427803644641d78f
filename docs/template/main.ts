// The program behind `pulumi up` of shop.
import { runSystem } from "../../infra/program.ts";
import { system } from "./topology.ts";

export default () => runSystem(system);
