// Twenty successive deploys under load: the long form of tests/integration/deploy.test.ts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import { together } from "../support/deploys.ts";
import { failuresByReason, percentile, resets } from "../support/load.ts";
import { LoadedOracle } from "../support/loaded-oracle.ts";

const DEPLOYS = 20;

describe.skipIf(process.env.TANDEM_SOAK === undefined)(`${DEPLOYS} deploys of The Oracle under load`, () => {
  let oracle: LoadedOracle;

  beforeAll(async () => {
    oracle = await LoadedOracle.start();
  });

  afterAll(() => oracle?.remove());

  it("lose no request, and leave p99 within twice that of a quiet minute", async () => {
    const quiet = await oracle.quiet(60);
    const deploys = await oracle.deploys.run(DEPLOYS);
    const all = together(deploys.map(({ report }) => report));
    const kinds = ["quick", "slow"] as const;
    const p99 = kinds.map((kind) => {
      const [was, is] = [quiet, all].map((report) => percentile(report, 0.99, [kind]).toFixed(0));
      return [`p99 of ${kind} requests`, `${was} ms in a quiet minute, ${is} ms in the deploys`];
    });
    const failures = failuresByReason(all);
    const ratio = percentile(all, 0.99) / percentile(quiet, 0.99);
    recordSoak("deploys under load", {
      what: `${deploys.length} successive deploys of The Oracle (image, environment, gateway settings, secret, limits in turn) under 200 requests a second, half of them slow (1 s), an upload of 20 MB every 4 s`,
      passed: all.failures.length === 0 && ratio < 2,
      findings: {
        requests: `${all.sent} sent, ${all.failures.length} failed, ${resets(all).length} reset`,
        ...(all.failures.length === 0 ? {} : { failures: JSON.stringify(failures) }),
        uploads: `${all.latencies.upload.length} of 20 MB, each read back by its checksum`,
        ...Object.fromEntries(p99),
        "p99 of all requests": `${ratio.toFixed(2)} times that of the quiet minute`,
      },
    });
    expect(failures).toEqual({});
    expect(ratio).toBeLessThan(2);
  });
});
