// What `tandem psql` and `tandem redis-cli` do in an environment `staging` that is up, beside a `production` that isn't.
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { atTerminal, oneOffsOf, open, piped, untilOneOff } from "./console.ts";
import { docker } from "./docker.ts";
import type { TestProject } from "./project.ts";

/** A password of the environment, out of a URL that its app has. */
async function passwordIn(project: TestProject, variable: string): Promise<string> {
  const printed = await piped(project, ["exec", "staging", "app", "--", "printenv", variable]);
  return new URL(printed.stdout.toString().trim()).password;
}

/** The cases, for a project whose staging is up. */
export function clientCases(project: () => TestProject): void {
  describe("psql and redis-cli", () => {
    const psql = (...words: string[]) => ["psql", "staging", ...words];

    it("log in as the app, the owner and the read-only login, each with its own rights", async () => {
      const as = async (login: string[], sql: string) => {
        const flags = ["--", "-qXAt", "-v", "ON_ERROR_STOP=1"];
        const { exitCode, stdout, stderr } = await piped(project(), psql(...login, ...flags), sql);
        return { exitCode, stdout: stdout.toString().trim(), stderr };
      };
      const make = "select current_user; create table by_hand (a int); drop table by_hand";
      const denied = { exitCode: 3, stderr: expect.stringContaining("permission denied") };
      expect(await as([], make)).toMatchObject({ ...denied, stdout: expect.stringMatching(/_app$/) });
      const owner = await as(["--as", "owner"], make);
      expect(owner).toEqual({ exitCode: 0, stdout: expect.stringMatching(/_owner$/), stderr: "" });
      const read = await as(["--as", "readonly"], "select count(*) >= 0 from notes; delete from notes");
      expect(read).toMatchObject({ ...denied, stdout: "t" });
      expect(await oneOffsOf(project())).toEqual([]);
    });

    it("carry bytes as they are", async () => {
      const copy = "copy (select decode('00ff0d0a1b', 'hex')) to stdout with binary";
      const { stdout } = await piped(project(), psql("--", "-c", copy));
      expect(stdout.subarray(0, 11).toString("latin1")).toBe("PGCOPY\n\u00ff\r\n\0");
      expect(stdout.includes(Buffer.from("00ff0d0a1b", "hex"))).toBe(true);
    });

    it("join a terminal", async () => {
      const { exitCode, output } = await atTerminal(project(), psql(), [
        ["=>", "select 'from ' || 'a terminal' as said \\gset\n"],
        ["=>", "\\echo :said\n\\q\n"],
      ]);
      expect([exitCode, output.includes("from a terminal")]).toEqual([0, true]);
    });

    it("show their password in no argument, variable, log or list", async () => {
      const session = {
        psql: psql("--", "-c", "select pg_sleep(600)"),
        "redis-cli": ["redis-cli", "staging"],
      };
      for (const [purpose, args] of Object.entries(session)) {
        const password = await passwordIn(project(), purpose === "psql" ? "DATABASE_URL" : "REDIS_URL");
        const running = open(project(), args);
        const facts = await untilOneOff(project());
        const seen = [
          JSON.stringify(facts),
          JSON.stringify(await docker.getContainer(facts.Id).top({ ps_args: "auxwww" })),
          (await execa("ps", ["auxwww"])).stdout,
        ].join("\n");
        expect(password.length).toBe(32);
        expect(seen).toContain(purpose);
        expect(seen).not.toContain(password);
        expect(facts.HostConfig.LogConfig?.Type).toBe("none");
        running.kill("SIGTERM");
        await running;
        expect(await oneOffsOf(project())).toEqual([]);
      }
    });

    it("work on the keys of the environment", async () => {
      const words = "set by-hand yes\nget by-hand\ndel by-hand\n";
      const { exitCode, stdout } = await piped(project(), ["redis-cli", "staging"], words);
      expect([exitCode, stdout.toString()]).toEqual([0, "OK\nyes\n1\n"]);
    });

    it("ask before a login that writes on production, and name what there is", async () => {
      for (const command of ["psql", "redis-cli"]) {
        const asked = await project().tandem([command, "production"]);
        expect(asked).toMatchObject({ exitCode: 2, output: expect.stringContaining("add --yes") });
      }
      const reads = await project().tandem(["psql", "production", "--as", "readonly"]);
      expect(reads).toMatchObject({
        exitCode: 1,
        output: expect.stringMatching(/no database\n.*up .*production/),
      });
      const unknown = await project().tandem(["psql", "staging", "postgre"]);
      expect(unknown).toMatchObject({ exitCode: 2, output: expect.stringContaining("name one of postgres") });
    });
  });
}
