// The environment in which the engine runs: the same for `tandem up` and, through `tandem env`, for `pulumi up` by hand.
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { sessionOptions } from "../lib/admin-sql/session.ts";
import { hasLauncher } from "./bundle-launcher.ts";
import { bundlesFolder } from "./bundles.ts";
import type { EngineLocation } from "./engine-location.ts";
import type { Environ, Paths } from "./paths.ts";
import { installedExecutable } from "./plugins.ts";
import { hasOwnPassphrase } from "./state.ts";

/**
 * The variables that the engine needs on top of the user's own. The user's PULUMI_BACKEND_URL and
 * PULUMI_CONFIG_PASSPHRASE(_FILE) win. No secret is among the values: the passphrase goes in by file.
 */
export function engineVariables(
  paths: Paths,
  engine: Pick<EngineLocation, "directory">,
  env: Environ = process.env,
): Record<string, string> {
  // The Node that runs this program comes first: language host and providers start through `env node`.
  const first = [dirname(process.execPath), engine.directory];
  const rest = (env.PATH ?? "").split(delimiter).filter((entry) => entry !== "" && !first.includes(entry));
  const variables: Record<string, string> = {
    PATH: [...first, ...rest].join(delimiter),
    PULUMI_HOME: paths.pulumiHome,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A tracked stack file carries no encryption salt: the engine takes it from the state instead of making a new one.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    PULUMI_SUPPRESS_NEO_LINK: "true",
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE || paths.compileCache,
    // The executables in provider/ and policies/, and the scripts in place of our plugins, run the bundles of this folder.
    TANDEM_BUNDLES: bundlesFolder(paths),
  };
  if (!env.PULUMI_BACKEND_URL) {
    // As a URL: a space or a percent sign in the path would be read as something else.
    variables.PULUMI_BACKEND_URL = pathToFileURL(paths.state).href;
  } else if (!env.PULUMI_CREDENTIALS_PATH && !env.PULUMI_HOME && env.HOME) {
    // The user's own login to their backend stays in the usual place, although PULUMI_HOME is ours.
    variables.PULUMI_CREDENTIALS_PATH = join(env.HOME, ".pulumi");
  }
  const postgresql = installedExecutable(paths.pulumiHome, "postgresql");
  // Ours sets the same by itself; whatever else a shell with these variables starts is better left alone.
  if (!hasLauncher(paths, "pulumi-resource-postgresql", postgresql)) {
    variables.PGOPTIONS = pinnedOptions(env.PGOPTIONS);
  }
  // What messages call the command, in the program and the policies, too.
  if (env.TANDEM_LAUNCHER) variables.TANDEM_LAUNCHER = env.TANDEM_LAUNCHER;
  if (!hasOwnPassphrase(env)) variables.PULUMI_CONFIG_PASSPHRASE_FILE = paths.passphrase;
  return variables;
}

/**
 * Options of every connection of the official postgresql plugin, which reads them from the environment (lib/pq): in an
 * administrator's session a name means Postgres' own, whatever a database's owner put in its place. They come after the
 * user's, and so win.
 */
function pinnedOptions(users = ""): string {
  const pinned = sessionOptions();
  return users.endsWith(pinned) ? users : `${users} ${pinned}`.trim();
}

/** One shell line per variable; a value is safe whatever it holds. */
export function shellExports(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join("");
}
