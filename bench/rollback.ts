// Rollbacks beside the deploys that they undo, of an image alone and of one with a migration, all under load.
//
//   node bench/rollback.ts [rounds]    default 5; needs a prepared machine
import { loadavg } from "node:os";
import { AppVersions } from "../tests/support/app-versions.ts";
import { LoadedOracle } from "../tests/support/loaded-oracle.ts";
import type { Outcome } from "../tests/support/project.ts";
import { ROLLBACK_CASES } from "./limits.ts";
import { figure, writeResult } from "./results.ts";

const STACK = "staging";
const rounds = Number(process.argv[2] ?? 5);
/** What a deploy costs is the same under any load that the machine bears; this one leaves the engine a core. */
const rate = { perSecond: 50, uploadEverySeconds: 4 };

/** Seconds of each case, in the order of the rounds. */
const seconds: Record<keyof typeof ROLLBACK_CASES, number[]> = {
  deploy: [],
  back: [],
  migratingDeploy: [],
  migratingBack: [],
};
let failed = 0;
let sent = 0;

/** A migration of a round's own, so that it is pending each time. */
function migration(round: number): Record<string, string> {
  const table = `moods_${round}`;
  const name = `${String(round + 3).padStart(4, "0")}_${table}.sql`;
  const rows = "SELECT id, md5(id::text) AS mood FROM generate_series(1, 1500000) AS id";
  return { [name]: `-- Up Migration\nCREATE TABLE ${table} AS ${rows};\nCREATE INDEX ON ${table} (mood);\n` };
}

const oracle = await LoadedOracle.start({}, rate);
const versions = new AppVersions(oracle.project.name);
try {
  await oracle.quiet(5);

  const timed = async (kind: keyof typeof ROLLBACK_CASES, run: () => Promise<Outcome>) => {
    oracle.load.take();
    const outcome = await run();
    if (outcome.exitCode !== 0) throw new Error(`${ROLLBACK_CASES[kind]}:\n${outcome.output}`);
    const report = oracle.load.take();
    seconds[kind].push(outcome.seconds);
    sent += report.sent;
    failed += report.failures.length;
  };
  const thereAndBack = async (
    there: "deploy" | "migratingDeploy",
    back: "back" | "migratingBack",
    image: string,
  ) => {
    oracle.project.configure(STACK, { image });
    await timed(there, () => oracle.project.tandem(["up", STACK, "--yes"]));
    await timed(back, () => oracle.project.tandem(["rollback", STACK, "--yes"]));
  };

  // The files of the rounds before are in each image, as they are in a system's.
  let files: Record<string, string> = {};
  for (let round = 0; round < rounds; round++) {
    await thereAndBack("deploy", "back", await versions.make(`plain-${round}`, files));
    files = { ...files, ...migration(round) };
    await thereAndBack("migratingDeploy", "migratingBack", await versions.make(`migrating-${round}`, files));
  }
  const cases = Object.keys(ROLLBACK_CASES) as (keyof typeof ROLLBACK_CASES)[];
  writeResult("rollback", {
    title: "A rollback beside the deploy that it undoes",
    rounds,
    manner: "rounds of each, one after the other",
    base: ROLLBACK_CASES.deploy,
    figures: cases.map((kind) => figure(ROLLBACK_CASES[kind], seconds[kind])),
    extra: {
      what: "from the command to its end, which is after the watch of 10 s; a rollback's smoke tests are within it",
      load: `${rate.perSecond} requests a second, half of them slow (1 s): ${failed} of ${sent} failed`,
      "rollbacks shorter than their deploys": `${shorter("back", "deploy")} without a migration, ${shorter("migratingBack", "migratingDeploy")} with one`,
      "other work on the machine": `load average ${loadavg()[0]?.toFixed(0)} at the end`,
    },
  });
} finally {
  await oracle.remove();
  await versions.remove();
}

function shorter(back: "back" | "migratingBack", there: "deploy" | "migratingDeploy"): string {
  const count = seconds[back].filter((value, round) => value < (seconds[there][round] ?? 0)).length;
  return `${count} of ${rounds}`;
}
