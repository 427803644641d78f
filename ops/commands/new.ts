// `tandem new`: makes a new system's folder, and says what to do with it.
import { relative } from "node:path";
import { packageRoot } from "../../toolchain/paths.ts";
import { createSystem } from "../new-system.ts";

/**
 * Runs the command.
 *
 * @throws UserError when the name can't be a system's, or is taken.
 */
export function newSystem(name: string): void {
  const folder = relative(packageRoot, createSystem(name));
  process.stdout.write(
    `${folder} is a system that runs the example app:\n` +
      `  tandem up --system ${name} staging\n` +
      `What an environment is made of stands in ${folder}/topology.ts, what it may set in ${folder}/settings.ts, and\n` +
      `what it sets in ${folder}/Pulumi.staging.yaml and Pulumi.production.yaml.\n`,
  );
}
