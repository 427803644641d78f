// One version's part in bench/beside.ts, which puts it into that version's checkout: staging of The Oracle, deployed when it is told.
// It reads `load` and `deploy`, a line each, and answers each with a line of JSON when it is done.
import { createInterface } from "node:readline";
import { LoadedOracle, RATE } from "../tests/support/loaded-oracle.ts";

/** Both versions have half of the load of bench/deploy.ts. */
const oracle = await LoadedOracle.start(
  { watchSeconds: 5 },
  { perSecond: RATE.perSecond / 2, uploadEverySeconds: RATE.uploadEverySeconds * 2 },
);
const answer = (document: unknown) => process.stdout.write(`${JSON.stringify(document)}\n`);
try {
  answer("up");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "load") {
      await oracle.quiet(10);
      answer("loaded");
      continue;
    }
    const [deploy] = await oracle.deploys.run(1);
    answer({ seconds: deploy?.trafficSeconds, failed: deploy?.report.failures.length });
  }
} finally {
  await oracle.remove();
}
