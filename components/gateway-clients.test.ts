// What a gateway is told of its clients, and which arguments it refuses.
import { describe, expect, it } from "vitest";
import { clientProblem } from "./gateway-clients.ts";
import { gatewayFiles } from "./gateway-config.ts";

const entry = (options: Parameters<typeof gatewayFiles>[0]) =>
  gatewayFiles(options)["/config/entry.Caddyfile"] ?? "";

describe("the entry", () => {
  it("believes nobody unless told to", () => {
    expect(entry({})).not.toContain("trusted_proxies static");
    expect(entry({})).toContain("request_header -X-Forwarded-*");
    const named = entry({ trustedProxies: ["192.0.2.7", "2001:db8::/32"] });
    expect(named).toContain("trusted_proxies static 192.0.2.7 2001:db8::/32\n\t\ttrusted_proxies_strict");
    expect(named).toContain("not remote_ip 192.0.2.7 2001:db8::/32");
    expect(named).toContain("request_header @stranger -X-Forwarded-*");
  });

  it("follows the connector only where there is one", () => {
    const script = (connector?: string) => gatewayFiles({ connector })["/config/run.sh"];
    expect(script()).not.toContain("getent");
    expect(script("shop_staging_tunnel")).toContain("getent hosts shop_staging_tunnel");
    expect(entry({ connector: "shop_staging_tunnel" })).toContain(
      "not vars {remote_host} {file./tmp/connector}",
    );
  });
});

describe("arguments", () => {
  it("are refused by name, before they could become part of the configuration", () => {
    expect(
      clientProblem({ trustedProxies: ["10.1.0.0/16", "::1"], clientPercent: 100, maxBodyMb: 1 }),
    ).toBeUndefined();
    for (const address of ["private_ranges", "10.0.0.1 }", "10.0.0.0/8\n", "a.example.com", "", "300"])
      expect(clientProblem({ trustedProxies: [address] }), address).toMatch(/^trustedProxies: /);
    for (const clientPercent of [0, 101, 1.5])
      expect(clientProblem({ clientPercent })).toMatch(/^clientPercent is/);
    expect(clientProblem({ maxBodyMb: 0 })).toMatch(/^maxBodyMb is 0/);
  });
});
