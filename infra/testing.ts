// What the tests of a system are written with: `tandem/testing`.
export * from "../components/testing/mocks.ts";
export { readStack } from "./check/index.ts";
export { projectConfig } from "./settings/project-config.ts";
