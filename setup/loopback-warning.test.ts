import { describe, expect, it } from "vitest";
import { CLOSE_LOOPBACK, closingCommand } from "./loopback-warning.ts";

describe("the command that closes a host", () => {
  const script = `'${CLOSE_LOOPBACK}'`;

  it("is a script of this package on this machine", () => {
    expect(closingCommand("unix:///var/run/docker.sock", true)).toBe(`sh ${script}`);
    expect(closingCommand("unix:///var/run/docker.sock", false)).toBe(`sudo sh ${script}`);
  });

  it("goes through ssh to another one, where sudo may ask for a password", () => {
    expect(closingCommand("ssh://root@far:2222")).toBe(`ssh -p 2222 root@far sh -s < ${script}`);
    expect(closingCommand("ssh://deploy@far")).toBe(
      `ssh deploy@far 'cat > close-loopback.sh' < ${script} && ssh deploy@far -t sudo sh close-loopback.sh`,
    );
    expect(closingCommand("tcp://far:2375")).toBe(`${script} as root on that machine`);
  });
});
