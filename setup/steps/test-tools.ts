// Step, for the tests only: a browser for the end-to-end test, an ssh server for the tests of a remote host, and what sets
// up a network namespace for a Docker daemon of a test's own.
import { existsSync } from "node:fs";
import { aptObstacle, installPackages } from "../apt.ts";
import { findOnPath } from "../executables.ts";
import type { SetupContext, Step } from "../step.ts";

interface Tool {
  name: string;
  /** Debian packages that bring it. */
  packages: readonly string[];
  isThere(context: SetupContext): boolean;
  /** Why it is left to the user on this machine, although packages could be installed. */
  obstacle?(): string | undefined;
}

const tools: readonly Tool[] = [
  {
    name: "Chromium",
    packages: ["chromium"],
    isThere: ({ env }) =>
      env.CHROMIUM_PATH !== undefined ||
      ["chromium", "chromium-browser", "google-chrome"].some((name) => findOnPath(name, env).length > 0),
  },
  { name: "ip", packages: ["iproute2"], isThere: ({ env }) => findOnPath("ip", env).length > 0 },
  { name: "ssh", packages: ["openssh-client"], isThere: ({ env }) => findOnPath("ssh", env).length > 0 },
  {
    name: "sshd",
    packages: ["openssh-server"],
    isThere: () => existsSync("/usr/sbin/sshd"),
    // Its package opens port 22 to the world where an init starts services: not for the sake of a test.
    obstacle: () =>
      existsSync("/run/systemd/system") || existsSync("/run/openrc")
        ? "it would also start an ssh server for the network: install openssh-server if you want that"
        : undefined,
  },
];

/** The step. */
export const testTools: Step = {
  id: "test-tools",
  title: "test tools",
  async inspect(context) {
    const missing = tools.filter((tool) => !tool.isThere(context)).map(({ name }) => name);
    if (missing.length === 0) return { ready: true, found: tools.map(({ name }) => name).join(", ") };
    const fix = aptObstacle(context.env) ?? "install them with apt-get";
    return { ready: false, found: `missing: ${missing.join(", ")}`, fix };
  },
  async install(context, say) {
    const missing = tools.filter((tool) => !tool.isThere(context));
    for (const { name, packages, obstacle } of missing) {
      const reason = aptObstacle(context.env) ?? obstacle?.();
      if (reason !== undefined) throw new Error(`${name} (${packages.join(" ")}) is missing: ${reason}`);
    }
    // Docker's packages come first: both need the package manager.
    await context.finished("docker");
    await installPackages(
      context.paths,
      missing.flatMap(({ packages }) => packages),
      say,
    );
  },
};
