// The commands that administrators run: once before the traps, to see which names they use, and then over them.
import { setTimeout as sleep } from "node:timers/promises";
import { makeRestorePoint } from "../../provider/postgres/restore-point.ts";
import { docker } from "../support/docker.ts";
import { runAndStrike } from "../support/killer.ts";
import type { Outcome } from "../support/project.ts";
import { type LogWatch, PREFIX } from "./log-watch.ts";
import type { Site } from "./site.ts";

/** The version that is deployed over the traps: its migration makes a restore point first. */
export const NEXT = {
  name: "next",
  migrations: { "0003_next.sql": "CREATE TABLE next_table (id int PRIMARY KEY);\n" },
};

/** A command over the traps. */
export interface Command {
  name: string;
  args: string[];
  /** Kill it in the middle, and run it again. */
  kill?: boolean;
  /** It shows an application's own lines, whose colours are its own affair. */
  colours?: boolean;
  /** Production's containers stay as they are. @default true */
  leavesProduction?: boolean;
}

const STAGING: Record<string, Command> = {
  preview: { name: "preview", args: ["preview", "staging"] },
  up: { name: "up, with a migration and its restore point", args: ["up", "staging", "--yes"] },
  killed: { name: "up after one that was killed", args: ["up", "staging", "--yes"], kill: true },
  drift: { name: "drift", args: ["drift"] },
  fix: { name: "drift --fix", args: ["drift", "staging", "--fix"] },
  verify: { name: "verify", args: ["verify"] },
  parity: { name: "parity", args: ["parity"] },
  report: { name: "report", args: ["report"] },
  seed: { name: "seed", args: ["seed", "staging", "--yes"] },
  rollback: { name: "rollback --database", args: ["rollback", "staging", "--database", "--yes"] },
  history: { name: "history", args: ["history", "staging"] },
  status: { name: "status", args: ["status"] },
  logs: { name: "logs", args: ["logs", "staging"], colours: true },
  down: { name: "down", args: ["down", "staging", "--yes"] },
  again: { name: "up after down", args: ["up", "staging", "--yes"] },
};

const SMALL = {
  lugh: ["up", "drift", "fix", "verify", "parity", "rollback", "logs"],
  oracle: ["drift", "up", "seed", "report", "status"],
};
const ALL = [
  ...[
    "preview",
    "up",
    "drift",
    "fix",
    "verify",
    "parity",
    "report",
    "history",
    "status",
    "logs",
    "seed",
    "rollback",
  ],
  ...["killed", "down", "again"],
];

/**
 * The commands for a pair. In the small form most run over one of the two; previews run against what stands in the way, and
 * `down` is the last of all.
 */
export function commandsOf(system: "lugh" | "oracle", full: boolean): Command[] {
  return (full ? ALL : SMALL[system]).map((key) => STAGING[key] as Command);
}

/** Runs a command of the pair's. */
export async function runCommand({ project }: Site, { args, kill }: Command): Promise<Outcome> {
  if (kill === true) {
    project.configure("staging", { promoteAfter: "2s" });
    const options = { cwd: project.folder, env: { ...process.env, ...project.environment() } };
    await runAndStrike(...project.commandLine(args), { operations: 4, delayMs: 50 }, options);
  }
  return await project.tandem(args);
}

async function must(outcome: Promise<Outcome>, ...codes: number[]): Promise<void> {
  const { exitCode, output } = await outcome;
  if (![0, ...codes].includes(exitCode)) throw new Error(output);
}

/** Of every session that begins from now on: what the server's command line says of its log gives way to a role's setting. */
async function askForStatements(site: Site, on: boolean): Promise<void> {
  const change = on
    ? ["ALTER ROLE ALL SET log_statement = 'all'", `ALTER SYSTEM SET log_line_prefix = '${PREFIX}'`]
    : ["ALTER ROLE ALL RESET log_statement", "ALTER SYSTEM RESET log_line_prefix"];
  for (const statement of [...change, "SELECT pg_reload_conf()"]) await site.sql(`${statement};`);
}

/**
 * Brings the pair up and runs what administrators run, with no trap about.
 *
 * @returns the statements of everybody who isn't an application
 */
export async function cleanRound(site: Site, watch: LogWatch, full: boolean): Promise<Set<string>> {
  const { project, system } = site;
  if (system === "lugh") {
    await must(project.tandem(["up", "shared", "--yes"]));
    await askForStatements(site, true);
  }
  await must(project.tandem(["up", "production", "--yes"]));
  await must(project.tandem(["up", "staging", "--yes"]));
  if (system === "oracle") for (const each of [site, site.other]) await askForStatements(each, true);
  const dumped = { containerId: site.server, name: site.database };
  const point = await makeRestorePoint(docker, dumped, "migration");
  await must(project.tandem(["drift", "staging"]), 2);
  await must(project.tandem(["rollback", "staging", "--database", point.name, "--yes"]));
  if (system === "oracle") await must(project.tandem(["seed", "staging", "--yes"]));
  if (full) {
    for (const command of ["preview", "verify", "parity", "report"])
      await must(project.tandem([command]), 1, 2);
    await must(project.tandem(["down", "staging", "--yes"]));
    await must(project.tandem(["up", "staging", "--yes"]));
  }
  await sleep(1000);
  for (const each of [site, site.other]) await askForStatements(each, false);
  const tenants = new Set(
    [site, site.other].flatMap((each) =>
      ["owner", "app", "readonly"].map((login) => each.login(login as "app")),
    ),
  );
  return new Set(
    [...watch.statements].filter(([role]) => !tenants.has(role)).flatMap(([, texts]) => [...texts]),
  );
}
