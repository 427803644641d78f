// Settings: files win, every problem is reported in one go, nothing secret is in a message, faults need their switch.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { migrationSettings, SettingsError, serviceSettings } from "./settings.ts";

const good = { DATABASE_URL: "postgres://app:hidden1@db/app", REDIS_URL: "redis://app:hidden2@cache:6379/0" };

function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("serviceSettings", () => {
  it("has defaults for all but the two URLs", () => {
    expect(serviceSettings(good)).toMatchObject({ PORT: 8080, WORKER: "inline", VOIP_SYNC_ENABLED: false });
  });

  it("reports all problems at once, without values", () => {
    const problems = problemsOf(() =>
      serviceSettings({
        DATABASE_URL: "mysql://app:hidden1@db/app",
        PORT: "70000",
        VOIP_SYNC_ENABLED: "maybe",
        REDIS_PREFIX: "a b",
        FRONTEND_URL: "not a link",
      }),
    );
    expect(problems.map((problem) => problem.split(":")[0]).sort()).toEqual([
      "DATABASE_URL",
      "FRONTEND_URL",
      "PORT",
      "REDIS_PREFIX",
      "REDIS_URL",
      "VOIP_SYNC_ENABLED",
    ]);
    expect(problems.join()).not.toContain("hidden1");
  });

  it("prefers NAME_FILE to NAME and strips the final newline", () => {
    const file = join(mkdtempSync(join(tmpdir(), "settings-")), "url");
    writeFileSync(file, "postgres://app:fromfile@db/app\n");
    const settings = serviceSettings({ ...good, DATABASE_URL_FILE: file });
    expect(settings.DATABASE_URL).toBe("postgres://app:fromfile@db/app");
  });

  it("names a file that can't be read, once", () => {
    const problems = problemsOf(() => serviceSettings({ ...good, DATABASE_URL_FILE: "/nowhere/url" }));
    expect(problems).toEqual(["DATABASE_URL_FILE: can't read /nowhere/url (ENOENT)"]);
  });

  it("takes an empty value for not set", () => {
    expect(serviceSettings({ ...good, PORT: "", BANNER: "" })).toMatchObject({ PORT: 8080, BANNER: "" });
  });

  it("ignores faults without FAULTS=1", () => {
    const faults = { FAIL_START: "1", START_DELAY_MS: "500", UNHEALTHY_AFTER_MS: "1" };
    expect(serviceSettings({ ...good, ...faults })).toMatchObject({ FAIL_START: false, START_DELAY_MS: 0 });
    expect(serviceSettings({ ...good, ...faults, FAULTS: "1" })).toMatchObject({
      FAIL_START: true,
      START_DELAY_MS: 500,
      UNHEALTHY_AFTER_MS: 1,
    });
  });
});

describe("migrationSettings", () => {
  it("uses the migrator's URL, else the app's", () => {
    expect(migrationSettings(good).MIGRATE_DATABASE_URL).toBe(good.DATABASE_URL);
    const own = "postgres://owner:x@db/app";
    expect(migrationSettings({ ...good, MIGRATE_DATABASE_URL: own }).MIGRATE_DATABASE_URL).toBe(own);
  });

  it("needs no Redis", () => {
    expect(problemsOf(() => migrationSettings({}))).toEqual([
      "MIGRATE_DATABASE_URL: not set (nor MIGRATE_DATABASE_URL_FILE)",
    ]);
  });
});
