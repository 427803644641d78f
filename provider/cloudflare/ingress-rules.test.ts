// Tests of how a rule goes into a tunnel's rules and out again.
import { describe, expect, it } from "vitest";
import { isInForce, type Rule, ruleOf, withoutRule, withRule } from "./ingress-rules.ts";

const last: Rule = { service: "http_status:404" };
const shop: Rule = {
  hostname: "shop.example.com",
  service: "http://shop",
  originRequest: { noTLSVerify: true },
};
const any: Rule = { hostname: "*.example.com", service: "http://any" };
const health: Rule = { path: "^/health$", service: "http://health" };
const own: Rule = { hostname: "app.example.com", service: "http://app" };
const wanted = { hostname: "app.example.com", service: "http://app" };

describe("a new rule", () => {
  it.each<[string, Rule[] | undefined, Rule[]]>([
    ["goes before the last one", [shop, last], [shop, own, last]],
    ["goes before a wildcard that would take its requests", [shop, any, last], [shop, own, any, last]],
    ["stays behind a rule for a path", [health, last], [health, own, last]],
    ["brings a last one where there is none", undefined, [own, last]],
  ])("%s", (_, before, after) => {
    const next = withRule({ ingress: before, "warp-routing": { enabled: true } }, wanted);
    expect(next).toEqual({ ingress: after, "warp-routing": { enabled: true } });
    expect(isInForce(next, "app.example.com")).toBe(true);
    expect(withoutRule(next, "APP.example.com").ingress).toEqual(before ?? [last]);
  });
});

describe("a rule that is there", () => {
  it("stays as it is", () => {
    const config = { ingress: [own, any, last] };
    expect(withRule(config, wanted)).toBe(config);
  });

  it("keeps its place and its options when its service changes", () => {
    const before = { ...own, service: "http://old", originRequest: { connectTimeout: 5 } };
    expect(withRule({ ingress: [before, shop, last] }, wanted).ingress).toEqual([
      { ...before, service: "http://app" },
      shop,
      last,
    ]);
  });

  it("moves before a wildcard that was put above it, and nothing else moves", () => {
    const config = { ingress: [shop, any, own, last] };
    expect(isInForce(config, "app.example.com")).toBe(false);
    expect(withRule(config, wanted).ingress).toEqual([shop, own, any, last]);
  });

  it("is no rule for a part of the hostname", () => {
    const part = { ...own, path: "^/admin", service: "http_status:403" };
    const config = { ingress: [part, last] };
    expect(ruleOf(config, "app.example.com")).toBeUndefined();
    expect(withRule(config, wanted).ingress).toEqual([part, own, last]);
    expect(withoutRule(config, "app.example.com")).toBe(config);
  });
});
