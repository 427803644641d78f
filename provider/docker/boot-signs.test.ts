import { describe, expect, it } from "vitest";
import { cpuMilliseconds, cpusOf, listeningAddresses, usageFile } from "./boot-signs.ts";

const ID = "3f".repeat(32);

describe("the file that counts a container's CPU time", () => {
  it.each([
    ["version 2", `0::/system.slice/docker-${ID}.scope\n`, `/system.slice/docker-${ID}.scope/cpu.stat`],
    [
      "version 1",
      `9:pids:/docker/${ID}\n4:cpu,cpuacct:/docker/${ID}\n`,
      `/cpuacct/docker/${ID}/cpuacct.usage`,
    ],
    ["version 1 with an empty 2", `4:cpuacct:/docker/${ID}\n0::/\n`, `/cpuacct/docker/${ID}/cpuacct.usage`],
  ])("is found with control groups of %s", (_, groups, file) => {
    expect(usageFile(groups, ID)).toBe(`/sys/fs/cgroup${file}`);
  });

  it("is none where the process is another one's", () => {
    expect(usageFile("0::/user.slice/session-1.scope\n", ID)).toBeUndefined();
    expect(usageFile(`0::/docker/${"0a".repeat(32)}\n`, ID)).toBeUndefined();
    expect(usageFile("", ID)).toBeUndefined();
  });

  it.each([
    ["usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n", 1.5],
    ["1500000\n", 1.5],
  ])("is read as milliseconds: %j", (text, milliseconds) => {
    expect(cpuMilliseconds(text)).toBe(milliseconds);
  });
});

it.each([
  [{}, 1],
  [{ NanoCpus: 2e9 }, 1],
  [{ NanoCpus: 2e8 }, 0.2],
  [{ CpuPeriod: 100_000, CpuQuota: 50_000 }, 0.5],
  [{ CpuPeriod: 0, CpuQuota: 25_000 }, 0.25],
])("CPUs that a container may use, by %j", (HostConfig, cpus) => {
  expect(cpusOf({ HostConfig } as Parameters<typeof cpusOf>[0])).toBe(cpus);
});

describe("sockets that listen", () => {
  const HEAD =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  it("are those of the container, without Docker's name server and without connections", () => {
    const table =
      `${HEAD}   0: 0B00007F:9D4B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n` +
      "   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0\n" +
      "   2: 020011AC:1F90 010011AC:C350 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0\n";
    expect(listeningAddresses(table)).toEqual(["00000000:1F90"]);
    expect(listeningAddresses(HEAD)).toEqual([]);
  });
});
