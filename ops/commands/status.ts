// `tandem status`: what of each environment runs, how it is, and where it answers.
import pc from "picocolors";
import { formatSeconds } from "../../setup/durations.ts";
import { resolvePaths } from "../../setup/paths.ts";
import { withDocker } from "../engine/docker-client.ts";
import { UserError } from "../engine/errors.ts";
import { type Address, addressOf, curlCommand, stackOutputs } from "../engine/inventory.ts";
import { lastRun, moment } from "../engine/job-words.ts";
import { loadProject, loadStackFile, type Project, type StackFile, stackNames } from "../engine/project.ts";
import { type EnvironmentState, listServices, type Service, stateOf } from "../engine/services.ts";
import { dockerHostOf, openSession } from "../engine/session.ts";
import { backendOf, readDeployment } from "../engine/state/backend.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { renderTable } from "../engine/table.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface StatusOptions {
  project?: string;
  /** Print a JSON document instead of tables. */
  json?: boolean;
}

/** One environment, as `--json` shows it. */
export interface EnvironmentStatus {
  environment: string;
  state: EnvironmentState;
  address: Address;
  /** Why nothing is known of its address: its state can't be read. */
  unknown?: string;
  services: Service[];
}

/** Where it answers, from its state; from a backend elsewhere through the engine. */
async function whereabouts(
  project: Project,
  environment: string,
  file: StackFile,
): Promise<Pick<EnvironmentStatus, "address" | "unknown">> {
  const backend = backendOf(resolvePaths());
  try {
    const deployment =
      backend.kind === "file"
        ? readDeployment(backend.directory, project.name, environment)
        : await currentDeployment(openSession(project, environment, file));
    return { address: addressOf(stackOutputs(deployment)) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { address: addressOf({}), unknown: `${error.message}; ${error.fix}` };
  }
}

async function environmentStatus(project: Project, environment: string): Promise<EnvironmentStatus> {
  const file = loadStackFile(project, environment);
  const services = await withDocker(dockerHostOf(project, file), (docker) =>
    listServices(docker, project.name, environment),
  );
  return {
    environment,
    state: stateOf(services),
    ...(await whereabouts(project, environment, file)),
    services,
  };
}

function render({ environment, state, address, unknown, services }: EnvironmentStatus): string {
  const paint = state === "up" ? pc.green : state === "degraded" ? pc.yellow : pc.dim;
  const curl = curlCommand(address);
  const where =
    state === "down" ? "" : ` ${address.urls.join(" ")}${curl === undefined ? "" : `  (${curl})`}`;
  const problem = unknown === undefined ? "" : `\n  address unknown: ${unknown}`;
  const title = `${pc.bold(environment)} ${paint(state)}${where}${problem}`;
  if (services.length === 0) return title;
  const rows = services.map((service) => [
    `  ${service.component}`,
    service.standIn ? `${service.image} (stand-in)` : service.image,
    service.version ?? "",
    service.health ?? service.state,
    service.uptimeSeconds === undefined ? "" : formatSeconds(service.uptimeSeconds),
    service.ports.join(" "),
    service.name,
  ]);
  const head = ["  service", "image", "version", "health", "up for", "address", "container"];
  return [title, renderTable(head, rows), ...jobsTable(services)].join("\n");
}

/** What the schedulers ran last and run next; nothing where there is none. */
function jobsTable(services: readonly Service[]): string[] {
  const rows = services.flatMap(({ component, jobs = [] }) =>
    jobs.map((state) => {
      const last = lastRun(state);
      const paint = last?.failed === true ? pc.red : (text: string) => text;
      return [
        `  ${state.job}`,
        component,
        last === undefined ? "not yet" : moment(last.startedAt),
        last === undefined ? "" : paint(last.words),
        state.next === undefined ? "" : moment(state.next),
      ];
    }),
  );
  return rows.length === 0 ? [] : [renderTable(["  job", "service", "last run", "ended", "next"], rows)];
}

/** Runs the command. @throws UserError when the Docker host doesn't answer. */
export async function status(options: StatusOptions): Promise<void> {
  const project = loadProject(options.project);
  const environments: EnvironmentStatus[] = [];
  for (const name of stackNames(project)) environments.push(await environmentStatus(project, name));
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ project: project.name, environments }, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${environments.map(render).join("\n\n")}\n`);
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("status")
    .description("show what runs in each environment, how it is, and where it answers")
    .option("--json", "as a JSON document")
    .action((options: { json?: boolean }) => status(merged(options)));
