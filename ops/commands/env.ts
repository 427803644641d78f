// `tandem env`: shell exports after which plain `pulumi` commands work in the project folder.
import { launcher } from "../../lib/launcher.ts";
import { engineVariables, shellExports } from "../../setup/engine-env.ts";
import { locateEngine } from "../../setup/engine-location.ts";
import { resolvePaths } from "../../setup/paths.ts";
import { ensureState } from "../../setup/state.ts";
import { UserError } from "../engine/errors.ts";
import type { AddCommand } from "./command-line.ts";

/** For those who read the exports before they evaluate them. */
const hint = `# By hand, the engine writes this machine's encryptionsalt into Pulumi.<stack>.yaml, as it does for everybody: commit it
# only where all who deploy share one passphrase (PULUMI_CONFIG_PASSPHRASE_FILE). The commands of tandem never write it.
# PGOPTIONS, where it is set, is for the official postgresql plugin; for a psql of your own, \`unset PGOPTIONS\` first.
`;

/**
 * Prints the exports on standard output, for `eval "$(./tandem env)"`.
 *
 * @throws UserError where the machine has no Pulumi CLI yet.
 */
export function printEnv(): void {
  const paths = resolvePaths();
  const engine = locateEngine(paths);
  if (engine === undefined) {
    throw new UserError("this machine has no Pulumi CLI yet", `run \`${launcher()} setup\` first`);
  }
  ensureState(paths);
  process.stdout.write(`${hint}${shellExports(engineVariables(paths, engine))}`);
}

/** Adds the command. */
export const command: AddCommand = (program) =>
  program
    .command("env")
    .description(
      `print shell exports: after eval "$(${launcher()} env)", plain \`pulumi up -s staging\` works`,
    )
    .action(printEnv);
