import { describe, expect, it } from "vitest";
import { opensLoopback } from "./loopback-versions.ts";

const engine = [{ Name: "Engine" }, { Name: "containerd" }, { Name: "runc" }];

describe("a Docker engine", () => {
  it.each([
    "20.10.24+dfsg1",
    "26.1.5+dfsg1",
    "27.5.1",
    "25.0.13",
    "18.09.9",
    "17.03.2-ce",
    "v24.0.7",
  ])("%s opens 127.0.0.1 to its host's network segments", (Version) => {
    expect(opensLoopback({ Version, Platform: { Name: "" }, Components: engine })).toBe(true);
    expect(opensLoopback({ Version })).toBe(true);
  });

  it.each([
    "28.0.0",
    "28.0.0-rc.1",
    "28.5.2+dfsg1",
    "29.1.3",
    "100.0.0",
    "v28.0.4",
  ])("%s doesn't", (Version) => {
    expect(
      opensLoopback({ Version, Platform: { Name: "Docker Engine - Community" }, Components: engine }),
    ).toBe(false);
  });

  it.each([
    undefined,
    "",
    "dev",
    "0.0.0-20250213204117-d0a4ff3",
    "master",
    "20",
  ])("with the version %s is not judged", (Version) => {
    expect(opensLoopback({ ...(Version === undefined ? {} : { Version }), Components: engine })).toBe(false);
  });

  it("is not judged by its version where its rules don't hold on the machine's own network", () => {
    const Version = "27.4.0";
    const Platform = { Name: "Docker Desktop 4.37.1 (178610)" };
    expect(opensLoopback({ Version, Platform, Components: engine })).toBe(false);
    expect(opensLoopback({ Version, Components: [...engine, { Name: "rootlesskit" }] })).toBe(false);
    expect(opensLoopback({ Version: "5.4.0", Components: [{ Name: "Podman Engine" }] })).toBe(false);
    expect(opensLoopback({ Version, Platform: null, Components: null })).toBe(true);
  });
});
