// Which sites a route's claim changes, and which its deletion removes.
import { describe, expect, it } from "vitest";
import { renderRoute } from "./route-config.ts";
import { addressesIn, claim, leftOf, release, withOwner } from "./route-ownership.ts";

const site = (routeName: string, ...hostnames: string[]) =>
  renderRoute({ routeName, hostnames, upstreams: [`${routeName}:80`], noindex: false }).site;

const addresses = (files: ReadonlyMap<string, string | undefined>) =>
  Object.fromEntries([...files].map(([name, text]) => [name, text && addressesIn(text)]));

describe("a claim", () => {
  it("takes a hostname from the route that has it, in whatever case, and leaves that route its others", () => {
    const sites = new Map([
      ["web", site("web", "a.example.com", "B.example.com")],
      ["other", site("other", "c.example.com")],
    ]);
    const { files, emptied } = claim(sites, "api", site("api", "b.example.com"), false);
    expect(addresses(files)).toEqual({ web: ["http://a.example.com"], api: ["http://b.example.com"] });
    expect(files.get("web")).toContain("/config/upstreams/web.1}");
    expect(emptied).toEqual([]);
  });

  it("removes a site that has no address left, as when a service gets another name", () => {
    const sites = new Map([["web", withOwner(site("web", "a.example.com"), "0a")]]);
    const { files, emptied } = claim(sites, "front", site("front", "a.example.com"), false);
    expect(addresses(files)).toEqual({ web: undefined, front: ["http://a.example.com"] });
    expect(emptied).toEqual(["web"]);
  });

  it("keeps what the route itself gives up, until somebody claims it", () => {
    const sites = new Map([["web", site("web", "a.example.com", "b.example.com")]]);
    const given = claim(sites, "web", withOwner(site("web", "a.example.com"), "0b"), true);
    expect(addresses(given.files)).toEqual({
      web: ["http://a.example.com"],
      "web.left": ["http://b.example.com"],
    });
    const after = new Map([...given.files].map(([name, text]) => [name, text ?? ""]));
    const taken = claim(after, "api", site("api", "b.example.com"), false);
    expect(addresses(taken.files)).toEqual({ "web.left": undefined, api: ["http://b.example.com"] });
    // The route itself serves on.
    expect(taken.emptied).toEqual([]);
  });
});

describe("the deletion of a route", () => {
  it("removes its own site, and of one that took its place only what that one gave up", () => {
    const own = new Map([["web", withOwner(site("web", "a.example.com"), "0a")]]);
    expect(release(own, "web", "0a")).toEqual(["web"]);
    expect(release(own, "web", undefined)).toEqual([]);
    const replaced = new Map([...own, [leftOf("web"), site("web", "b.example.com")]]);
    expect(release(replaced, "web", undefined)).toEqual([leftOf("web")]);
    expect(release(new Map(), "web", "0a")).toEqual([]);
    expect(release(new Map([["web", site("web", "a.example.com")]]), "web", undefined)).toEqual(["web"]);
  });
});
