import { describe, expect, it } from "vitest";
import { isRecord, ownerIn } from "./redis-owners.ts";

const lines = [
  "user default off sanitize-payload resetchannels -@all",
  "user staging on #ab ~staging:* resetchannels &staging:* -@all +@read",
  "user tandem:login:staging off sanitize-payload resetchannels -@all (~owner:oracle/staging resetchannels -@all)",
  "user tandem:keys:staging: off sanitize-payload resetchannels -@all (~owner:oracle/staging resetchannels -@all)",
];

describe("the record of an owner", () => {
  it("is read for a login and for a prefix, and is nobody's where there is none", () => {
    expect(ownerIn(lines, { kind: "login", name: "staging" })).toBe("oracle/staging");
    expect(ownerIn(lines, { kind: "keys", name: "staging:" })).toBe("oracle/staging");
    expect(ownerIn(lines, { kind: "keys", name: "prod:" })).toBeUndefined();
    expect(ownerIn(lines, { kind: "login", name: "stag" })).toBeUndefined();
  });

  it("is no login, and no login is one", () => {
    expect(isRecord("tandem:login:staging")).toBe(true);
    expect(isRecord("tandem")).toBe(false);
  });
});
