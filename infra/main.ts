// The program behind `pulumi up` of The Oracle.
import "./quick-sdk.ts";
import { settings } from "../stacks/oracle/settings.ts";
import { oracle } from "../stacks/oracle/topology.ts";
import { runSystem } from "./system.ts";

export default () => runSystem({ name: "oracle", settings, topology: oracle });
