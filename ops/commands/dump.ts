// `tandem dump`: a restore point of a service that dumps itself, made now; or those that there are.
import { listServicePoints, makeServicePoint } from "../deploy/release/service-points.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { openSession } from "../engine/session.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface DumpOptions {
  project?: string;
  /** Only tell which there are. */
  list?: boolean;
}

/** Runs the command. @throws UserError when the service doesn't run, or has no commands for it */
export async function dump(stack: string, service: string, options: DumpOptions): Promise<void> {
  const project = loadProject(options.project);
  const session = openSession(project, stack, loadStackFile(project, stack));
  await (options.list === true ? listServicePoints : makeServicePoint)(session, service);
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("dump")
    .description("make a restore point of a StatefulService, by its own dump command")
    .argument("<stack>", "environment")
    .argument("<service>", "service, such as db")
    .option("--list", "only tell which there are")
    .action((stack: string, service: string, options: { list?: boolean }) =>
      dump(stack, service, merged(options)),
    );
