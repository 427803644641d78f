// `tandem preview`: what `tandem up` would change, through `pulumi preview`.
import { CHECKED_SETTINGS, setsValues } from "../../infra/check/checked.ts";
import { openForPreview, type StackOptions } from "../deploy/open-stack.ts";
import { goneNames } from "../deploy/recovery/gone.ts";
import { policyFlags, runEngine, stackFlags } from "../engine/engine.ts";
import { withRemoteHost } from "../engine/remote/remote-host.ts";
import { say } from "../engine/say.ts";
import { neededForward } from "../engine/session.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { type AddCommand, giveWay, waitOption } from "./command-line.ts";

/**
 * Runs the command; nothing of the environment changes.
 *
 * @param flags further flags for `pulumi preview`, such as --diff
 * @returns the engine's exit code
 */
export async function preview(
  stack: string,
  flags: readonly string[],
  options: StackOptions,
): Promise<number> {
  const session = await openForPreview(stack, options);
  const gone = await goneNames(session, await currentDeployment(session));
  // As the `up` would see it; the state itself stays.
  const refresh = gone.names.length > 0 && !gone.server ? ["--refresh"] : [];
  if (gone.names.length > 0) {
    const untold = gone.server
      ? "; the plan below doesn't show it, since its database server can't be asked"
      : "";
    say(`gone from the host, so that an up makes it again: ${gone.names.join(", ")}${untold}`);
  }
  return await withRemoteHost(neededForward(session.project, session.file), () =>
    runEngine(
      session,
      ["preview", ...stackFlags(session), ...policyFlags(), ...refresh, ...flags],
      // Values on the command line were in no file that was checked.
      setsValues(flags) ? { [CHECKED_SETTINGS]: "" } : {},
    ),
  );
}

/** Options of the command. */
interface PreviewOptions {
  wait: number;
  report?: boolean;
  html?: boolean;
  json?: boolean;
  approveData?: boolean;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("preview")
    .hook("preAction", giveWay)
    .description("show what `up` would change; further flags go to `pulumi preview`, such as --diff")
    .argument("[stack]", "environment (default: staging; with --report: all)")
    .argument("[flags...]", "flags for `pulumi preview`; with --report: further environments")
    .option("--report", "all environments side by side, for a reviewer; as Markdown")
    .option("--html", "with --report: as a page")
    .option("--json", "as a document")
    .option("--approve-data", "with --report: data at risk doesn't fail the command")
    .option(...waitOption)
    .allowUnknownOption()
    .action(async (stack: string | undefined, flags: string[], options: PreviewOptions) => {
      const given = [...(stack === undefined ? [] : [stack]), ...flags];
      const { report, html, json, ...rest } = merged(options);
      if (report) {
        const { previewReport } = await import("./preview-report.ts");
        const format = html ? "html" : json ? "json" : "md";
        process.exitCode = await previewReport(format, { ...rest, stacks: given });
        return;
      }
      // The engine's own flag.
      if (json) given.push("--json");
      // `preview --diff`: a flag first means the default environment.
      const [name, further] =
        stack === undefined || stack.startsWith("-") ? ["staging", given] : [stack, given.slice(1)];
      process.exitCode = await preview(name, further, rest);
    });
