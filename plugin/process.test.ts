// Tests of what every plugin process has in common.
import { expect, it } from "vitest";
import { engineAddress } from "./process.ts";

it("the engine's address is found behind its flags, those with a value of their own too", () => {
  expect(engineAddress(["127.0.0.1:1"])).toBe("127.0.0.1:1");
  expect(engineAddress(["--logtostderr", "-v=9", "127.0.0.1:1"])).toBe("127.0.0.1:1");
  // With `--otel-traces` and `--tracing`; the address of the traces was taken for the engine's.
  expect(engineAddress(["--tracing", "tcp://127.0.0.1:2", "127.0.0.1:1"])).toBe("127.0.0.1:1");
  expect(engineAddress([])).toBeUndefined();
});
