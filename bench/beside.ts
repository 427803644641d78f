// This version's deploys beside another one's: both are up at the same time, and deploy in turns, so that a machine that is slower
// for a while is so for both. Whole runs of bench/deploy.ts differ by half on a machine that others use as well.
//
//   node bench/beside.ts <checkout of the other version> [deploys]    both prepared by `./tandem setup`; default 20, without load and
//                                                                     as many under it; by tens, so that each kind comes
//                                                                     first as often as second
//
// It ends with exit code 1 where this version is slower than the limit, or a request failed.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { packageRoot } from "../setup/paths.ts";
import { figure } from "./results.ts";

/** All seconds of this version's deploys may be this much of the other one's. */
const MOST_TIMES_OTHER = 1.05;
const PART = "beside-version.ts";

interface Answer {
  seconds?: number;
  failed?: number;
}

/** A version that is up. */
class Version {
  readonly folder: string;
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(folder: string) {
    this.folder = folder;
    const part = join(folder, "bench", PART);
    if (folder !== packageRoot) copyFileSync(join(packageRoot, "bench", PART), part);
    this.#process = spawn(process.execPath, [part], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error("no output");
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async answer(): Promise<Answer> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the part of ${this.folder} ended`);
    return JSON.parse(value) as Answer;
  }

  async ask(word: "load" | "deploy"): Promise<Answer> {
    this.#process.stdin?.write(`${word}\n`);
    return await this.answer();
  }

  async end(): Promise<void> {
    const ended = this.#process.exitCode !== null || new Promise((done) => this.#process.once("exit", done));
    this.#process.stdin?.end();
    await ended;
    if (this.folder !== packageRoot) rmSync(join(this.folder, "bench", PART));
  }
}

const [given, deploys = "20"] = process.argv.slice(2);
if (given === undefined) throw new Error("name the folder of the other version's checkout");
const commitOf = async (cwd: string) =>
  (await execa("git", ["log", "-1", "--format=%h of %cs"], { cwd })).stdout;
const folders = [resolve(given), packageRoot];
const commits = await Promise.all(folders.map(commitOf));
const versions = folders.map((folder) => new Version(folder));
const rows: string[] = [];
const problems: string[] = [];
try {
  await Promise.all(versions.map((version) => version.answer()));
  for (const phase of ["without load", "under load"]) {
    if (phase === "under load") await Promise.all(versions.map((version) => version.ask("load")));
    const seconds: number[][] = [[], []];
    const ratios: number[] = [];
    let failed = 0;
    for (let round = 0; round < Number(deploys); round++) {
      // Who comes first changes, so that neither always has what the other one left in the caches.
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      const now: Answer[] = [];
      for (const place of order) now[place] = (await versions[place]?.ask("deploy")) ?? {};
      const [theirs, ours] = now.map((answer) => answer.seconds);
      failed += now[1]?.failed ?? 0;
      // What changes the gateway only has no new version to wait for.
      if (theirs === undefined || ours === undefined) continue;
      seconds[0]?.push(theirs);
      seconds[1]?.push(ours);
      ratios.push(ours / theirs);
    }
    const median = (values: number[] | undefined) => figure("", values ?? []).median.toFixed(2);
    // Of all deploys together: in a pair the one that comes second takes another time than the first, up to half of it or twice as much.
    const sum = (values: number[] | undefined) => (values ?? []).reduce((all, one) => all + one, 0);
    const ratio = sum(seconds[1]) / sum(seconds[0]);
    const { min, max } = figure("", ratios);
    rows.push(
      `| ${phase} | ${ratios.length} | ${median(seconds[0])} | ${median(seconds[1])} | ${ratio.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)}) | ${failed} |`,
    );
    if (ratio > MOST_TIMES_OTHER)
      problems.push(`${phase} it takes ${ratio.toFixed(2)} times the other one's time`);
    if (failed > 0) problems.push(`${phase} ${failed} requests failed`);
  }
} finally {
  await Promise.all(versions.map((version) => version.end()));
}
const text = [
  "# Deploys of this version beside another one's",
  "",
  `${new Date().toISOString().slice(0, 10)}: ${commits[1]} beside ${commits[0]}, both up on one machine, deploying in turns; under load each has 100 requests a`,
  "second. Seconds from the command until the new version answers. The ratio is that of all deploys together, with a pair's least and most.",
  "",
  `| | pairs | ${commits[0]}, median s | ${commits[1]}, median s | ratio | failed requests |`,
  "|---|---|---|---|---|---|",
  ...rows,
  "",
].join("\n");
writeFileSync(join(packageRoot, "bench/results/beside.md"), text);
process.stdout.write(text);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
