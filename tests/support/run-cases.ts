// What `tandem run` does in an environment `staging` that is up, beside a `production` that isn't.
import { describe, expect, it } from "vitest";
import { atTerminal, onEndlessInput, oneOffsOf, open, piped, untilOneOff } from "./console.ts";
import { docker } from "./docker.ts";
import type { TestProject } from "./project.ts";
import { containerOf, snapshot } from "./snapshot.ts";

/** The cases, for a project whose staging is up. */
export function runCases(project: () => TestProject): void {
  describe("run", () => {
    const run = (...words: string[]) => ["run", "staging", "app", ...words];
    const shell = (script: string, ...flags: string[]) =>
      run(...flags, "--entrypoint", "sh", "--", "-c", script);

    it("makes a container like the service's, which counts as none of it and goes with its command", async () => {
      const before = await snapshot(project().name, "staging");
      const running = open(project(), shell("cat; echo warning >&2; exit 7"));
      const { Config, HostConfig, Image, NetworkSettings } = await untilOneOff(project());
      const app = await docker.getContainer(await containerOf(project().name, "staging", "app")).inspect();
      expect([Image, Config.User]).toEqual([app.Image, app.Config.User]);
      expect(Config.Env.toSorted()).toEqual(app.Config.Env.toSorted());
      expect(Object.keys(NetworkSettings.Networks)).toEqual(Object.keys(app.NetworkSettings.Networks));
      for (const key of [
        "Memory",
        "MemorySwap",
        "NanoCpus",
        "PidsLimit",
        "CapDrop",
        "SecurityOpt",
        "Tmpfs",
      ] as const)
        expect(HostConfig[key], key).toEqual(app.HostConfig[key]);
      expect(HostConfig.ReadonlyRootfs).toBe(true);
      const drift = await project().tandem(["drift", "staging"]);
      expect(drift.exitCode, drift.output).toBe(0);
      expect(await snapshot(project().name, "staging")).toEqual(before);
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
      running.stdin?.end(bytes);
      const { exitCode, stdout, stderr } = await running;
      expect([exitCode, Buffer.from(stderr ?? []).toString()]).toEqual([7, "warning\n"]);
      expect(Buffer.from(stdout ?? []).equals(bytes)).toBe(true);
      expect(await oneOffsOf(project())).toEqual([]);
    });

    it("joins a terminal", async () => {
      const size = 'until [ "$(stty size)" = "17 91" ]; do sleep 0.1; done; echo "at $(stty size)"; exit 5\n';
      const { exitCode, output } = await atTerminal(project(), run("--entrypoint", "sh", "--", "-i"), [
        ["$", size],
      ]);
      expect(output).toContain("at 17 91");
      expect(exitCode).toBe(5);
      expect(await oneOffsOf(project())).toEqual([]);
    });

    it("passes signals on, and removes its container", async () => {
      const running = open(project(), shell("trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done"));
      running.stdout?.once("data", () => running.kill("SIGTERM"));
      expect((await running).exitCode).toBe(9);
      expect(await oneOffsOf(project())).toEqual([]);
    });

    it("ends with its command, whatever of the input is left", async () => {
      expect(await onEndlessInput(project(), shell("echo done; exit 3"))).toBe("done\n3");
    });

    it("killed, leaves what the next drift knows and the next up removes", async () => {
      const running = open(project(), shell("sleep 1000"));
      const { Name } = await untilOneOff(project());
      running.kill("SIGKILL");
      await running;
      const drift = await project().tandem(["drift", "staging"]);
      expect(drift.exitCode, drift.output).toBe(2);
      expect(drift.output).toContain("was left by a `tandem run app` that was killed");
      expect(drift.output).not.toMatch(/foreign|not of this stack|not in the state/);
      const up = await project().tandem(["up", "staging"]);
      expect(up.exitCode, up.output).toBe(0);
      expect(up.output).toContain(`${Name.slice(1)} (run app): its command was killed; it is removed`);
      expect(await oneOffsOf(project())).toEqual([]);
    });

    it("as the owner has the owner's login, as the migration has it", async () => {
      const printed = await piped(
        project(),
        shell('echo "$DATABASE_URL $MIGRATE_DATABASE_URL"', "--as", "owner"),
      );
      const urls = printed.stdout.toString().trim().split(" ");
      expect(urls.map((url) => new URL(url).username)).toEqual([
        expect.stringMatching(/_owner$/),
        expect.stringMatching(/_owner$/),
      ]);
      const migrate = await piped(project(), run("--as", "owner", "--", "migrate"));
      expect(migrate.exitCode, migrate.stderr).toBe(0);
    });

    it("is refused where there may be only one container, and asks before an owner's login on production", async () => {
      const server = await project().tandem(["run", "staging", "postgres", "--", "postgres"]);
      expect(server).toMatchObject({
        exitCode: 2,
        output: expect.stringContaining("there is one container of postgres"),
      });
      const down = await project().tandem(["run", "production", "app", "--", "migrate"]);
      expect(down).toMatchObject({ exitCode: 1, output: expect.stringContaining("production is not up") });
    });
  });
}
