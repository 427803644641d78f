// How a Docker host is named to ssh, and what its refusals mean.
import { describe, expect, it } from "vitest";
import { explainSshFailure, sharedConnection, sshByHand, sshSettings, sshTarget } from "./ssh.ts";

describe("a Docker host", () => {
  it.each([
    ["ssh://me@far.example:2222", ["-p", "2222", "-l", "me", "--", "far.example"]],
    ["ssh://far", ["--", "far"]],
    ["ssh://me@[fd00::7]:22022", ["-p", "22022", "-l", "me", "--", "fd00::7"]],
  ])("%s", (host, target) => {
    expect(sshTarget(host)).toEqual(target);
  });

  it.each(["far.example", "tcp://far:22", "ssh://", ""])("is not %s", (host) => {
    expect(sshTarget(host)).toBeUndefined();
  });

  it("has a command that a person can try", () => {
    expect(sshByHand("ssh://me@far.example:2222")).toBe("ssh -p 2222 me@far.example docker version");
    expect(sshByHand("ssh://far")).toBe("ssh far docker version");
  });

  it("has a shared connection of its own, with a short name", () => {
    expect(sharedConnection("ssh://me@one")).toMatch(/^~\/\.ssh\/tandem-[0-9a-f]{12}$/);
    expect(sharedConnection("ssh://me@one")).not.toBe(sharedConnection("ssh://me@two"));
  });
});

it("ssh never asks and gives up in time", () => {
  expect(sshSettings({ ControlPath: "none" })).toEqual([
    ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ControlPath=none"],
  ]);
});

describe("a refusal", () => {
  const host = "ssh://me@far.example:2222";
  const explain = (messages: string) => explainSshFailure(host, messages);

  it("over an unknown host key asks to compare it", () => {
    const { reason, fix } = explain(
      "No ED25519 host key is known for far.\r\nHost key verification failed.\r\n",
    );
    expect(reason).toBe("Host key verification failed");
    expect(fix).toContain("fingerprint");
    expect(fix).toContain("ssh -p 2222 me@far.example");
  });

  it("over a changed host key warns, and leaves the banner out", () => {
    const { reason, fix } = explain(
      "@@@@@@@@@@@@@@@@@\n@  WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!  @\n@@@@@@@@@@@@@@@@@\nIT IS POSSIBLE\n" +
        "Offending ED25519 key in /home/me/.ssh/known_hosts:7\n" +
        "Host key for far has changed and you have requested strict checking.\nHost key verification failed.\n",
    );
    expect(reason).toContain("/home/me/.ssh/known_hosts:7");
    expect(reason).not.toContain("@");
    expect(fix).toContain("before you trust the new one");
  });

  it.each([
    ["me@far.example: Permission denied (publickey).", "public key"],
    ["ssh: connect to host far.example port 2222: Connection refused", "dockerHost"],
    ["Connection timed out during banner exchange", "dockerHost"],
    ["ssh: Could not resolve hostname far.example: Name or service not known", "dockerHost"],
    ["bash: line 1: docker: command not found", "by hand"],
  ])("%s", (message, way) => {
    const { reason, fix } = explain(`${message}\n`);
    expect(reason).toBe(message.replace(/\.$/, ""));
    expect(fix).toContain(way);
    expect(fix).toContain("ssh -p 2222 me@far.example docker version");
  });

  it("of this machine is told apart", () => {
    expect(explain("spawn ssh ENOENT").fix).toContain("OpenSSH client");
  });

  it("without a word is said to be one", () => {
    expect(explain("").reason).toBe("ssh ended without a word");
  });
});
