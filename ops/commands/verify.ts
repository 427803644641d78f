// `tandem verify`: proves on the running system that its environments can't reach each other.
import pc from "picocolors";
import { printableLine } from "../../lib/printable.ts";
import { POLICIES_KEY } from "../../policies/settings.ts";
import { defaultDockerHost } from "../../setup/docker-daemon.ts";
import { loopbackWarning } from "../../setup/loopback-warning.ts";
import { withDocker } from "../engine/docker-client.ts";
import { endingWith, UserError } from "../engine/errors.ts";
import {
  loadProject,
  loadStackFile,
  type Project,
  plainSetting,
  portSetting,
  type StackFile,
  stackNames,
} from "../engine/project.ts";
import { dockerHostOf, openSession } from "../engine/session.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { upCommand } from "../engine/systems.ts";
import { renderTable } from "../engine/table.ts";
import type { Check } from "../inspect/verify/check.ts";
import { type Known, verifyIsolation } from "../inspect/verify/verify.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface VerifyOptions {
  project?: string;
  /** Print a JSON document instead of a table. */
  json?: boolean;
}

/** Exit codes of the command. */
export const verifyCodes = { holds: 0, untried: 1, broken: 2 } as const;

/** Ports that the stack's policies let it publish. */
function meantToBe({ config }: StackFile): string[] {
  const { publish } = (config[POLICIES_KEY] ?? {}) as { publish?: unknown };
  return Array.isArray(publish) ? publish.map(String) : [];
}

/** What a stack knows of itself. */
async function knownOf(project: Project, stack: string): Promise<Known> {
  const file = loadStackFile(project, stack);
  const address = plainSetting(project, file, "bindAddress") ?? "127.0.0.1";
  const ports = ["hostPort", "httpsPort"].flatMap((key) => portSetting(project, file, key) ?? []);
  const published = [...ports.map((port) => `${address}:${port}`), ...meantToBe(file)];
  return { name: stack, deployment: await currentDeployment(openSession(project, stack, file)), published };
}

/** What was found: checks, and what is worth knowing besides. */
interface Findings {
  checks: readonly Check[];
  warnings: readonly string[];
}

function render({ checks, warnings }: Findings): string {
  const paint = { holds: pc.green, broken: pc.red, untried: pc.yellow };
  const rows = checks.map(({ result, area, environment, tried, answer }) => [
    paint[result](result),
    area,
    environment,
    printableLine(tried),
    printableLine(answer),
  ]);
  const count = (result: Check["result"]) => checks.filter((check) => check.result === result).length;
  const sum = `${count("holds")} of ${checks.length} checks hold, ${count("broken")} broken, ${count("untried")} not tried`;
  const table = renderTable(["", "about", "environment", "tried", "came back"], rows);
  return [table, sum, ...warnings.map((line) => pc.yellow(line))].join("\n");
}

async function checksOf(project: Project, stacks: readonly string[]): Promise<Findings> {
  const names = stackNames(project);
  for (const stack of stacks) loadStackFile(project, stack);
  const [first] = names;
  if (first === undefined)
    throw new UserError(
      `${project.name} has no stacks`,
      "write the file of one beside its Pulumi.yaml, such as Pulumi.staging.yaml",
    );
  const known = await Promise.all(names.map((name) => knownOf(project, name)));
  const host = dockerHostOf(project, loadStackFile(project, stacks[0] ?? first));
  const checks = await withDocker(host, (docker) => verifyIsolation(docker, project.name, known, stacks));
  // No check of the environments: it is the host's, and whether somebody is on its segment can't be seen from here.
  if (checks.length > 0) return { checks, warnings: await loopbackWarning(host ?? defaultDockerHost()) };
  const what = stacks.length === 0 ? `no environment of ${project.name}` : `none of ${stacks.join(", ")}`;
  throw new UserError(`${what} is up: there is nothing to verify`, upCommand(project, stacks[0] ?? first));
}

/**
 * Runs the command.
 *
 * @param stacks environments to verify; all without one
 * @returns its exit code
 * @throws UserError when there is nothing to verify.
 */
export async function verify(stacks: readonly string[], options: VerifyOptions): Promise<number> {
  const project = loadProject(options.project);
  const found = await endingWith(verifyCodes.untried, () => checksOf(project, stacks));
  const { checks } = found;
  const document = { project: project.name, ...found };
  process.stdout.write(`${options.json === true ? JSON.stringify(document, null, 2) : render(found)}\n`);
  if (checks.some(({ result }) => result === "broken")) return verifyCodes.broken;
  return checks.every(({ result }) => result === "holds") ? verifyCodes.holds : verifyCodes.untried;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("verify")
    .description(
      "prove on the running system that environments can't reach each other; exit code 2 if one can",
    )
    .argument("[stacks...]", "environments (default: all)")
    .option("--json", "as a JSON document")
    .action(async (stacks: string[], options: { json?: boolean }) => {
      process.exitCode = await verify(stacks, merged(options));
    });
