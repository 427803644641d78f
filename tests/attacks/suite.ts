// The attacks on a running pair: a clean round tells which names administrators use, then all traps go in at once, then
// every command runs over them while a local user and clients are at work.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import { exec } from "../../provider/docker/containers.ts";
import { AppVersions } from "../support/app-versions.ts";
import { docker } from "../support/docker.ts";
import { SOAK } from "../support/long-form.ts";
import { TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";
import { snapshot } from "../support/snapshot.ts";
import { appTraps } from "./app-container.ts";
import { meetingsOf } from "./blockers.ts";
import { clientFloods, clientRequests } from "./client.ts";
import { cleanRound, commandsOf, NEXT, runCommand } from "./commands.ts";
import { canaryProblems, endOf, outcomeProblems, plantCanaries, powers } from "./judge.ts";
import { LocalUser, type Loot, mayTry } from "./local-user.ts";
import { LogWatch } from "./log-watch.ts";
import { addNames, noNames, type UsedNames } from "./names.ts";
import { ownerTraps } from "./owner.ts";
import { readerTraps } from "./reader.ts";
import { redisTraps } from "./redis-login.ts";
import { remains } from "./remains.ts";
import { PATIENCE_SECONDS, Site } from "./site.ts";
import { type Planted, plantAll, type Trap } from "./trap.ts";

/** All commands and all blockers, instead of those that tell the most. */
export const FULL = process.env.TANDEM_ATTACKS === "full" || SOAK;
/** Kinds that each actor must at least have tried. */
const KINDS = 10;
/** What an administrator might ask who has never heard of a search path. */
const CARELESS = `SELECT format('%s', relname) FROM pg_class WHERE relkind = 'r' AND relname <> 'x'`;
const QUICK = { promoteAfter: "1s", watchSeconds: 0 };

/** Describes the attacks on a system's pair. */
export function attackSuite(system: "lugh" | "oracle"): void {
  let site: Site;
  let watch: LogWatch;
  let versions: AppVersions;
  let used: UsedNames;
  let asked: string[] = [];
  let before: { powers: string[]; production: Record<string, string> };
  let secrets: string[] = [];
  const planted: Record<string, Planted[]> = {};

  async function plant(actor: string, where: Site, traps: readonly Trap[], together = 1): Promise<void> {
    planted[actor] = [...(planted[actor] ?? []), ...(await plantAll(where, traps, together))];
  }

  /** What is wrong now, whatever was done; empty where the attacks came to nothing. It is put right for what comes next. */
  async function problems(): Promise<string[]> {
    const gained = (await powers(site)).filter((power) => !before.powers.includes(power));
    const [port, host] = site.other.address;
    const served = (await ask(port, host, "/version")).status === 200 ? [] : ["production doesn't serve"];
    const found = [...watch.sprung.splice(0), ...gained, ...served, ...(await canaryProblems(site))];
    for (const role of gained.flatMap((power) => /^(\S+) is superuser$/.exec(power)?.[1] ?? []))
      await site.sql(`ALTER ROLE ${role} NOSUPERUSER;`);
    return found;
  }

  /** Outcomes by group of tests. */
  const outcomes = new Map<string, boolean[]>();
  afterEach(({ task }) => {
    const group = task.suite?.name ?? "";
    outcomes.set(group, [...(outcomes.get(group) ?? []), task.result?.state !== "fail"]);
  });

  /** Keeps what a run of the full form came to, beside those of other long runs. */
  function record(): void {
    const kinds = Object.entries(planted).map(
      ([actor, all]) => `${actor} ${new Set(all.map(({ kind }) => kind)).size}`,
    );
    const groups = [...outcomes].map(([group, all]) => [
      group,
      `${all.filter(Boolean).length} of ${all.length} passed`,
    ]);
    recordSoak(`attacks on ${system}`, {
      what: "hostile actors on a running pair, and commands over what they left (`./tandem test attacks`)",
      passed: [...outcomes.values()].flat().every(Boolean),
      findings: { "kinds of traps by actor": kinds.join(", "), ...Object.fromEntries(groups) },
    });
  }

  beforeAll(async () => {
    const project = await TestProject.create({ staging: QUICK, production: QUICK }, system);
    project.inside = ["timeout", "--kill-after=5", String(PATIENCE_SECONDS)];
    site = new Site(project, system, "staging");
    versions = new AppVersions(project.name);
    watch = await LogWatch.start(project.name);
    used = noNames();
    const statements = await cleanRound(site, watch, FULL);
    expect(await addNames(statements, used)).toBeGreaterThan(20);
    asked = [...used.functions];
    await addNames([CARELESS], used);
    secrets = await Promise.all(
      [site, site.other].flatMap((each) => ["DATABASE_URL", "REDIS_URL"].map((name) => each.secret(name))),
    );
    secrets = secrets.map((url) => new URL(url).password);
    await plantCanaries(site);
    before = { powers: await powers(site), production: await snapshot(project.name, "production") };
    const close = await site.openLogins();
    await plant("reader", site, readerTraps);
    await plant("owner", site, ownerTraps(used));
    await close();
    await plant("redis login", site, redisTraps(site));
    await plant("app container", site, appTraps);
    // Where each has a server of its own, production's owner is no friend of its administrator either.
    if (system === "oracle") {
      const twin = new Site(project, system, "production", site.token);
      const closeTwin = await twin.openLogins();
      await plant("reader", twin, readerTraps);
      await plant("owner", twin, ownerTraps(used));
      await closeTwin();
    }
    project.configure("staging", {
      image: await versions.make(NEXT.name, NEXT.migrations),
      restorePoints: 5,
    });
  });

  afterAll(async () => {
    if (FULL) record();
    watch?.stop();
    await site?.project.remove();
    await versions?.remove();
  });

  describe(`hostile actors on ${system}`, () => {
    it("find the names that administrators use, and make traps of them", () => {
      for (const name of ["json_agg", "json_build_object"])
        expect(asked.map((call) => call.split("/")[0])).toContain(name);
      expect([...used.relations]).toEqual(expect.arrayContaining(["pg_class", "pg_namespace", "pg_roles"]));
      expect([...used.operators]).toEqual(expect.arrayContaining(["=", "<>"]));
      expect([...used.types]).toContain("regclass");
    });

    it.each([
      "owner",
      "reader",
      "redis login",
      "app container",
    ])("the %s: nothing goes through that must not", (actor) => {
      const all = planted[actor] ?? [];
      expect(new Set(all.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(KINDS);
      expect(all.filter(({ wrong }) => wrong)).toEqual([]);
    });

    it("the traps work: an administrator's session that is not careful falls into several kinds", async () => {
      expect(await problems()).toEqual([]);
      const psql = ["psql", "-XqAt", "-U", "postgres", "-d", site.database, "-c", CARELESS];
      await exec(docker, site.server, psql, undefined, "postgres");
      try {
        const kinds = ["function", "operator", "relation"];
        const fell = () =>
          kinds.filter((kind) => watch.sprung.some((line) => line.includes(`sprung: ${kind} `)));
        await eventually(
          async () => fell(),
          ({ length }) => length === kinds.length,
        );
        expect(await powers(site)).toContain(`${site.login("owner")} is superuser`);
      } finally {
        // What comes next must not find what this brought about.
        await site.sql(`ALTER ROLE ${site.login("owner")} NOSUPERUSER;`);
        watch.sprung.length = 0;
      }
    });

    it("clients: honest requests are served between theirs", { timeout: 300_000 }, async () => {
      await plant("client", site, clientRequests, 6);
      await plant("client", site, clientFloods);
      const all = planted.client ?? [];
      expect(all.length).toBeGreaterThanOrEqual(KINDS);
      expect(all.filter(({ wrong }) => wrong)).toEqual([]);
    });
  });

  describe(`commands over the traps on ${system}`, () => {
    let spy: LocalUser | undefined;
    let loot: Loot;

    beforeAll(() => {
      if (mayTry) spy = new LocalUser(site, secrets);
    });

    // What it left in /tmp goes, also where a test before it ended the run.
    afterAll(() => spy?.clear());

    it.each(commandsOf(system, FULL))("$name", { timeout: 600_000 }, async (command) => {
      const outcome = await runCommand(site, command);
      expect(
        outcomeProblems(outcome, [...secrets, `${site.token}secret`], command.colours),
        endOf(outcome),
      ).toEqual([]);
      expect(await problems(), endOf(outcome)).toEqual([]);
      if (command.leavesProduction !== false)
        expect(await snapshot(site.project.name, "production")).toEqual(before.production);
    });

    it.skipIf(!mayTry)(
      "the local user read no secret, was answered by no plugin and may write nothing",
      async () => {
        loot = (await spy?.loot()) as Loot;
        expect(loot.rounds).toBeGreaterThan(20);
        expect(loot.readable).toEqual({});
        expect(loot.killed).toEqual([]);
        expect(loot.writable).toEqual([]);
        expect(loot.answers).toEqual([]);
      },
    );
  });

  describe(`commands against what stands in their way on ${system}`, () => {
    it.each(meetingsOf(system, FULL))("$kind", { timeout: 1_800_000 }, async ({ hold, commands }) => {
      let meanwhile: string[] = [];
      const release = await hold(site);
      try {
        for (const args of commands) {
          const outcome = await site.project.tandem(args);
          expect(outcomeProblems(outcome, secrets), `${args.join(" ")}: ${endOf(outcome)}`).toEqual([]);
        }
      } finally {
        meanwhile = await release();
      }
      expect([...meanwhile, ...(await problems())]).toEqual([]);
    });
  });

  describe(`the end of staging's data on ${system}`, () => {
    it("takes all that it left anywhere, and nothing of production's", { timeout: 600_000 }, async () => {
      const deletion = ["--delete-data", "--yes-delete-data-of", "staging"];
      const outcome = await site.project.tandem(["down", "staging", "--yes", ...deletion]);
      expect(outcome.exitCode, endOf(outcome)).toBe(0);
      expect(outcomeProblems(outcome, secrets)).toEqual([]);
      expect(await remains(site)).toEqual([]);
      expect(await problems()).toEqual([]);
    });
  });
}
