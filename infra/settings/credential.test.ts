import { describe, expect, it } from "vitest";
import { credentialIn } from "./credential.ts";

/** Made up here, so that no scanner takes them for somebody's. */
const filler = (length: number) => "a1B2".repeat(20).slice(0, length);

describe("a credential in a plain setting", () => {
  it.each([
    ["a GitHub token", `ghp_${filler(36)}`],
    ["a GitLab token", `glpat-${filler(20)}`],
    ["a Stripe key", `sk_live_${filler(24)}`],
    ["an AWS access key", `AKIA${"A1B2".repeat(4)}`],
    ["a Telegram bot's token", `1234567890:${filler(35)}`],
    ["a URL with a password", "postgres://app:hunter2@db.example.com/shop"],
    ["a private key", `-----BEGIN OPENSSH ${"PRIVATE KEY"}-----\nx`],
    ["a signed web token (JWT)", `eyJ${filler(20)}.eyJ${filler(20)}.${filler(20)}`],
    ["an API key", `sk-proj-${filler(40)}`],
  ])("is seen: %s", (what, value) => {
    expect(credentialIn(value)).toBe(what);
    expect(credentialIn({ deep: ["plain", { er: `"${value}"` }] })).toBe(what);
  });

  it.each([
    "https://staging.example.com/path?a=b",
    "redis://cache:6379/0",
    "ssh://deploy@host.example.com:2222",
    "sha256:6f1ed002ab5595859014ebf0951522d9a1b2c3d4",
    "postgres:17-trixie",
    "STAGING: DATA IS RESET ON FRIDAY",
    "task-runner-with-a-very-long-name-that-goes-on",
    3101,
    null,
  ])("isn't seen in %j", (value) => {
    expect(credentialIn(value)).toBeUndefined();
  });
});
