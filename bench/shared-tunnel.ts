// Runs the simulations of tests/faults/shared-tunnel.test.ts in their full number and keeps what came out.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { type Options, simulate } from "../tests/support/tunnel-simulation.ts";

const SEED = 20261121;

/** Simulations of one kind, added up. */
async function runs(rounds: number, options: Options) {
  const start = performance.now();
  const sum = { rounds, operations: 0, killed: 0, versions: 0, overwritten: 0, wrong: 0 };
  for (let round = 0; round < rounds; round++) {
    const { problems, operations, killed, writes, overwritten } = await simulate(SEED + round, options);
    sum.operations += operations;
    sum.killed += killed;
    sum.versions += writes;
    sum.overwritten += overwritten;
    sum.wrong += problems.length === 0 ? 0 : 1;
  }
  return { ...sum, seconds: Math.round((performance.now() - start) / 1000) };
}

const date = new Date().toISOString().slice(0, 10);
const machine = `${cpus().length} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}`;
const results = {
  "two stacks": await runs(1_000, {}),
  "and the dashboard": await runs(200, { byHand: true }),
};
const rows = Object.entries(results).map(
  ([name, r]) =>
    `| ${[name, r.rounds, r.operations, r.killed, r.versions, r.overwritten, r.wrong, r.seconds].join(" | ")} |`,
);
const text = `# A shared tunnel, simulated

${date}, seeds ${SEED} and following, on ${machine}. Two stacks put their rules into one tunnel of the emulated Cloudflare at
the same time, with slow, stale, limited and faulty answers. A simulation is wrong if any version of the configuration
lacks a foreign rule or has them in another order, if a rule of a stack's own isn't at the end as its stack left it, or
if a change made by hand was overwritten and nobody said so.

| | simulations | operations | killed runs | versions written | changes of others overwritten, said | wrong | seconds |
|---|---|---|---|---|---|---|---|
${rows.join("\n")}
`;
const folder = fileURLToPath(new URL("./results/", import.meta.url));
writeFileSync(`${folder}shared-tunnel.md`, text);
writeFileSync(
  `${folder}shared-tunnel.json`,
  `${JSON.stringify({ date, machine, seed: SEED, results }, null, 2)}\n`,
);
process.stdout.write(text);
if (Object.values(results).some(({ wrong }) => wrong > 0)) process.exitCode = 1;
