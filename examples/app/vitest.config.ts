// Unit tests, which need nothing but Node; the image as a whole is tested by Tandem's integration tests.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["src/**/*.test.ts"], testTimeout: 30_000 },
});
