// The report's page: everything escaped, nothing asked from anywhere, each section there whatever is unavailable.
import { describe, expect, it } from "vitest";
import { known, unavailable } from "../source.ts";
import { environment, reportOn, service } from "../testing.ts";
import { renderReport } from "./page.ts";

const NASTY = `</title><script>alert("x")</script><img src=x onerror='y'>`;
const away = unavailable(NASTY, "./tandem setup --check");
const gone = {
  ...{
    address: away,
    containers: away,
    topology: away,
    limits: away,
    plan: away,
    policies: away,
    drift: away,
  },
  ...{ restorePoints: away, deploys: away, cost: away, condition: "unknown" as const },
};

describe("the page", () => {
  it("has landmarks, one first heading, a way to skip, and ids that stand once", () => {
    const text = renderReport(reportOn());
    for (const part of ["<header", "<nav ", "<main id=", "<footer", 'href="#main"', 'lang="en"']) {
      expect(text).toContain(part);
    }
    expect(text.match(/<h1/g)).toHaveLength(1);
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("asks nobody for anything, and runs nothing", () => {
    const text = renderReport(reportOn());
    expect(text).toContain("default-src 'none'");
    expect(text).not.toMatch(/<script|<link (?!rel="icon" href="data:)|\ssrc=|@import|url\((?!#)/);
  });

  it("escapes whatever it shows", () => {
    const nasty = {
      address: known({ urls: [NASTY], hostname: NASTY, gateway: NASTY }),
      containers: known({
        services: [
          service("staging", NASTY, NASTY, {
            image: NASTY,
            commit: NASTY,
            digest: NASTY,
            standInNote: NASTY,
            standIn: true,
            jobs: [{ job: NASTY, runs: [{ startedAt: NASTY, cutOff: true, output: [NASTY] }], next: NASTY }],
          }),
        ],
        missing: [NASTY],
      }),
      drift: known({ lookedAt: NASTY, drifts: [{ subject: NASTY, since: NASTY }] }),
      policies: known({
        ...{ mandatory: 1, advisory: 1, disabled: [NASTY] },
        violations: [{ policy: NASTY, mandatory: true, text: NASTY, fix: NASTY }],
      }),
      topology: known({
        nodes: [
          {
            ...{ id: NASTY, kind: "service" as const, label: NASTY, details: [NASTY] },
            containers: [NASTY],
            resources: [],
          },
        ],
        ...{ edges: [], networks: [NASTY] },
      }),
    };
    for (const text of [renderReport(reportOn(nasty, nasty)), renderReport(reportOn(gone, gone))]) {
      expect(text).not.toMatch(/<script|<img|onerror='/);
      expect(text).toContain("&lt;script&gt;");
    }
  });

  it("has each section where an environment, or every source, is unavailable", () => {
    for (const report of [reportOn(), reportOn(gone), reportOn(gone, gone, away)]) {
      const text = renderReport(report);
      expect(text.match(/<section id=/g)).toHaveLength(11);
      expect(text.match(/<h2/g)).toHaveLength(11);
    }
    expect(renderReport(reportOn(gone)).match(/Not available/g)?.length).toBeGreaterThan(6);
  });

  it("draws both environments, marks what one lacks, and tells the same as text", () => {
    const { topology } = environment("production");
    const nodes = topology.ok ? topology.value.nodes.filter(({ kind }) => kind !== "volume") : [];
    const report = reportOn({}, { topology: known({ nodes, edges: [], networks: ["n"] }) });
    const text = renderReport(report);
    expect(text.match(/<svg class="topology"/g)).toHaveLength(2);
    expect(text.match(/not here/g)).toHaveLength(1);
    expect(text).toContain("staging as text");
  });

  it("says that nothing stands there where nothing does", () => {
    const none = { topology: known({ nodes: [], edges: [], networks: [] }) };
    expect(renderReport(reportOn(none, none)).match(/Nothing stands there yet/g)).toHaveLength(2);
  });

  it("shows a month's cost, or how to have it told", () => {
    expect(renderReport(reportOn())).toContain("priceSettings");
    const month = {
      ...{ currency: "USD", from: 25, to: 45, unpriced: ["redis"] },
      lines: [{ item: "machine", quantity: "1 environment", count: 1, from: 25, to: 45 }],
    };
    const text = renderReport(reportOn({ cost: known(month) }));
    expect(text).toContain("USD 25–45");
    expect(text).toContain("Without a price: redis.");
  });

  it("tells limits beyond what the host has", () => {
    const { limits } = environment("staging");
    const text = renderReport(
      reportOn({
        limits: limits.ok ? known({ ...limits.value, host: { ...limits.value.host, cpus: 1 } }) : limits,
      }),
    );
    expect(text).toContain("2 CPUs more than the host&#39;s 1 CPU");
  });
});
