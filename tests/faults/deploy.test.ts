// Twenty successive deploys under load: the long form of tests/integration/deploy.test.ts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
    for (const kind of kinds) {
      const [was, is] = [quiet, all].map((report) => percentile(report, 0.99, [kind]).toFixed(0));
      console.info(`p99 of ${kind} requests: ${was} ms in a quiet minute, ${is} ms in the deploys`);
    }
    console.info(`${all.sent} requests, ${all.failures.length} failed, ${resets(all).length} reset`);
    expect(failuresByReason(all)).toEqual({});
    expect(percentile(all, 0.99)).toBeLessThan(2 * percentile(quiet, 0.99));
  });
});
