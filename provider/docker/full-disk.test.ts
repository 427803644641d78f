import { describe, expect, it } from "vitest";
import { fullDiskHint } from "./full-disk.ts";

describe("the hint at a full disk", () => {
  it.each([
    "write /var/lib/docker/tmp/GetImageBlob12: no space left on device",
    "ENOSPC: no space left on device, write",
    'could not extend file "base/1/2": No space left on device',
  ])("follows %j", (message) => {
    expect(fullDiskHint(message, "the host")).toBe(" A disk is full: make room on the host.");
  });

  it("follows nothing else", () => {
    expect(fullDiskHint("column 53 does not exist", "the host")).toBe("");
  });
});
