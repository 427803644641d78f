// What a system's settings are written with: `tandem/settings`. Loads nothing of Pulumi.
export type { AcceptanceDefinition } from "./acceptance.ts";
export { appAcceptance } from "./app-acceptance.ts";
export * from "./common.ts";
export { commonSettings, type OwnSettings } from "./common-rules.ts";
export {
  defineSettings,
  type ProgramSettings,
  type Setting,
  type SettingOptions,
  type Settings,
  type SystemSettings,
  setting,
  type ValuesOf,
} from "./define.ts";
export * from "./limit-settings.ts";
export { bindAddress, hostname, port, url } from "./network.ts";
export type { ParityDefinition } from "./parity.ts";
export { type PriceLine, priceSettings } from "./prices.ts";
export type { ReleaseDefinition, SmokeTest } from "./release.ts";
export { cpus, duration, imageReference, memory, pids } from "./resources.ts";
export { choice, flag, integer, name, secret, text } from "./scalars.ts";
export type { SeedDefinition } from "./seed.ts";
export { list, optionally, section, variants } from "./structures.ts";
export { type Variables, variableSettings } from "./variables.ts";
