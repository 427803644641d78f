// Which downloads are pinned.
import { expect, it } from "vitest";
import { pinnedSum } from "./checksums.ts";
import { releaseArchive } from "./steps/engine.ts";
import { engineVersion } from "./versions.ts";

it("the CLI's release is pinned for every platform that set-up knows", () => {
  for (const platform of ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]) {
    expect(pinnedSum(`pulumi-v${engineVersion()}-${platform}.tar.gz`)).toMatch(/^[0-9a-f]{64}$/);
  }
  expect(pinnedSum(releaseArchive())).toBeDefined();
});

it("what is not pinned is refused, unless somebody trusts it as it comes", () => {
  const archive = "pulumi-resource-docker-v0.0.0-linux-amd64.tar.gz";
  expect(() => pinnedSum(archive)).toThrow(`pins no checksum of ${archive}`);
  expect(() => pinnedSum("constructor")).toThrow("pins no checksum");
  expect(pinnedSum(archive, { TANDEM_UNPINNED_DOWNLOADS: "1" })).toBeUndefined();
});
