// What a system's program and topology import: `tandem/system`.
export {
  appHealth,
  appMigration,
  createGateway,
  createTunnelRoute,
  databaseServer,
  generatedSecret,
  ownPostgres,
  serviceArgs,
  serviceEnvironment,
  workerHealth,
} from "./parts.ts";
export { defineSystem, type SystemDefinition } from "./settings/define.ts";
export { runSystem } from "./system.ts";
