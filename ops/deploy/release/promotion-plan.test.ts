import { describe, expect, it } from "vitest";
import { Secret } from "../../../infra/settings/secret.ts";
import { settingLines } from "./promotion-plan.ts";

describe("settings that two environments have differently", () => {
  it("are shown with both values, the ones that are set in one only among them", () => {
    const lines = settingLines(
      { hostPort: 3101, image: "a", banner: "STAGING", limits: { app: { cpus: 1 } }, same: [1] },
      { hostPort: 3100, image: "b", limits: { app: { cpus: 2 } }, same: [1], extra: true },
      ["image"],
    );
    expect(lines).toEqual([
      'banner: "STAGING" there, (none) here',
      "extra: (none) there, true here",
      "hostPort: 3101 there, 3100 here",
      'limits: {"app":{"cpus":1}} there, {"app":{"cpus":2}} here',
    ]);
  });

  it("don't show a secret", () => {
    expect(settingLines({ token: new Secret("hunter2") }, {}, [])).toEqual([
      "token: [secret] there, (none) here",
    ]);
    expect(settingLines({ token: new Secret("one") }, { token: new Secret("two") }, [])).toEqual([]);
  });
});
