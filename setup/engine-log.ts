// The engine's automatic log, which Tandem turns off: Pulumi 3.249 and later write one of each command to PULUMI_HOME/logs
// (pulumi/pulumi#23731), up to 500 MB, and there is no setting against it. Before the key of the stack is known it
// isn't encrypted: the address of the backend stands in it with its password. It takes a fifth of the engine's time.
import { lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Paths } from "./paths.ts";

const EXPLANATION = `Tandem keeps the engine from logging each command here: before such a log is encrypted it holds the backend's address
with its password. The engine works without. To look for an error: pulumi preview -v=9 --logtostderr
`;

/**
 * Errors that the next command may well not have: an engine that starts at this very moment makes the folder anew, another
 * command removes it at once, or its logs are another user's. None is worth a command that fails.
 */
const BORNE: ReadonlySet<string> = new Set("EEXIST EISDIR ENOTEMPTY ENOTDIR ENOENT EACCES EPERM".split(" "));

/**
 * Puts a file where the engine would make its folder of logs, and removes the logs that are there. A PULUMI_HOME of the
 * user's own stays as it is.
 */
export function preventEngineLog(paths: Pick<Paths, "cache" | "pulumiHome">): void {
  if (paths.pulumiHome !== join(paths.cache, "pulumi-home")) return;
  const logs = join(paths.pulumiHome, "logs");
  if (lstatSync(logs, { throwIfNoEntry: false })?.isFile()) return;
  // Credentials of a login lie there, too.
  mkdirSync(paths.pulumiHome, { recursive: true, mode: 0o700 });
  try {
    rmSync(logs, { recursive: true, force: true });
    writeFileSync(logs, EXPLANATION, { flag: "wx" });
  } catch (error) {
    if (!BORNE.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
