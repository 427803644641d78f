// What a system's settings are written with: `tandem/settings`. Loads nothing of Pulumi.
export type { AcceptanceDefinition } from "./acceptance.ts";
export { appAcceptance } from "./app-acceptance.ts";
export { commonSettings, type OwnSettings } from "./common-settings.ts";
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
export { gatewaySettings, hostnameSetting, httpsSettings } from "./gateway-settings.ts";
export { hostSettings } from "./host-settings.ts";
export { limitSettings, SERVER_LIMITS } from "./limit-settings.ts";
export { bindAddress, hostname, port, url } from "./network.ts";
export type { ParityDefinition } from "./parity.ts";
export { type PriceLine, priceSettings } from "./prices.ts";
export type { ReleaseDefinition, SmokeTest } from "./release.ts";
export { cpus, duration, imageReference, memory, pids } from "./resources.ts";
export { choice, flag, integer, name, secret, text } from "./scalars.ts";
export type { SeedDefinition } from "./seed.ts";
export { databaseSettings, ownPostgresSettings, ownRedisSettings } from "./server-settings.ts";
export { releaseSettings, serviceSettings } from "./service-settings.ts";
export { list, optionally, section, variants } from "./structures.ts";
export { tunnelSettings } from "./tunnel-settings.ts";
export { type Variables, variableSettings } from "./variables.ts";
