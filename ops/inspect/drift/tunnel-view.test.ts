// Unit tests of the look at a tunnel's rules.

import { describe, expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import type { Rule } from "../../../provider/cloudflare/ingress-rules.ts";
import { ownTunnelFindings, sharedTunnelFindings } from "./tunnel-view.ts";

const hostname = "shop.example.com";
const service = "http://10.0.0.1:3100";
const state = (inputs = {}) => ({
  ...{ urn: "urn:pulumi:a::b::c::rule", type: types.rule, inputs },
  outputs: { hostname, service },
});
const own: Rule = { hostname, service };
const rest: Rule[] = [
  { hostname: "*.example.com", service: "http://10.0.0.8" },
  { service: "http_status:404" },
];
const look = (rules: Rule[], inputs = {}, elsewhere: string[] = []) =>
  sharedTunnelFindings({ ingress: rules }, [state(inputs)], () => new Set(elsewhere)).map(
    ({ subject, text, gravity }) => [gravity, subject, text],
  );

describe("a tunnel that others use too", () => {
  it("is as it should be with anybody's rules, and with what the dashboard adds to each", () => {
    const other: Rule = { hostname: "grafana.example.com", service: "http://10.0.0.1:3000" };
    expect(look([other, { ...own, originRequest: {} }, ...rest])).toEqual([]);
  });

  it("shows rules of no state that carry the hostname or send here, whatever their spelling", () => {
    const path: Rule = { hostname: "Shop.example.com", path: "/x", service: "http://10.0.0.9" };
    const debug: Rule = { hostname: "debug.example.com", service: "http://10.0.0.1:3100/" };
    expect(look([path, debug, own, ...rest]).map(([gravity, subject]) => [gravity, subject])).toEqual([
      ["person", "tunnel rule Shop.example.com, path /x"],
      ["person", "tunnel rule debug.example.com"],
    ]);
    expect(look([debug, own, ...rest], {}, ["debug.example.com"])).toEqual([]);
  });

  it("shows a rule behind one that takes its requests, and options by hand unless it was taken over", () => {
    const [wildcard, last] = rest as [Rule, Rule];
    expect(look([wildcard, own, last])).toEqual([
      ["safe", `tunnel rule ${hostname}`, expect.stringMatching(/stands behind the rule \*\.example\.com/)],
    ]);
    const options = { ...own, originRequest: { noTLSVerify: true } };
    expect(look([options, ...rest]).map(([gravity]) => gravity)).toEqual(["person"]);
    expect(look([options, ...rest], { takeOver: true })).toEqual([]);
  });
});

describe("a tunnel of the environment's own", () => {
  it("shows which rules are not the program's, and which are missing", () => {
    const resource = {
      ...{ urn: "urn:pulumi:a::b::c::tunnel-ingress", type: "config" },
      outputs: { config: { ingresses: [own, { service: "http_status:404" }] } },
    };
    const found = (ingress: Rule[]) => ownTunnelFindings({ ingress }, resource).map(({ text }) => text);
    expect(found([own, { service: "http_status:404" }])).toEqual([]);
    expect(found([{ ...own, service: "http://10.0.0.9" }, { service: "http_status:404" }])).toEqual([
      `have ${hostname} to http://10.0.0.9, which no state knows`,
      `lack ${hostname} to ${service}`,
    ]);
  });
});
