// What the main.ts of every system is made of: the program behind `pulumi up`.
import "./quick-sdk.ts";

export { runSystem } from "./system.ts";
