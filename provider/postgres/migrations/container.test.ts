// What a migration's container is bounded by, whatever the state that its inputs come from.
import { expect, it } from "vitest";
import { containerOptions } from "./container.ts";

const inputs = {
  ...{ containerName: "shop_staging_app_migration", imageId: "sha256:1", command: ["migrate"] },
  ...{ user: "1000:1000", network: "shop_staging", memoryMb: 64, cpus: 0.5, pids: 50 },
};
const logOf = (more = {}) => containerOptions({ ...inputs, ...more }).HostConfig?.LogConfig;

it("its log has a limit, the environment's own where that is known", () => {
  expect(logOf()).toEqual({ Type: "json-file", Config: { "max-file": "3", "max-size": "10m" } });
  const logOptions = { "max-file": "2", "max-size": "5m" };
  expect(logOf({ logOptions })).toEqual({ Type: "json-file", Config: logOptions });
});

it("it says that it is no version of its service, whose labels it has", () => {
  const labels = { "tandem.component": "app" };
  expect(containerOptions({ ...inputs, labels }).Labels).toEqual({ ...labels, "tandem.migration": "true" });
});
