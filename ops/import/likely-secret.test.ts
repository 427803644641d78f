// What counts as a secret by its name or its form.
import { describe, expect, it } from "vitest";
import { isLikelySecret } from "./likely-secret.ts";

describe("is taken for a secret", () => {
  it.each([
    ["DB_PASSWORD", "123456"],
    ["DB_PW", "abc"],
    ["SMTPPASS", "abc"],
    ["SECURITY_JWT", "abc"],
    ["GITHUB_PAT", "abc"],
    ["JAVA_OPTS", "-Xmx1g -Dspring.datasource.password=abc"],
    ["DATASOURCE", "jdbc:mysql://rds.example.com/db?user=u&password=abc"],
    ["CONFIG", '{"password": "abc"}'],
    ["HEADERS", "Authorization: Bearer abc"],
    ["CHECK", "curl -u admin:abc localhost"],
    ["CHECK", "mysqladmin ping -u root -pabc"],
    ["CHECK", "redis-cli -a abc ping"],
  ])("%s=%s", (name, value) => expect(isLikelySecret(name, value)).toBe(true));
});

describe("is none", () => {
  it.each([
    ["PASSWORD_MIN_LENGTH", "8"],
    ["AUTH_URL", "https://auth.example.com"],
    ["JWT_EXPIRES_IN", "never"],
    ["DB_PASSWORD", ""],
    ["MAX_TOKENS", "4096"],
    ["CHECK", "redis-cli -a $REDIS_PASSWORD ping"],
    ["CHECK", "curl -u $AUTH localhost"],
    ["RUN_AS", "sudo -u 1000:1000 serve"],
  ])("%s=%s", (name, value) => expect(isLikelySecret(name, value)).toBe(false));
});
