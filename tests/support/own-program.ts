// The program of docs/components.md that has containers and providers of its own beside the components, in somebody's repository.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { freePort, ROOT } from "./project.ts";
import { ask } from "./requests.ts";
import type { UserRepository } from "./user-repository.ts";

/** Runs a line of a shell that must succeed. @returns what it says */
export async function succeed(user: UserRepository, line: string, folder?: string): Promise<string> {
  const { exitCode, output } = await user.run(line, folder);
  expect(exitCode, `${line}\n${output}`).toBe(0);
  return output;
}

/** The project and the program of docs/components.md for a Pulumi program of one's own, on this machine's ports. */
async function writeOwnProgram(user: UserRepository): Promise<number> {
  const page = readFileSync(join(ROOT, "docs/components.md"), "utf8");
  const section = /^## In a Pulumi program of your own$([\s\S]*?)^## /m.exec(page)?.[1] ?? "";
  const block = (language: string) =>
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(section)?.[1] ?? "";
  const port = await freePort();
  user.write("own/Pulumi.yaml", block("yaml").replace("node_modules/", "../node_modules/"));
  user.write("own/package.json", '{ "type": "module" }');
  const program = block("ts").replace('system: "shop"', `system: "${user.name}"`);
  user.write("own/index.ts", program.replace('"staging", data', '"own", data').replace("18080", `${port}`));
  return port;
}

/** Its containers, its providers and its outputs go with the components': up, answers, no change left, down. */
export async function runsBesideOwnContainers(user: UserRepository): Promise<void> {
  const port = await writeOwnProgram(user);
  const plain = 'eval "$(npx tandem env)"; pulumi';
  const stack = "--stack own --non-interactive";
  await succeed(user, `${plain} stack init own`, "own");
  try {
    await succeed(user, `${plain} up --yes --skip-preview ${stack}`, "own");
    const host = "staging.shop.localhost";
    expect(await ask(port, host, "/ready")).toMatchObject({ status: 200 });
    // The app's container puts it into the component's Redis, the program's own container takes it out.
    const job = await ask(port, host, "/api/jobs", {});
    const { id } = job.json as { id: string };
    await vi.waitFor(async () => {
      const { json } = await ask(port, host, `/api/jobs/${id}`);
      expect(json).toMatchObject({ result: { processedBy: "old-worker" } });
    }, 20_000);
    await succeed(user, `${plain} preview --expect-no-changes ${stack}`, "own");
    // Another host, and nothing is made.
    const program = user.read("own/index.ts");
    user.write("own/index.ts", program.replace("unix:///var/run/docker.sock", "unix:///var/run/other.sock"));
    const other = await user.run(`${plain} preview ${stack}`, "own");
    expect(other.exitCode).not.toBe(0);
    expect(other.output).toContain(
      "is for unix:///var/run/other.sock, and the environment for unix:///var/run/docker.sock",
    );
    user.write("own/index.ts", program);
  } finally {
    await succeed(user, `${plain} destroy --yes --skip-preview ${stack}`, "own");
  }
}
