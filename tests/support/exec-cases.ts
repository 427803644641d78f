// What `tandem exec` does in an environment `staging` that is up, beside a `production` that isn't.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { BareService } from "./bare-service.ts";
import { atTerminal, onEndlessInput, open, piped } from "./console.ts";
import { ROOT, type TestProject } from "./project.ts";

/** The cases, for a project whose staging is up. */
export function execCases(project: () => TestProject): void {
  describe("exec", () => {
    const exec = (...words: string[]) => ["exec", "staging", ...words];

    it("joins pipes: every byte both ways, outputs apart, the exit code as it was", async () => {
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
      const script = "cat; echo warning >&2; exit 7";
      const { exitCode, stdout, stderr } = await piped(
        project(),
        exec("app", "--", "sh", "-c", script),
        bytes,
      );
      expect([exitCode, stderr]).toEqual([7, "warning\n"]);
      expect(stdout.equals(bytes)).toBe(true);
    });

    it("joins a terminal, and follows its size", async () => {
      // On a busy machine the first size may be seen late: the second one comes after it.
      const seen = join(project().folder, "first-size-seen");
      const later = `until [ -e '${seen}' ]; do sleep 0.1; done; stty rows 20 cols 100 < /dev/tty`;
      const wait =
        'until [ "$(stty size)" = "20 100" ]; do sleep 0.1; done; echo "now $(stty size)"; exit 5\n';
      const size = 'until [ "$(stty size)" = "17 91" ]; do sleep 0.1; done; echo "at $(stty size)"\n';
      const shell = await atTerminal(
        project(),
        exec("app"),
        [
          ["$", size],
          ["at 17 91", wait, () => writeFileSync(seen, "")],
        ],
        later,
      );
      expect(shell.output).toContain("now 20 100");
      expect(shell.exitCode).toBe(5);
    });

    it("passes signals on to the command and what it started, and to nothing else", async () => {
      const script = "trap 'echo told; exit 9' TERM; echo ready; sleep 1000 & wait";
      const running = open(project(), exec("app", "--", "sh", "-c", script));
      running.stdout?.once("data", () => running.kill("SIGTERM"));
      const { exitCode, stdout } = await running;
      expect([exitCode, Buffer.from(stdout ?? []).toString()]).toEqual([9, "ready\ntold\n"]);
      const left = await piped(project(), exec("app", "--", "sh", "-c", "cat /proc/[0-9]*/cmdline"));
      expect(left.stdout.toString()).not.toContain("sleep\x400");
      expect(left.stdout.toString()).toContain("dist/main.js");
    });

    it("ends when nobody reads what it writes", async () => {
      const line = project()
        .commandLine(exec("app", "--", "yes"))[1]
        .map((word) => `'${word}'`);
      const { stdout } = await execa(
        "bash",
        ["-c", `${join(ROOT, "tandem")} ${line.join(" ")} | head -n 1; echo $PIPESTATUS`],
        {
          cwd: project().folder,
          env: project().environment(),
        },
      );
      expect(stdout).toBe("y\n141");
      const left = await piped(project(), exec("app", "--", "sh", "-c", "cat /proc/[0-9]*/comm"));
      expect(left.stdout.toString().split("\n")).not.toContain("yes");
    });

    it("ends with its command, whatever of the input is left", async () => {
      expect(await onEndlessInput(project(), exec("app", "--", "sh", "-c", "echo done; exit 3"))).toBe(
        "done\n3",
      );
    });

    it("names the services there are, what is not up, and an image without a shell", async () => {
      const unknown = await project().tandem(exec("ap", "--", "true"));
      expect(unknown.exitCode).toBe(1);
      expect(unknown.output).toMatch(
        /no service "ap".*\n.*did you mean app\?.*app, gateway, postgres, redis/,
      );
      const down = await project().tandem(["exec", "production", "app"]);
      expect(down.output).toMatch(/production is not up.*\n.*up .*production/);
      const bare = await BareService.start(project().name, "staging");
      try {
        const shell = await project().tandem(exec("bare"));
        expect(shell).toMatchObject({
          exitCode: 127,
          output: expect.stringMatching(/no shell\n.*exec staging bare --/),
        });
        const missing = await project().tandem(exec("bare", "--", "nothing-of-this-name"));
        expect(missing.exitCode).toBeOneOf([126, 127]);
        expect(missing.output).toContain('has the image of bare a program "nothing-of-this-name"?');
      } finally {
        await bare.remove();
      }
    });
  });
}
