// `unit` needs nothing but Node; `live` needs TEST_DATABASE_URL, TEST_MIGRATE_DATABASE_URL and TEST_REDIS_URL.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["src/**/*.test.ts"], testTimeout: 30_000 },
});
