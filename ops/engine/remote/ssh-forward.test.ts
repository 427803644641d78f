// The forward's life, with a stand-in for ssh.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forwardArguments, openForward } from "./ssh-forward.ts";

let folder: string;
const wanted = { host: "ssh://me@far.example:2222", localPort: 56_001, remotePort: 55_001 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-forward-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in ssh's place. */
function fakeSsh(script: string): string {
  const file = join(folder, "ssh");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 5000 && !condition(); waited += 20) await sleep(20);
  expect(condition()).toBe(true);
}

describe("arguments", () => {
  it.each(["far.example", "tcp://far:22", "ssh://", ""])("refuse %s", (host) => {
    expect(() => forwardArguments({ ...wanted, host })).toThrow("not of the form ssh://user@host:port");
  });

  it("bind loopback at both ends and never ask", () => {
    const args = forwardArguments(wanted);
    expect(args).toContain("127.0.0.1:56001:127.0.0.1:55001");
    expect(args).toContain("BatchMode=yes");
    expect(args).toContain("ExitOnForwardFailure=yes");
  });
});

describe("a forward", () => {
  it("opens when the far end answers, and closes", async () => {
    const command = fakeSsh(`echo $$ >${folder}/pid; echo tandem-forward-ready; exec cat >/dev/null`);
    const forward = await openForward({ ...wanted, command });
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).not.toThrow();
    await forward.close();
    expect(() => process.kill(pid, 0)).toThrow();
  });

  it("tells why it could not be opened", async () => {
    const command = fakeSsh("echo 'Permission denied (publickey).' >&2; exit 255");
    await expect(openForward({ ...wanted, command })).rejects.toThrow(
      /port 56001 .* ssh:\/\/me@far\.example:2222: Permission denied/,
    );
  });

  it("tells when there is no ssh", async () => {
    await expect(openForward({ ...wanted, command: join(folder, "none") })).rejects.toThrow("has no ssh");
  });

  it("tells when it is lost, and not when it is closed", async () => {
    const lost: string[] = [];
    const onLost = (reason: string) => lost.push(reason);
    const command = fakeSsh(
      `echo tandem-forward-ready; while [ ! -e ${folder}/cut ]; do sleep 0.05; done; echo gone >&2; exit 255`,
    );
    await openForward({ ...wanted, command, onLost });
    writeFileSync(join(folder, "cut"), "");
    await until(() => lost.length > 0);
    expect(lost).toEqual(["gone"]);
    const closed = await openForward({
      ...wanted,
      onLost,
      command: fakeSsh("echo tandem-forward-ready; exec cat >/dev/null"),
    });
    await closed.close();
    expect(lost).toHaveLength(1);
  });

  it("ends with its owner, however that ends", async () => {
    const command = fakeSsh(`echo tandem-forward-ready; cat >/dev/null; touch ${folder}/ended`);
    const script = `
      const { openForward } = await import(${JSON.stringify(new URL("./ssh-forward.ts", import.meta.url).href)});
      await openForward(${JSON.stringify({ ...wanted, command })});
      process.kill(process.pid, "SIGKILL");`;
    const { spawnSync } = await import("node:child_process");
    const owner = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    expect(owner.signal).toBe("SIGKILL");
    await until(() => existsSync(join(folder, "ended")));
  });
});
