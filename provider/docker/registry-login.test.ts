// Logins of registries as the Docker CLI keeps them: in its file, or with a helper.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { registryLogin, registryOf } from "./registry-login.ts";

let folder: string;
const path = process.env.PATH;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-login-"));
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

const write = (config: unknown) =>
  writeFileSync(join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
const base64 = (words: string) => Buffer.from(words).toString("base64");
async function login(reference: string): Promise<unknown> {
  const value = await registryLogin(reference, folder);
  return value === undefined ? undefined : JSON.parse(Buffer.from(value, "base64url").toString("utf8"));
}

/** A credential helper of that name, which prints something and ends so. */
function helper(name: string, script: string): void {
  const file = join(folder, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  process.env.PATH = `${folder}${delimiter}${path}`;
}

describe("registryLogin", () => {
  it("knows which registry a reference names", () => {
    expect(registryOf("ghcr.io/acme/app:1")).toBe("ghcr.io");
    expect(registryOf("localhost/app:1")).toBe("localhost");
    expect(registryOf("registry:5000/app:1")).toBe("registry:5000");
    for (const hub of ["redis:7", "acme/app:1", "library/redis", "docker.io/a/b", "index.docker.io/a/b:1"])
      expect(registryOf(hub)).toBe("https://index.docker.io/v1/");
  });

  it("reads the CLI's file, a password with colons and a token", async () => {
    write({ auths: { "ghcr.io": { auth: base64("me:a:b") }, "https://b.example": { identitytoken: "t" } } });
    expect(await login("ghcr.io/a/b:1")).toEqual({
      username: "me",
      password: "a:b",
      serveraddress: "ghcr.io",
    });
    expect(await login("b.example/a:1")).toEqual({ identitytoken: "t", serveraddress: "b.example" });
    expect(await login("c.example/a:1")).toBeUndefined();
  });

  it("gives Docker the login with its padding, and in its alphabet: it reads none otherwise", async () => {
    for (const word of ["?", "??", "???", "ÿÿ>>"]) {
      write({ auths: { "ghcr.io": { auth: base64(`me:${word}`) } } });
      const value = (await registryLogin("ghcr.io/a/b:1", folder)) ?? "";
      expect(value).toMatch(/^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/);
      expect(await login("ghcr.io/a/b:1")).toMatchObject({ password: word });
    }
  });

  it("asks a helper, by registry or for all, also one that knows nothing, isn't there or says something else", async () => {
    helper("ours", `read -r at; printf '{"Username":"u","Secret":"%s"}' "$at"`);
    helper("token", `echo '{"Username":"<token>","Secret":"s"}'`);
    helper("empty", "echo credentials not found; exit 1");
    write({
      credsStore: "empty",
      credHelpers: { "a.example": "ours", "b.example": "token", "c.example": "gone" },
    });
    expect(await login("a.example/x:1")).toMatchObject({ username: "u", password: "a.example" });
    expect(await login("b.example/x:1")).toMatchObject({ identitytoken: "s" });
    expect(await login("c.example/x:1")).toBeUndefined();
    expect(await login("redis:7")).toBeUndefined();
  });

  it("has none without a file, and says of one that is no JSON which it is, and nothing of what is in it", async () => {
    expect(await login("redis:7")).toBeUndefined();
    write('{"auths": {"x": {"auth": "c2VjcmV0"');
    const failure = await registryLogin("redis:7", folder).catch((error: Error) => error.message);
    expect(failure).toMatch(/config\.json can't be read: it is no JSON/);
    expect(failure).not.toContain("c2VjcmV0");
  });
});
