// Tests of the wire form of values, of errors, and of the answers to checks and diffs.
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { describe, expect, it } from "vitest";
import { checkResponse, diffResponse } from "./answers.ts";
import { blot, NotServedError, ResourceInitError, toWireError } from "./errors.ts";
import { decode, encode, encodeLike, hasUnknown, sameValue, UNKNOWN } from "./values.ts";

const secret = (value: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

describe("decode and encode", () => {
  it("unwraps secrets at any depth and remembers the property", () => {
    const wire = structPb.Struct.fromJavaScript({ a: secret("s"), b: { c: [secret("t")] }, d: "plain" });
    const { values, secrets } = decode(wire);
    expect(values).toEqual({ a: "s", b: { c: ["t"] }, d: "plain" });
    expect([...secrets]).toEqual(["a", "b"]);
  });

  it("carries unknowns both ways", () => {
    const wire = encode({ a: UNKNOWN, b: [UNKNOWN], c: undefined });
    expect(wire.toJavaScript()).toEqual({
      a: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
      b: ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"],
    });
    expect(decode(wire).values).toEqual({ a: UNKNOWN, b: [UNKNOWN] });
  });

  it("marks secrets again", () => {
    expect(encode({ a: "s", b: 1 }, new Set(["a"])).toJavaScript()).toEqual({ a: secret("s"), b: 1 });
  });

  it("tells secret texts from plain ones, at any depth", () => {
    const { texts } = decode(structPb.Struct.fromJavaScript({ a: { b: secret("s"), c: "p" }, d: ["q"] }));
    expect(texts).toEqual([
      { text: "s", secret: true },
      { text: "p", secret: false },
      { text: "q", secret: false },
    ]);
  });

  it("sends back what is unchanged as it came, and the rest as secret as it was", () => {
    const wire = { a: { b: secret("s"), c: "p" }, d: { e: secret("t") }, f: "g" };
    const came = decode(structPb.Struct.fromJavaScript(wire));
    const now = encodeLike(came, { a: { b: "s", c: "p" }, d: { e: "other" }, f: "g", h: 1 });
    const whole = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: { e: "other" },
    };
    expect(now.toJavaScript()).toEqual({ ...wire, d: whole, h: 1 });
  });

  it("refuses assets and resource references", () => {
    const reference = { "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e", urn: "u" };
    expect(() => decode(structPb.Struct.fromJavaScript({ a: reference }))).toThrow("not accepted");
  });
});

describe("values", () => {
  it("compares deeply; unknown equals nothing", () => {
    expect(sameValue({ a: [1, { b: "x" }], c: undefined }, { a: [1, { b: "x" }] })).toBe(true);
    expect(sameValue([1, 2], [2, 1])).toBe(false);
    expect(sameValue(UNKNOWN, UNKNOWN)).toBe(false);
    expect(hasUnknown({ a: [{ b: UNKNOWN }] })).toBe(true);
  });
});

describe("errors", () => {
  it("blots out secrets wherever the server quotes them", () => {
    const error = toWireError(
      new Error('role "x" password "hunter22" is bad'),
      ["hunter22", "ab"],
      new Set(),
    );
    expect(error.details).toBe('role "x" password "[secret]" is bad');
    expect(blot("cab", ["ab"])).toBe("cab");
  });

  it("keeps a unfinished resource in the state, with its secrets marked", () => {
    const error = new ResourceInitError("id1", { password: "hunter22" }, ["not healthy: hunter22"]);
    const wire = toWireError(error, ["hunter22"], new Set(["password"]));
    expect(wire.details).toBe("not healthy: [secret]");
    const [details] = wire.metadata?.get("grpc-status-details-bin") ?? [];
    expect(Buffer.isBuffer(details) && details.includes("ErrorResourceInitFailed")).toBe(true);
    expect(Buffer.isBuffer(details) && details.includes("1b47061264138c4ac30d75fd1eb44270")).toBe(true);
  });

  it("says unimplemented for what is not served", () => {
    expect(toWireError(new NotServedError("no"), [], new Set()).code).toBe(12);
  });
});

describe("answers", () => {
  it("never names a secret property in a way that makes the engine print its value", () => {
    const response = checkResponse([{ property: "password", reason: "is too short" }], new Set(["password"]));
    expect(response.getFailuresList()[0]?.toObject()).toEqual({
      property: "",
      reason: "property password: is too short",
    });
  });

  it("lists changes and replacements by top-level name", () => {
    const response = diffResponse({
      changes: { name: "update-replace", "tags[0]": "add" },
      deleteBeforeReplace: true,
    });
    expect(response.getDiffsList()).toEqual(["name", "tags"]);
    expect(response.getReplacesList()).toEqual(["name"]);
    expect(response.getDeletebeforereplace()).toBe(true);
    expect(diffResponse({ changes: {} }).getChanges()).toBe(1);
  });
});
